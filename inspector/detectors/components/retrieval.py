"""Finding good pictures that show the same things at about the same places: CPR's global retrieval."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLOCKS = 5
_LEFT_OUT = 5
"""A fifth of the 25 blocks, in which pictures differ most: there may be a defect."""
_SMALL = 1e-8


class GlobalRetrieval(nn.Module):
    """What a picture shows, as histograms over `clusters` kinds of cells in 5 x 5 blocks, and how far those differ.

    A cell counts for clusters by a softmax of its squared distances, on the scale of the usual one to the nearest
    centre. Counted for one cluster alone, alike pictures would be equally far away, and rounding, which is another in
    every library, would choose between them.
    """

    centres: Tensor
    sharpness: Tensor
    down: Tensor
    across: Tensor

    def __init__(self, channels: int, clusters: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(clusters, channels))
        self.register_buffer("sharpness", torch.ones(1))
        self.register_buffer("down", _averaging(grid[0]), persistent=False)
        self.register_buffer("across", _averaging(grid[1]), persistent=False)

    def learn(self, centres: Tensor, spread: float) -> None:
        """Take centres (clusters, C) and the mean squared distance of cells to them."""
        self.centres = centres
        # Of features that do not vary at all, rounding shall not decide which cluster a cell belongs to.
        least = 1e-6 * float(centres.square().sum(1).mean()) + 1e-12
        self.sharpness = centres.new_full((1,), 1 / max(spread, least))

    def forward(self, features: Tensor) -> Tensor:
        """Histograms of a map (N, C, h, w), (N, 25, clusters), each block's sum is 1."""
        cells = features.permute(0, 2, 3, 1)
        nearness = 2 * cells @ self.centres.T - self.centres.square().sum(1)
        shares = torch.softmax(nearness * self.sharpness, -1)
        return torch.einsum("ah,nhwk,bw->nabk", self.down, shares, self.across).flatten(1, 2)

    @staticmethod
    def divergence(histograms: Tensor, references: Tensor) -> Tensor:
        """Kullback-Leibler divergence of (N, 25, K) from references (R, 25, K), summed over the 20 blocks in which it
        is least, (N, R)."""
        # Logarithms are subtracted before they are added up: of small differences only rounding would be left.
        ratio = (histograms + _SMALL).log()[:, None] - (references + _SMALL).log()[None]
        blocks = (histograms[:, None] * ratio).sum(3)
        kept = _BLOCKS**2 - _LEFT_OUT
        return torch.topk(blocks, kept, dim=2, largest=False).values.sum(2)


def _averaging(cells: int) -> Tensor:
    """(5, `cells`): a fifth of a line each."""
    return functional.adaptive_avg_pool1d(torch.eye(cells)[None], _BLOCKS)[0].T.contiguous()
