"""Damage that any surface can have: scratches, dents and stains, as fields that change its light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation.scene import Field
from inspector.imaging.simulation.texture import smooth_noise, smoothstep

_SUBPIXEL = 4
"""Fractional bits of OpenCV's drawing coordinates."""


def scratch_path(
    rng: np.random.Generator, centre: tuple[float, float], angle: float, length: float
) -> NDArray[np.float64]:
    """(N, 2) x, y along a scratch: nearly straight, bent a little, its hand not quite steady."""
    steps = max(8, int(length / 6))
    along = np.linspace(-0.5, 0.5, steps)
    bend = rng.normal(0, 0.10) * (along**2 - 0.1) * length
    wander = np.cumsum(rng.normal(0, 0.012 * length / np.sqrt(steps), steps))
    side = bend + wander - wander.mean()
    cos, sin = np.cos(angle), np.sin(angle)
    x = centre[0] + along * length * cos - side * sin
    y = centre[1] + along * length * sin + side * cos
    return np.stack([x, y], axis=1)


def stroke(
    height: int, width: int, path: NDArray[np.float64], thickness: float, pressure: NDArray[np.float64]
) -> Field:
    """A line along `path` as a field in [0, 1]; `pressure` (N - 1,) in [0, 1] is its strength by segment."""
    canvas = np.zeros((height, width), np.uint8)
    points = np.rint(path * 2**_SUBPIXEL).astype(int)
    order = np.argsort(pressure, kind="stable")  # the stronger piece stays on top where two meet
    pixels = max(1, round(thickness))
    for i in order:
        level = int(np.clip(pressure[i] * 255, 0, 255))
        cv2.line(canvas, tuple(points[i]), tuple(points[i + 1]), level, pixels, cv2.LINE_AA, _SUBPIXEL)
    field = canvas.astype(np.float32)
    field *= np.float32(1 / 255 * min(1.0, thickness / pixels))
    return np.asarray(cv2.GaussianBlur(field, (0, 0), 0.6), np.float32)


def pressures(rng: np.random.Generator, segments: int) -> NDArray[np.float64]:
    """How strongly a tool bore down along its way: fading in and out, uneven between."""
    along = (np.arange(segments) + 0.5) / segments
    ends = np.clip(np.minimum(along / 0.15, (1 - along) / rng.uniform(0.15, 0.6)), 0, 1)
    uneven = np.interp(along * 6, np.arange(8), rng.uniform(0.55, 1.0, 8))
    return np.asarray(ends * uneven, np.float64)


def scratch(
    rng: np.random.Generator,
    shape: tuple[int, int],
    centre: tuple[float, float],
    angle: float,
    length: float,
    width: float,
) -> tuple[Field, Field]:
    """The bright flank and the shaded flank of one furrow, each a field in [0, 1]."""
    path = scratch_path(rng, centre, angle, length)
    pressure = pressures(rng, len(path) - 1)
    bright = stroke(*shape, path, width, pressure)
    offset = np.asarray([-np.sin(angle), np.cos(angle)]) * (0.5 * width + 0.7)
    if offset @ np.asarray([0.6, 0.8]) < 0:  # the flank away from the lamp lies in shade
        offset = -offset
    shade = stroke(*shape, path + offset, width, pressure)
    return bright, shade


def dent(
    rng: np.random.Generator,
    shape: tuple[int, int],
    centre: tuple[float, float],
    radius: float,
    depth: float,
    light: float,
) -> Field:
    """Gain of a shallow dent under light from direction `light` (radians): one flank bright, the other dark.

    `depth` is the steepest slope times the strength of the light: about the largest change of gain.
    """
    gain = np.ones(shape, np.float32)
    reach = int(radius * 2.6) + 2
    top, bottom = max(0, int(centre[1]) - reach), min(shape[0], int(centre[1]) + reach)
    left, right = max(0, int(centre[0]) - reach), min(shape[1], int(centre[0]) + reach)
    if top >= bottom or left >= right:
        return gain
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    x -= np.float32(centre[0])
    y -= np.float32(centre[1])
    turn, squeeze = rng.uniform(0, np.pi), rng.uniform(0.65, 1.0)
    u = (x * np.cos(turn) + y * np.sin(turn)) / radius
    v = (y * np.cos(turn) - x * np.sin(turn)) / (radius * squeeze)
    wobble = 1 + 0.14 * smooth_noise(rng, *x.shape, (radius * 0.8,))
    distance = (u * u + v * v) * wobble
    height = -np.exp(-(distance**1.5)) + 0.16 * np.exp(-((np.sqrt(distance) - 1.45) ** 2) / 0.09)
    slope_y, slope_x = np.gradient(height.astype(np.float32))
    towards = (slope_x * np.cos(light) + slope_y * np.sin(light)) * np.float32(radius)
    bottom_shade = 0.25 * np.exp(-(distance**1.5))
    gain[top:bottom, left:right] += np.float32(depth) * (towards - bottom_shade).astype(np.float32)
    return np.maximum(gain, np.float32(0.05))


def stain(rng: np.random.Generator, shape: tuple[int, int], centre: tuple[float, float], radius: float) -> Field:
    """How much of a blot lies where, in [0, 1]: ragged, uneven, with the darker rim of something that dried."""
    height, width = shape
    cover = np.zeros(shape, np.float32)
    reach = int(radius * 2.2) + 2
    top, bottom = max(0, int(centre[1]) - reach), min(height, int(centre[1]) + reach)
    left, right = max(0, int(centre[0]) - reach), min(width, int(centre[0]) + reach)
    if top >= bottom or left >= right:
        return cover
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    turn, squeeze = rng.uniform(0, np.pi), rng.uniform(0.55, 1.0)
    u = (x - centre[0]) * np.cos(turn) + (y - centre[1]) * np.sin(turn)
    v = (y - centre[1]) * np.cos(turn) - (x - centre[0]) * np.sin(turn)
    distance = np.sqrt(u * u + (v / squeeze) ** 2) / radius
    ragged = (distance + 0.22 * smooth_noise(rng, *x.shape, (radius * 0.9, radius * 0.4, radius * 0.16))).astype(
        np.float32
    )
    inside = smoothstep(1.08, 0.86, ragged)
    rim = np.exp(-(((ragged - 0.88) / 0.10) ** 2))
    uneven = 0.75 + 0.16 * smooth_noise(rng, *x.shape, (radius * 0.7, radius * 0.25))
    cover[top:bottom, left:right] = np.clip(inside * (uneven + 0.35 * rim), 0, 1)
    return cover
