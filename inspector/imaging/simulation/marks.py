"""Damage that any surface can have: scratches, dents and stains, as fields that change its light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation.scene import Field
from inspector.imaging.simulation.texture import smooth_noise, smoothstep

Path = NDArray[np.float64]
"""(N, 2) x, y on the canvas."""

Point = tuple[float, float]

_SUBPIXEL = 4
"""Fractional bits of OpenCV's drawing coordinates."""


def scratch(
    rng: np.random.Generator, shape: tuple[int, int], centre: Point, length: float, width: float
) -> tuple[Field, Field]:
    """The bright and the shaded flank of one furrow in any direction, each a field in [0, 1]."""
    angle = rng.uniform(0, 2 * np.pi)
    path = _hand(rng, centre, angle, length)
    pressure = _pressure(rng, len(path) - 1)
    aside = np.asarray([-np.sin(angle), np.cos(angle)]) * (0.5 * width + 0.7)
    if aside @ np.asarray([0.6, 0.8]) < 0:  # the flank away from the lamp, which stands top left, lies in shade
        aside = -aside
    return stroke(shape, path, width, pressure), stroke(shape, path + aside, width, pressure)


def _hand(rng: np.random.Generator, centre: Point, angle: float, length: float) -> Path:
    """The way of a scratch: nearly straight, bent a little, not quite steady."""
    steps = max(8, int(length / 6))
    along = np.linspace(-0.5, 0.5, steps)
    bend = rng.normal(0, 0.10) * (along**2 - 0.1) * length
    wander = np.cumsum(rng.normal(0, 0.012 * length / np.sqrt(steps), steps))
    side = bend + wander - wander.mean()
    cos, sin = np.cos(angle), np.sin(angle)
    x = centre[0] + along * length * cos - side * sin
    y = centre[1] + along * length * sin + side * cos
    return np.stack([x, y], axis=1)


def _pressure(rng: np.random.Generator, segments: int) -> NDArray[np.float64]:
    """How strongly a tool bore down along its way, (segments,) in [0, 1]: fading in and out, uneven between."""
    along = (np.arange(segments) + 0.5) / segments
    ends = np.clip(np.minimum(along / 0.15, (1 - along) / rng.uniform(0.15, 0.6)), 0, 1)
    uneven = np.interp(along * 6, np.arange(8), rng.uniform(0.55, 1.0, 8))
    return np.asarray(ends * uneven, np.float64)


def stroke(shape: tuple[int, int], path: Path, thickness: float, pressure: NDArray[np.float64]) -> Field:
    """A line along `path` as a field in [0, 1]; `pressure` (N - 1,) in [0, 1] is its strength by segment."""
    field = np.zeros(shape, np.float32)
    low, high = path.min(axis=0), path.max(axis=0)
    centre, reach = (low + high) / 2, float((high - low).max() / 2 + thickness + 4)
    window = _window(shape, (centre[0], centre[1]), reach)
    canvas = np.zeros(field[window].shape, np.uint8)
    if not canvas.size:
        return field
    points = np.rint((path - (window[1].start, window[0].start)) * 2**_SUBPIXEL).astype(int).tolist()
    pixels = max(1, round(thickness))
    for i in np.argsort(pressure, kind="stable"):  # the stronger piece stays on top where two meet
        level = round(float(pressure[i]) * 255)
        cv2.line(canvas, points[i], points[i + 1], level, pixels, cv2.LINE_AA, _SUBPIXEL)
    field[window] = cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), 0.6) * (min(1.0, thickness / pixels) / 255)
    return field


def dent(
    rng: np.random.Generator, shape: tuple[int, int], centre: Point, radius: float, depth: float, light: float
) -> Field:
    """Gain of a shallow dent under a lamp in direction `light` (radians): one flank bright, the other dark.

    `depth` is about the largest change of gain.
    """
    gain = np.ones(shape, np.float32)
    window = _window(shape, centre, radius * 2.8)
    if not gain[window].size:
        return gain
    u, v = _turned(window, centre, rng.uniform(0, np.pi))
    distance = np.hypot(u, v / rng.uniform(0.6, 1.0)) / radius
    distance *= 1 + 0.07 * smooth_noise(rng, (distance.shape[0], distance.shape[1]), (radius * 1.6,))
    height = 0.13 * np.exp(-((distance - 1.5) ** 2) / 0.12) - np.exp(-(distance**3))
    slope_y, slope_x = np.gradient(height)
    towards = (slope_x * np.cos(light) + slope_y * np.sin(light)) * radius
    gain[window] += depth * (0.8 * towards - 0.22 * np.exp(-(distance**3)))
    return np.asarray(np.maximum(gain, 0.05), np.float32)


def stain(rng: np.random.Generator, shape: tuple[int, int], centre: Point, radius: float) -> Field:
    """How much of a blot lies where, in [0, 1]: ragged, uneven, with the darker rim of something that dried."""
    cover = np.zeros(shape, np.float32)
    window = _window(shape, centre, radius * 2)
    if not cover[window].size:
        return cover
    u, v = _turned(window, centre, rng.uniform(0, np.pi))
    distance = np.hypot(u, v / rng.uniform(0.6, 1.0)) / radius
    size = (distance.shape[0], distance.shape[1])
    ragged = distance + 0.13 * smooth_noise(rng, size, (radius * 0.9, radius * 0.4, radius * 0.16), 0.6)
    rim = np.exp(-(((ragged - 0.88) / 0.10) ** 2))
    uneven = 0.72 + 0.15 * smooth_noise(rng, size, (radius * 0.8, radius * 0.3))
    cover[window] = np.clip(smoothstep(1.1, 0.84, ragged) * (uneven + 0.3 * rim), 0, 1)
    return cover


def _window(shape: tuple[int, int], centre: Point, reach: float) -> tuple[slice, slice]:
    """The square around `centre`, cut to the canvas; empty when outside it."""
    x, y = centre
    top, left = max(0, int(y - reach)), max(0, int(x - reach))
    return np.s_[top : max(top, min(shape[0], int(y + reach) + 1)), left : max(left, min(shape[1], int(x + reach) + 1))]


def _turned(window: tuple[slice, slice], centre: Point, turn: float) -> tuple[Field, Field]:
    """Coordinates inside a window about `centre`, turned."""
    y, x = np.mgrid[window].astype(np.float32)
    x -= np.float32(centre[0])
    y -= np.float32(centre[1])
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return x * cos + y * sin, y * cos - x * sin
