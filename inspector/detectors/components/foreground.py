"""Telling a part from the background before which it lies, for parts in the middle of a picture: CPR's FEB."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_STRIP = 3 / 80
_CENTRE = 1 / 5
_TRIMMED = 0.01
_RIDGE = 1e-3


class Foreground(nn.Module):
    """How far each cell of a map (N, C, h, w) belongs to the part, (N, h, w) in [0, 1]; 1 everywhere until it has
    learned, or where the middle looks like the border."""

    direction: Tensor
    low: Tensor
    span: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("direction", torch.zeros(channels))
        self.register_buffer("low", torch.full((1,), -1.0))
        self.register_buffer("span", torch.ones(1))

    def forward(self, features: Tensor) -> Tensor:
        """Weights."""
        projected = features.permute(0, 2, 3, 1) @ self.direction
        return ((projected - self.low) / self.span).clamp(0, 1)

    def learn(self, features: Tensor) -> None:
        """From maps (N, C, h, w) of good parts: linear discriminant analysis between cells at the border and cells in
        the middle, scaled so that all but the least and largest hundredth lie between 0 and 1."""
        border, middle = _regions(features.shape[2], features.shape[3], features.device)
        cells = features.permute(0, 2, 3, 1).double()
        outer, inner = cells[:, border].flatten(0, 1), cells[:, middle].flatten(0, 1)
        within = _scatter(outer) + _scatter(inner)
        ridge = _RIDGE * within.diagonal().mean().clamp(min=1e-12)
        within = within + ridge * torch.eye(len(within), dtype=within.dtype, device=within.device)
        direction = torch.linalg.solve(within, inner.mean(0) - outer.mean(0))
        projected = (cells @ direction).flatten().sort().values
        trimmed = int(_TRIMMED * len(projected))
        low, high = projected[trimmed], projected[len(projected) - 1 - trimmed]
        if float(high - low) > 1e-6 * float(projected.abs().max()):
            self.direction, self.low = direction.float(), low.float()[None]
            self.span = (high - low).float()[None]


def _regions(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Masks (height, width) of the strip at the border and of the middle."""
    down = ((torch.arange(height, device=device) + 0.5) / height - 0.5).abs()[:, None]
    across = ((torch.arange(width, device=device) + 0.5) / width - 0.5).abs()[None, :]
    strip = torch.maximum(down + 0.5 / height, across + 0.5 / width) > 0.5 - max(_STRIP, 1e-6)
    return strip, (down <= _CENTRE + 0.5 / height) & (across <= _CENTRE + 0.5 / width)


def _scatter(points: Tensor) -> Tensor:
    centred = points - points.mean(0)
    return centred.T @ centred / len(points)
