"""Bringing feature channels to comparable size before distances are taken, learned from good patches alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

CHOICES = ("none", "standardise", "whiten")

_RELATIVE_FLOOR = 1e-2
_WHITENING_POWER = 0.5
_ROWS = 4096


class Conditioning(nn.Module):
    """An affine map of feature vectors: subtract `mean`, then multiply by `factor`, (C,) per channel or (C, D).

    Subtracting the mean changes no distance, but keeps the digits that |a|² + |b|² - 2ab would lose.
    """

    mean: Tensor
    factor: Tensor

    def __init__(self, mean: Tensor, factor: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("factor", factor)

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, C) to (n, D), float32."""
        centred = vectors - self.mean
        return centred * self.factor if self.factor.ndim == 1 else centred @ self.factor


def fit_conditioning(vectors: Tensor, kind: str, dimensions: int) -> Conditioning:
    """Learn from good patches (n, C) float32.

    `none`: distances as the network gives them. `standardise`: every channel to unit variance. `whiten`: standardised,
    then turned to the `dimensions` strongest principal axes (all if fewer), each divided by the square root of its
    standard deviation, half of a whitening. What hardly varies is divided by no less than a hundredth of the typical
    deviation, so that rounding noise does not become a feature.
    """
    mean = torch.stack([part.double().sum(0) for part in torch.split(vectors, _ROWS)]).sum(0) / len(vectors)
    if kind == "none":
        return Conditioning(mean.float(), torch.ones_like(mean).float())
    if kind == "standardise":
        squares = [((part.double() - mean) ** 2).sum(0) for part in torch.split(vectors, _ROWS)]
        return Conditioning(mean.float(), _scale(torch.stack(squares).sum(0) / len(vectors)).float())
    covariance = _covariance(vectors, mean)
    scale = _scale(covariance.diagonal())
    standardised = scale[:, None] * covariance * scale
    return Conditioning(mean.float(), (scale[:, None] * _half_whitening(standardised, dimensions)).float())


def _covariance(vectors: Tensor, mean: Tensor) -> Tensor:
    """In float64, some rows at a time: all of them as float64 would take several times the vectors' memory."""
    total = mean.new_zeros(len(mean), len(mean))
    for part in torch.split(vectors, _ROWS):
        centred = part.double() - mean
        total.addmm_(centred.T, centred)
    return total / len(vectors)


def _scale(variance: Tensor) -> Tensor:
    deviation = variance.sqrt()
    return 1 / deviation.clamp(min=_floor(deviation))


def _half_whitening(covariance: Tensor, dimensions: int) -> Tensor:
    values, axes = torch.linalg.eigh(covariance)
    deviation = values.flip(0)[:dimensions].clamp(min=0).sqrt()
    factor: Tensor = axes.flip(1)[:, :dimensions] / deviation.clamp(min=_floor(deviation)) ** _WHITENING_POWER
    return factor


def _floor(deviation: Tensor) -> float:
    """A hundredth of the mean deviation; 1 where nothing varies at all."""
    return float(deviation.mean()) * _RELATIVE_FLOOR or 1.0
