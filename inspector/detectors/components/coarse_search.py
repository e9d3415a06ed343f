"""Nearest-neighbour distances of whole grids of patches: candidates first, the whole bank only for the worst ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.nearest import MemoryBank, completed

_BLOCK = 2
_PARTS = 8
_AXES = 64
_REFINED = 64
_SMALLEST_BANK = 512
_SMALLEST_GRID = 64


class ExactSearch(nn.Module):
    """Compares every patch with every point: what `CoarseToFine` is measured against."""

    def __init__(self, bank: MemoryBank, neighbours: int) -> None:
        super().__init__()
        self.bank = bank
        self.neighbours = neighbours

    def forward(self, grids: Tensor) -> Tensor:
        """Patches (N, h, w, D) to their distances (N, h w)."""
        distances: Tensor = self.bank(grids.flatten(0, 2), self.neighbours)
        return distances.reshape(-1, grids.shape[1] * grids.shape[2])


class CoarseToFine(ExactSearch):
    """Distances that are exact where they decide, and never too small.

    Patches side by side are alike: the mean of 2 x 2 of them is compared with all points, in the bank's 64 strongest
    directions, and the nearest point of each eighth of the bank becomes a candidate for all four. A patch's true
    distance to its nearest candidate is at least its distance to the bank. The 64 patches of an image with the largest
    ones are then compared with the whole bank. The image's largest distance is exact as soon as none of the other
    patches has more; otherwise it is too large, so that this search can cost a good part but lets no defect pass.
    """

    axes: Tensor
    reduced: Tensor
    reduced_norms: Tensor

    def __init__(self, bank: MemoryBank, neighbours: int) -> None:
        super().__init__(bank, neighbours)
        points = bank.points.double()
        axes = torch.linalg.eigh(points.T @ points).eigenvectors[:, -_AXES:].float()
        self.register_buffer("axes", axes, persistent=False)
        self.register_buffer("reduced", bank.points @ axes, persistent=False)
        self.register_buffer("reduced_norms", (self.reduced * self.reduced).sum(1), persistent=False)

    def forward(self, grids: Tensor) -> Tensor:
        """Patches (N, h, w, D) to their distances (N, h w)."""
        height, width = grids.shape[1:3]
        if height * width < _SMALLEST_GRID:
            return super().forward(grids)
        rows, columns = -(-height // _BLOCK), -(-width // _BLOCK)
        blocks = _blocks(grids, rows, columns)
        bounds = self._to_candidates(blocks)
        bounds = bounds.reshape(-1, rows, columns, _BLOCK, _BLOCK).transpose(2, 3)
        bounds = bounds.reshape(-1, rows * _BLOCK, columns * _BLOCK)[:, :height, :width].flatten(1)
        return self._refined(grids.flatten(1, 2), bounds)

    def _to_candidates(self, blocks: Tensor) -> Tensor:
        """Distances of the patches of blocks (b, 4, D) to the nearest candidates of their block, (b, 4)."""
        candidates = self._candidates(blocks.mean(1) @ self.axes)
        products = torch.bmm(blocks, self.bank.points[candidates].transpose(1, 2))
        partial = self.bank.norms[candidates][:, None, :] - 2 * products
        if self.neighbours > 1:
            nearest = torch.topk(partial, self.neighbours, dim=2, largest=False).values
            return completed(blocks[:, :, None], nearest).mean(2)
        return completed(blocks, partial.amin(2))

    def _candidates(self, means: Tensor) -> Tensor:
        """Rows of the nearest point in each part of the bank, (b, parts) int64."""
        found, start = [], 0
        size = -(-len(self.reduced) // max(_PARTS, 2 * self.neighbours))
        for points, norms in zip(torch.split(self.reduced, size), torch.split(self.reduced_norms, size), strict=True):
            found.append(torch.addmm(norms, means, points.T, alpha=-2).argmin(1) + start)
            start += size
        return torch.stack(found, 1)

    def _refined(self, queries: Tensor, bounds: Tensor) -> Tensor:
        """The largest bounds (N, n) of patches (N, n, D) replaced by distances to the whole bank."""
        rows = torch.topk(bounds, _REFINED, dim=1).indices
        worst = torch.gather(queries, 1, rows[:, :, None].expand(-1, -1, queries.shape[2]))
        exact = self.bank(worst.flatten(0, 1), self.neighbours).reshape(-1, _REFINED)
        return torch.scatter(bounds, 1, rows, torch.minimum(exact, torch.gather(bounds, 1, rows)))


def search_for(bank: MemoryBank, neighbours: int, kind: str) -> ExactSearch:
    """`exact`, or `fast` where the bank is large enough for it to be faster."""
    if kind == "exact" or len(bank.points) < max(_SMALLEST_BANK, 4 * neighbours * _PARTS):
        return ExactSearch(bank, neighbours)
    return CoarseToFine(bank, neighbours)


def _blocks(grids: Tensor, rows: int, columns: int) -> Tensor:
    """Patches (N, h, w, D) in blocks of 2 x 2, (N rows columns, 4, D); the last row and column are repeated."""
    height, width, dimensions = grids.shape[1:]
    if (height, width) != (rows * _BLOCK, columns * _BLOCK):
        padding = (0, columns * _BLOCK - width, 0, rows * _BLOCK - height)
        grids = functional.pad(grids.permute(0, 3, 1, 2), padding, mode="replicate").permute(0, 2, 3, 1)
    grids = grids.reshape(-1, rows, _BLOCK, columns, _BLOCK, dimensions).transpose(2, 3)
    return grids.reshape(-1, _BLOCK * _BLOCK, dimensions)
