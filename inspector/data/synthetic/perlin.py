"""Perlin noise and the blotches that are cut out of it: where a synthetic defect shall be."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Noise = NDArray[np.float32]
Blotches = NDArray[np.bool_]


def perlin_noise(rng: np.random.Generator, size: tuple[int, int], cells: tuple[int, int]) -> Noise:
    """(height, width) float32 in [-1, 1]: gradient noise (Perlin, "An image synthesizer", SIGGRAPH 1985) on a
    grid of `cells` (down, across)."""
    down, across = cells
    angles = rng.uniform(0, 2 * np.pi, (down + 1, across + 1)).astype(np.float32)
    y = _positions(size[0], down)[:, None]
    x = _positions(size[1], across)[None, :]
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    dy, dx = y - top, x - left

    def corner(step_y: int, step_x: int) -> Noise:
        turned = angles[top + step_y, left + step_x]
        slope: Noise = np.sin(turned) * (dy - step_y) + np.cos(turned) * (dx - step_x)
        return slope

    fade_y, fade_x = _faded(dy), _faded(dx)
    upper = corner(0, 0) * (1 - fade_x) + corner(0, 1) * fade_x
    lower = corner(1, 0) * (1 - fade_x) + corner(1, 1) * fade_x
    return np.asarray((upper * (1 - fade_y) + lower * fade_y) * np.sqrt(2), np.float32)


def _positions(pixels: int, cells: int) -> NDArray[np.float32]:
    """Centres of pixels in cells, below `cells`."""
    return ((np.arange(pixels, dtype=np.float32) + np.float32(0.5)) / pixels * cells).astype(np.float32)


def _faded(value: NDArray[np.float32]) -> NDArray[np.float32]:
    faded: NDArray[np.float32] = value**3 * (value * (value * 6 - 15) + 10)
    return faded


def perlin_blotches(
    rng: np.random.Generator,
    size: tuple[int, int],
    *,
    threshold: float = 0.5,
    finest: int = 5,
    turn_degrees: float = 90.0,
) -> Blotches:
    """(height, width) bool, as DRAEM (arXiv 2108.07610) draws them: noise on a grid of 2^0 to 2^`finest` cells along
    each side, turned by up to `turn_degrees` either way, cut at `threshold`. May be empty."""
    cells = (2 ** int(rng.integers(0, finest + 1)), 2 ** int(rng.integers(0, finest + 1)))
    noise = perlin_noise(rng, size, cells)
    if turn_degrees:
        centre = (size[1] / 2, size[0] / 2)
        turn = cv2.getRotationMatrix2D(centre, float(rng.uniform(-turn_degrees, turn_degrees)), 1.0)
        noise = np.asarray(cv2.warpAffine(noise, turn, (size[1], size[0])), np.float32)
    blotches: Blotches = noise > threshold
    return blotches
