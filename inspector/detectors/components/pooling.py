"""Averaging maps down to a grid of bounded size, in a form that ONNX can express for every size."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from inspector.detectors.grids import averaging


def bounded(grid: Tensor, limit: int) -> Tensor:
    """A map (N, C, h, w) averaged over squares, so that no side has more than `limit` cells; what the last squares
    lack, the border's cells stand in for."""
    height, width = grid.shape[-2:]
    factor = averaging(height, width, limit)
    if factor == 1:
        return grid
    missing = (-width % factor, -height % factor)
    if any(missing):
        grid = functional.pad(grid, (0, missing[0], 0, missing[1]), mode="replicate")
    return functional.avg_pool2d(grid, factor)
