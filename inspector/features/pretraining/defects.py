"""Damage painted on a view of a scene, so that the network learns what must not look like its surroundings.

None of these are the defects of the simulated line (`imaging/simulation`): with those the features are measured.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.data.synthetic.textures import Gray, power_noise, random_texture

View = NDArray[np.float32]
"""(H, W, 3) in [0, 255], square."""

Painter = Callable[[np.random.Generator, View], View]

_MOST = 3


def spoil(rng: np.random.Generator, view: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A view (S, S, 3) with one to three kinds of damage."""
    spoilt = view.astype(np.float32)
    for _ in range(int(rng.integers(1, _MOST + 1))):
        spoilt = np.clip(PAINTERS[rng.integers(len(PAINTERS))](rng, spoilt), 0, 255)
    return spoilt.astype(np.uint8)


def _strength(rng: np.random.Generator) -> np.float32:
    """Gray levels, darker or brighter: weak damage is as frequent as strong."""
    return np.float32(rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(10), np.log(140))))


def _tint(rng: np.random.Generator) -> NDArray[np.float32]:
    """What damage adds to each channel at strength 1; mostly the same to all."""
    return np.ones(3, np.float32) if rng.random() < 0.7 else rng.uniform(-0.4, 1, 3).astype(np.float32)


def scratch(rng: np.random.Generator, view: View) -> View:
    """A thin line that wanders, straight to crooked."""
    side = view.shape[0]
    turns = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, rng.uniform(0.02, 0.6), 8))
    steps = np.stack([np.cos(turns), np.sin(turns)], 1) * side * rng.uniform(0.02, 0.12)
    points = np.round((rng.uniform(0, side, 2) + np.cumsum(steps, 0)) * 16).astype(np.int32)
    line = np.zeros((side, side), np.uint8)
    cv2.polylines(line, [points], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(line.astype(np.float32) / 255, (0, 0), rng.uniform(0.3, 1.2))
    return np.asarray(view + soft[..., None] * _strength(rng) * _tint(rng), np.float32)


def _patch(rng: np.random.Generator, side: int) -> Gray:
    """A ragged spot somewhere, (side, side) in [0, 1] with a soft edge, 3 to 50 pixels wide."""
    radius = np.exp(rng.uniform(np.log(1.5), np.log(25)))
    centre, turn, flat = rng.uniform(0, side, 2), rng.uniform(0, np.pi), rng.uniform(0.35, 1)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    x, y = x - np.float32(centre[0]), y - np.float32(centre[1])
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    ragged = (power_noise(rng, side) - 0.5) * radius * rng.uniform(0, 1.5)
    inside = radius - np.sqrt(u**2 + (v / flat) ** 2) + ragged
    return np.asarray(np.clip(inside / rng.uniform(0.7, 3) + 0.5, 0, 1), np.float32)


def spot(rng: np.random.Generator, view: View) -> View:
    """A stain, pore or speck, darker or brighter than its ground."""
    return np.asarray(view + _patch(rng, view.shape[0])[..., None] * _strength(rng) * _tint(rng), np.float32)


def foreign(rng: np.random.Generator, view: View) -> View:
    """Another material in a spot, more or less covering."""
    side = view.shape[0]
    colours = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    material = colours[0] + random_texture(rng, side)[..., None] * (colours[1] - colours[0])
    alpha = _patch(rng, side)[..., None] * np.float32(rng.uniform(0.3, 1))
    return np.asarray(view + alpha * (material - view), np.float32)


def displaced(rng: np.random.Generator, view: View) -> View:
    """A piece of the same view in the wrong place, turned or mirrored (as in CutPaste, arXiv 2104.04015)."""
    moved = np.rot90(view, int(rng.integers(4)))
    if rng.random() < 0.5:
        moved = moved[:, ::-1]
    moved = np.roll(moved, tuple(int(item) for item in rng.integers(8, view.shape[0] - 8, 2)), (0, 1))
    alpha = _patch(rng, view.shape[0])[..., None]
    return np.asarray(view + alpha * (moved - view), np.float32)


def dented(rng: np.random.Generator, view: View) -> View:
    """The surface drawn together or apart in a spot, with the light and shade that a slope has."""
    side = view.shape[0]
    dent = cv2.GaussianBlur(_patch(rng, side), (0, 0), rng.uniform(1, 4))
    dx, dy = cv2.Sobel(dent, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(dent, cv2.CV_32F, 0, 1, scale=0.125)
    depth = np.float32(rng.uniform(-40, 40))
    y, x = np.mgrid[:side, :side].astype(np.float32)
    bent = cv2.remap(view, x + depth * dx, y + depth * dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    lamp = rng.uniform(0, 2 * np.pi)
    slope = np.cos(lamp) * dx + np.sin(lamp) * dy
    return np.asarray(bent + slope[..., None] * np.float32(rng.uniform(0, 1500)), np.float32)


def effaced(rng: np.random.Generator, view: View) -> View:
    """Structure that is missing in a spot: worn, smeared or never printed."""
    smooth = cv2.GaussianBlur(view, (0, 0), rng.uniform(2, 12))
    alpha = _patch(rng, view.shape[0])[..., None]
    return np.asarray(view + alpha * (smooth - view), np.float32)


PAINTERS: tuple[Painter, ...] = (scratch, scratch, spot, spot, foreign, displaced, dented, effaced)
