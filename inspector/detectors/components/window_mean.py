"""The mean of a map over a square window around each place."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional

_REACH, _REFERENCE_SIZE = 10, 256


class WindowMean(nn.Module):
    """(N, H, W) to the same: over 21x21 pixels at 256, as DRAEM and RIAD do, and over as large a part of the picture at
    other sizes. At the border, the mean of what lies inside: there is no telling what a missing value would be."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        scaled = round(_REACH * math.sqrt(height * width) / _REFERENCE_SIZE)
        self.reach = min(scaled, min(height, width) - 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Smoothed."""
        window = 2 * self.reach + 1
        return functional.avg_pool2d(maps[:, None], window, 1, self.reach, count_include_pad=False)[:, 0]
