"""Procedural scenes: textured things on textured grounds, lit, as a camera sees them.

A scene is what the student and the teacher look at; nothing in it comes from a photograph.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.data.synthetic.surfaces import colour, coloured
from inspector.data.synthetic.textures import random_texture

Scene = NDArray[np.uint8]

_LETTERS = "ABCDEFGHKLMNPRSTXYZ0123456789-./#&"


def render_scene(rng: np.random.Generator, side: int, *, things: bool = True) -> Scene:
    """(side, side, 3) uint8 BGR; without `things` only the ground, which is much the same everywhere."""
    scene = coloured(rng, random_texture(rng, side))
    if things:
        _furnish(rng, scene)
    return np.clip(_lit(rng, scene) * 255, 0, 255).astype(np.uint8)


def _furnish(rng: np.random.Generator, scene: NDArray[np.float32]) -> None:
    side = scene.shape[0]
    textures = [coloured(rng, random_texture(rng, side)) for _ in range(int(rng.integers(1, 4)))]
    for _ in range(int(rng.choice([0, 1, 3, 8, 25, 60]))):
        _add_leaf(rng, scene, textures[rng.integers(len(textures))])
    for _ in range(int(rng.choice([0, 0, 1, 3, 8]))):
        _add_stroke(rng, scene)
    for _ in range(int(rng.choice([0, 0, 0, 2, 6]))):
        _add_text(rng, scene)


def _shape(rng: np.random.Generator, side: int) -> tuple[NDArray[np.uint8], tuple[slice, slice]]:
    """An anti-aliased mask (side, side) uint8 of one thing and the box it lies in."""
    mask = np.zeros((side, side), np.uint8)
    size = side * np.exp(rng.uniform(np.log(0.02), np.log(0.6)))
    centre = rng.uniform(0, side, 2)
    kind, angle = rng.integers(4), rng.uniform(0, 360)
    axes = np.maximum(size * rng.uniform(0.3, 1, 2), 1)
    if kind == 0:
        cv2.ellipse(mask, _fixed(centre), _fixed(axes), angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
    elif kind == 1:
        thickness = int(max(1, size * rng.uniform(0.05, 0.4)))
        cv2.ellipse(
            mask, _fixed(centre), _fixed(axes), angle, 0, float(rng.choice([360, 200])), 255, thickness, cv2.LINE_AA, 4
        )
    else:
        corners = 4 if kind == 2 else int(rng.integers(3, 9))
        turns = np.deg2rad(angle) + np.arange(corners) * 2 * np.pi / corners
        if kind == 3:
            turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
        points = centre + np.stack([np.cos(turns) * axes[0], np.sin(turns) * axes[1]], 1) * 1.3
        cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    reach = int(1.5 * size) + 6
    x, y = int(centre[0]), int(centre[1])
    return mask, (slice(max(y - reach, 0), y + reach), slice(max(x - reach, 0), x + reach))


def _fixed(point: NDArray[np.floating]) -> tuple[int, int]:
    """Pixel coordinates with four fractional bits, as OpenCV draws them."""
    return round(float(point[0]) * 16), round(float(point[1]) * 16)


def _add_leaf(rng: np.random.Generator, scene: NDArray[np.float32], texture: NDArray[np.float32]) -> None:
    """Lay a thing with a surface of its own on the scene, some times raised (bevel) or with a shadow."""
    mask, box = _shape(rng, scene.shape[0])
    alpha = mask[box].astype(np.float32)[..., None] / 255
    if not alpha.any():
        return
    target = scene[box]
    if rng.random() < 0.3:
        shadow = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(1, 6))[..., None]
        target *= 1 - shadow * np.float32(rng.uniform(0.1, 0.6))
    surface = texture[box] if rng.random() < 0.7 else colour(rng)
    target += alpha * (surface - target) * np.float32(rng.choice([1.0, 0.8, 0.4]))
    if rng.random() < 0.4:
        soft = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.8, 3))
        angle = rng.uniform(0, 2 * np.pi)
        slope = np.cos(angle) * cv2.Sobel(soft, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(soft, cv2.CV_32F, 0, 1)
        target += slope[..., None] * np.float32(rng.uniform(0.1, 0.5))
    np.clip(target, 0, 1, out=target)


def _add_stroke(rng: np.random.Generator, scene: NDArray[np.float32]) -> None:
    side = scene.shape[0]
    points = np.cumsum(rng.normal(0, side * 0.08, (int(rng.integers(2, 9)), 2)), 0) + rng.uniform(0, side, 2)
    paint = tuple(float(value) for value in colour(rng))
    cv2.polylines(
        scene, [np.round(points * 16).astype(np.int32)], False, paint, int(rng.integers(1, 6)), cv2.LINE_AA, 4
    )


def _add_text(rng: np.random.Generator, scene: NDArray[np.float32]) -> None:
    side = scene.shape[0]
    text = "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 10))))
    paint = tuple(float(value) for value in colour(rng))
    fonts = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
    origin = (int(rng.integers(-20, side)), int(rng.integers(0, side)))
    cv2.putText(
        scene, text, origin, int(rng.choice(fonts)), rng.uniform(0.4, 2.5), paint, int(rng.integers(1, 5)), cv2.LINE_AA
    )  # fmt: skip


def _lit(rng: np.random.Generator, scene: NDArray[np.float32]) -> NDArray[np.float32]:
    """Uneven light and, some times, a highlight."""
    side = scene.shape[0]
    if rng.random() < 0.6:
        light = cv2.resize(
            rng.uniform(0.65, 1.25, (3, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
        )
        scene = scene * light[..., None]
    if rng.random() < 0.2:
        y, x = np.mgrid[:side, :side].astype(np.float32)
        centre, width = rng.uniform(0, side, 2), rng.uniform(0.05, 0.4) * side
        spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * width**2))
        scene = scene + spot[..., None] * np.float32(rng.uniform(0.1, 0.7))
    return scene
