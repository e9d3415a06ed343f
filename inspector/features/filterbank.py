"""Hand-made colour and texture features for computers without any network weights: fixed filters, nothing learned.

Per level of an image pyramid: the strength of Gabor filters in eight directions, how much that strength itself varies
from place to place, the gradients of two opponent colours; beside them the local mean colours. Strengths are
compressed by their square root, so that strong edges do not drown everything else. Chosen by measurement among
alternatives: docs/decisions/0005-self-contained-features.md.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.features.padding import pad_to_multiple

STRIDE = 8
_LEVELS = 4
_WAVELENGTH, _WIDTH, _REACH = 4.0, 1.6, 3
_ORIENTATIONS, _SECOND_ORIENTATIONS = 8, 4
_SECOND_LEVELS = (0, 1)
_MEAN_LEVELS = (2, 3, 4)
_SMALLEST = 1e-6
_GAIN = 10.0
"""Brings typical variation over good parts to about 1, the scale on which methods put their regularisation."""

_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (1.0, -1.0, 0.0), (-0.5, -0.5, 1.0))
_SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))


class FilterBank(nn.Module):
    """Takes (N, 3, H, W) float32 RGB in [0, 1], at least 32 pixels a side; returns maps (N, C, H / 8, W / 8), rounded
    up: `fine` (levels at full and half resolution) and `coarse` (the levels below, and local mean colours)."""

    mean: ClassVar[tuple[float, float, float]] = (0.0, 0.0, 0.0)
    std: ClassVar[tuple[float, float, float]] = (1.0, 1.0, 1.0)

    gabor: Tensor
    second: Tensor
    sobel: Tensor
    opponent: Tensor

    def __init__(self, layers: tuple[str, ...]) -> None:
        super().__init__()
        self.layers = layers
        sobel = torch.tensor(_SOBEL) / 8
        self.register_buffer("gabor", gabor_filters(_ORIENTATIONS))
        self.register_buffer("second", gabor_filters(_SECOND_ORIENTATIONS))
        self.register_buffer("sobel", torch.stack([sobel, sobel.T])[:, None])
        self.register_buffer("opponent", torch.tensor(_OPPONENT)[:, :, None, None])

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per layer."""
        levels = [functional.conv2d(pad_to_multiple(images, STRIDE), self.opponent)]
        for _ in range(max(_LEVELS, *_MEAN_LEVELS)):
            levels.append(functional.avg_pool2d(levels[-1], 2, ceil_mode=True))
        maps = []
        if "fine" in self.layers:
            maps.append(self._strengths(levels, (0, 1)))
        if "coarse" in self.layers:
            grid = levels[3].shape[-2:]
            means = [_on_grid(levels[level], grid) for level in _MEAN_LEVELS]
            maps.append(torch.cat([self._strengths(levels, (2, 3)), *(_GAIN * item for item in means)], 1))
        return maps

    def _strengths(self, levels: list[Tensor], wanted: tuple[int, ...]) -> Tensor:
        grid = levels[3].shape[-2:]
        found = []
        for level in wanted:
            light, colours = levels[level][:, :1], levels[level][:, 1:]
            # Strengths change slowly: at full resolution every other position tells as much.
            first = strength(light, self.gabor, stride=2 if level == 0 else 1)
            found += [first, gradient(colours, self.sobel)]
            if level in _SECOND_LEVELS:
                found.append(self._variation(first))
        return torch.cat([_GAIN * _on_grid(item, grid).sqrt() for item in found], 1)

    def _variation(self, first: Tensor) -> Tensor:
        """How strongly each direction's strength varies from place to place, over all directions of variation."""
        half = functional.avg_pool2d(first, 2, ceil_mode=True).sqrt()
        alone = half.reshape(-1, 1, *half.shape[2:])
        return strength(alone, self.second).mean(1).reshape(half.shape)


def gabor_filters(orientations: int) -> Tensor:
    """Even filters of all directions, then odd ones, (2 n, 1, 7, 7) float32: no answer to constant light, unit norm."""
    line = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64)
    y, x = torch.meshgrid(line, line, indexing="ij")
    window = torch.exp(-(x**2 + y**2) / (2 * _WIDTH**2))
    even, odd = [], []
    for step in range(orientations):
        angle = math.pi * step / orientations
        phase = 2 * math.pi / _WAVELENGTH * (x * math.cos(angle) + y * math.sin(angle))
        cosine = window * torch.cos(phase)
        even.append(cosine - window * (cosine.sum() / window.sum()))
        odd.append(window * torch.sin(phase))
    filters = torch.stack([item / item.norm() for item in (*even, *odd)])
    return filters[:, None].float()


def strength(light: Tensor, filters: Tensor, stride: int = 1) -> Tensor:
    """Magnitude of quadrature pairs (even filters first), whatever the phase: (N, 1, h, w) to (N, n, h, w)."""
    padded = functional.pad(light, (_REACH, _REACH, _REACH, _REACH), mode="replicate")
    answers = functional.conv2d(padded, filters, stride=stride)
    pairs = len(filters) // 2
    return (answers[:, :pairs] ** 2 + answers[:, pairs:] ** 2 + _SMALLEST).sqrt()


def gradient(colours: Tensor, sobel: Tensor) -> Tensor:
    """Gradient magnitude of each channel: (N, C, h, w) to the same shape."""
    padded = functional.pad(colours, (1, 1, 1, 1), mode="replicate")
    alone = padded.reshape(-1, 1, *padded.shape[2:])
    answers = functional.conv2d(alone, sobel)
    return ((answers**2).sum(1) + _SMALLEST).sqrt().reshape(colours.shape)


def _on_grid(item: Tensor, grid: torch.Size) -> Tensor:
    factor = item.shape[-1] // grid[-1]
    if factor > 1:
        return functional.avg_pool2d(item, factor)
    if item.shape[-2:] != grid:
        return functional.interpolate(item, size=grid, mode="bilinear", align_corners=False)
    return item
