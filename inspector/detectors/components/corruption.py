"""Spoils good pictures at random for a network that practises to repair them. Draws torch's own random numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_GRID = 16
"""Cells along each side of the coarse noise. Fine noise alone would teach a network nothing but to keep what it sees,
defects included."""
_FINEST = 0.1
_STAINED = 0.5
_AREA = (0.005, 0.15)
_ASPECT = 3.0
_OPACITY = (0.3, 1.0)


def corrupted(images: Tensor, coarse: float) -> Tensor:
    """Copies of pictures (N, 3, H, W) in [0, 1] with coarse noise of standard deviation `coarse`, fine noise of up to
    0.1, and every other picture with a stain; cut off to [0, 1], as a camera would."""
    spoiled = images + (coarse_noise(images.shape) * coarse).to(images.device)
    spoiled = spoiled + (torch.randn(images.shape) * _finest(len(images))).to(images.device)
    share = stains(len(images), (images.shape[2], images.shape[3])).to(images.device)
    colour = torch.rand(len(images), 3, 1, 1).to(images.device)
    return (spoiled * (1 - share) + colour * share).clamp(0, 1)


def coarse_noise(shape: torch.Size) -> Tensor:
    """Normal noise on a grid of 16 x 16 in each channel, enlarged to (N, C, H, W) and shifted by a random distance, so
    that the grid's lines are everywhere."""
    height, width = shape[2:]
    grid = torch.randn(shape[0], shape[1], _GRID, _GRID)
    noise = functional.interpolate(grid, size=(height, width), mode="bilinear", align_corners=False)
    shifts = int(torch.randint(height, ())), int(torch.randint(width, ()))
    return noise.roll(shifts, (2, 3))


def stains(count: int, size: tuple[int, int]) -> Tensor:
    """(count, 1, height, width) in [0, 1]: the opacity of one turned ellipse in every other picture, of 0.5 to 15 % of
    its area, small ones as often as large ones."""
    height, width = size
    low, high = (math.log(area * height * width / math.pi) for area in _AREA)
    radius = torch.exp(0.5 * _between(count, low, high))
    squeeze = torch.exp(0.5 * _between(count, -math.log(_ASPECT), math.log(_ASPECT)))
    angle = _between(count, 0, math.pi)
    down = torch.arange(height)[:, None] - height * torch.rand(count, 1, 1, 1)
    across = torch.arange(width) - width * torch.rand(count, 1, 1, 1)
    along = (down * angle.sin() + across * angle.cos()) / (radius * squeeze)
    aside = (down * angle.cos() - across * angle.sin()) / (radius / squeeze)
    opacity = _between(count, *_OPACITY) * (torch.rand(count, 1, 1, 1) < _STAINED)
    return (along**2 + aside**2 <= 1) * opacity


def _finest(count: int) -> Tensor:
    return _FINEST * torch.rand(count, 1, 1, 1)


def _between(count: int, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, 1)
