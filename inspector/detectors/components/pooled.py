"""Whole pictures as points: pooled features, and a gallery of good ones in which the nearest are looked up."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.coreset import greedy_k_centre
from inspector.detectors.components.nearest import completed
from inspector.tasks import CancelToken, no_progress


def pooled(maps: list[Tensor]) -> Tensor:
    """The mean of each channel over the picture, all layers side by side: [(N, C_i, h_i, w_i), ...] to (N, sum C_i)."""
    return torch.cat([item.mean((2, 3)) for item in maps], dim=1)


def chosen_pictures(points: Tensor, count: int, cancel: CancelToken) -> Tensor:
    """Rows, ascending int64, of the pictures that stand for all: of points (n, D), more than `count`, those that leave
    no other far from all of them. The first is the one nearest to the mean. Raises `Cancelled`."""
    if len(points) <= count:
        return torch.arange(len(points))
    first = int((points - points.mean(0)).square().sum(1).argmin())
    return greedy_k_centre(points, count, first, no_progress, cancel).indices.sort().values


class PictureGallery(nn.Module):
    """Good pictures as points (M, D) float32, in any frame: they are stored about their mean `centre` (D,), where
    pictures of one product, which are all alike, keep the digits in which they differ."""

    points: Tensor
    centre: Tensor

    def __init__(self, points: Tensor, centre: Tensor, neighbours: int) -> None:
        """`points` are taken as differences from `centre`."""
        super().__init__()
        self.register_buffer("points", points.contiguous())
        self.register_buffer("centre", centre)
        self.neighbours = min(neighbours, len(points))

    @classmethod
    def of(cls, points: Tensor, neighbours: int) -> PictureGallery:
        """Of pooled pictures (M, D), M at least 1."""
        centre = points.mean(0)
        return cls(points - centre, centre, neighbours)

    def forward(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Of pooled pictures (N, D): the mean Euclidean distance to their nearest neighbours, (N,), and which these
        are, (N, neighbours) int64, the nearest first."""
        centred = queries - self.centre
        partial = torch.addmm((self.points * self.points).sum(1), centred, self.points.T, alpha=-2)
        nearest = torch.topk(partial, self.neighbours, largest=False)
        return completed(centred[:, None], nearest.values).mean(1), nearest.indices
