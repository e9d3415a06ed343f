"""How alike the edges of two pictures are at several scales: what inpainting methods are trained and judged with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_C = 0.0026
_SCALES = 4
_SLOPE_OF_ROOT = 1e-6
"""Keeps the derivative of the gradient's length finite where a picture is even. The exporter takes 1e-8 for nothing."""


class GradientSimilarity(nn.Module):
    """Multi-scale gradient magnitude similarity (MSGMS) as RIAD uses it, after Xue et al., IEEE TIP 2014, arXiv
    1308.3052: of pictures (N, C, H, W) float32 in [0, 1], sides at least 16.

    Returns (N, H, W), at most 1, the mean over four scales. Each is brought to gray, freed from single odd pixels by a
    3x3 median, and its lengths of gradients by Prewitt are compared; borders are repeated.
    """

    prewitt: Tensor

    def __init__(self) -> None:
        super().__init__()
        across = torch.tensor([1.0, 0.0, -1.0]).expand(3, 3) / 3
        self.register_buffer("prewitt", torch.stack([across, across.T] * 2)[:, None], persistent=False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Similarity at each position."""
        size = one.shape[-2:]
        both = torch.stack([one.mean(1), other.mean(1)], 1)
        found = []
        for scale in range(_SCALES):
            both = functional.avg_pool2d(both, 2) if scale else both
            lengths = self._lengths(both)
            a, b = lengths[:, :1], lengths[:, 1:]
            similar = (2 * a * b + _C) / (a**2 + b**2 + _C)
            found.append(functional.interpolate(similar, size=size, mode="bilinear", align_corners=False))
        return torch.cat(found, 1).mean(1)

    def _lengths(self, both: Tensor) -> Tensor:
        """Lengths of the gradients of two gray pictures, (N, 2, H, W)."""
        around = functional.pad(median(both), (1, 1, 1, 1), mode="replicate")
        squares = functional.conv2d(around, self.prewitt, groups=2).square()
        return (squares[:, ::2] + squares[:, 1::2] + _SLOPE_OF_ROOT).sqrt()


def median(gray: Tensor) -> Tensor:
    """(N, C, H, W): the median of 3x3 pixels by comparisons alone, which every engine computes alike and fast: that of
    the highest low, the middle middle and the lowest high of three sorted columns."""
    height, width = gray.shape[-2:]
    around = functional.pad(gray, (1, 1, 1, 1), mode="replicate")
    above, here, below = (around[..., row : row + height, :] for row in range(3))
    lower, higher = torch.minimum(above, here), torch.maximum(above, here)
    rest = torch.minimum(higher, below)
    low, middle, high = torch.minimum(lower, rest), torch.maximum(lower, rest), torch.maximum(higher, below)

    def beside(value: Tensor) -> list[Tensor]:
        return [value[..., column : column + width] for column in range(3)]

    one, two, three = beside(low), _middle(*beside(middle)), beside(high)
    highest_low = torch.maximum(torch.maximum(one[0], one[1]), one[2])
    lowest_high = torch.minimum(torch.minimum(three[0], three[1]), three[2])
    return _middle(highest_low, two, lowest_high)


def _middle(one: Tensor, two: Tensor, three: Tensor) -> Tensor:
    return torch.maximum(torch.minimum(one, two), torch.minimum(torch.maximum(one, two), three))
