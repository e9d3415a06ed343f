"""Fields that the products are made of: smooth noise, grain, steps, and the coordinates of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation.scene import SUPERSAMPLING, Field


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: Sequence[float], gain: float = 0.5) -> Field:
    """(height, width) noise of about unit variance: one octave per cell size (pixels), each `gain` times the one
    before it."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    power = 0.0
    for octave, cell in enumerate(cells):
        grid = rng.standard_normal((int(height / cell) + 3, int(width / cell) + 3), dtype=np.float32)
        total += np.float32(gain**octave) * stretched(grid, height, width)
        power += gain ** (2 * octave)
    total /= np.float32(np.sqrt(power) * 0.75)  # interpolation between the grid's points takes a quarter away
    return total


def stretched(grid: Field, height: int, width: int) -> Field:
    """A coarse grid interpolated smoothly to (height, width)."""
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def grain(rng: np.random.Generator, height: int, width: int) -> Field:
    """(height, width) white noise of unit variance; read-only.

    Cut out of a fixed sheet at a random place and flipped at random: as good to the eye as fresh draws and far faster.
    """
    sheet = _grain_sheet()
    top, left = rng.integers(0, sheet.shape[0] - height), rng.integers(0, sheet.shape[1] - width)
    flips = rng.integers(0, 2, 2) * 2 - 1
    return sheet[top : top + height, left : left + width][:: flips[0], :: flips[1]]


@lru_cache(maxsize=1)
def _grain_sheet() -> Field:
    sheet = np.random.default_rng(1).standard_normal((1024, 1024), dtype=np.float32)
    sheet.flags.writeable = False
    return sheet


def smoothstep(low: float, high: float, values: NDArray[Any]) -> Field:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the larger one."""
    t = np.asarray(values - np.float32(low), np.float32)
    t *= np.float32(1 / (high - low))
    np.clip(t, 0, 1, out=t)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def ramp(low: float, high: float, values: NDArray[Any]) -> Field:
    """As `smoothstep`, straight between: enough for the edge of one pixel."""
    t = np.asarray(values - np.float32(low), np.float32)
    t *= np.float32(1 / (high - low))
    return np.clip(t, 0, 1, out=t)


@lru_cache(maxsize=8)
def coordinates(height: int, width: int) -> tuple[Field, Field]:
    """x and y of every pixel as (height, width) float32; read-only."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x.flags.writeable = y.flags.writeable = False
    return x, y


def averaged_down(field: Field) -> Field:
    """A supersampled field at the size of the picture."""
    size = (field.shape[1] // SUPERSAMPLING, field.shape[0] // SUPERSAMPLING)
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32)


def soft(field: Field, sigma: float) -> Field:
    """Gaussian blur; `sigma` in pixels."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)


def coloured(field: Field, colour: Sequence[float]) -> Field:
    """(H, W) light as (H, W, 3) BGR of one colour."""
    return field[:, :, None] * np.asarray(colour, np.float32)


def blotted(light: Field, cover: Field, tint: Sequence[float]) -> Field:
    """(H, W, 3) light through a blot that covers by `cover` (H, W) and lets `tint` of blue, green and red pass."""
    return np.asarray(light * (1 - cover[:, :, None] * (1 - np.asarray(tint, np.float32))), np.float32)
