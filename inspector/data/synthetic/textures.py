"""Procedural gray textures: what surfaces look like at every scale, from noise to machined rings.

Each texture takes a generator and a side length in pixels and returns (side, side) float32 in [0, 1], except that
`bricks` may reach 1.2; `random_texture` clips whatever it makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]
Texture = Callable[[np.random.Generator, int], Gray]


def normalised(values: NDArray[Any]) -> Gray:
    """Stretch the middle 98 % of the values over [0, 1]."""
    low, high = np.quantile(values[::3, ::3], (0.01, 0.99))
    return _gray(np.clip((values - low) / max(high - low, 1e-6), 0, 1))


def power_noise(rng: np.random.Generator, side: int) -> Gray:
    """1/f^a noise, a from 0.4 to 2.6, up to ten times longer in one direction (brushed metal, paper, cast skin)."""
    angle = rng.uniform(0, np.pi)
    stretch = np.exp(rng.uniform(0, 2.3)) if rng.random() < 0.6 else 1.0
    fy, fx = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
    along, across = fx * np.cos(angle) + fy * np.sin(angle), fy * np.cos(angle) - fx * np.sin(angle)
    radius = np.sqrt((along * stretch) ** 2 + (across / stretch) ** 2) + 1 / side
    shape = fy.shape
    spectrum = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / radius ** rng.uniform(0.4, 2.6)
    return normalised(np.fft.irfft2(spectrum, s=(side, side)))


def _coordinates(rng: np.random.Generator, side: int, warp: float) -> tuple[Gray, Gray]:
    """Rotated pixel coordinates, displaced by smooth noise of `warp` pixels."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    if warp > 0:
        coarse = rng.standard_normal((2, 6, 6)).astype(np.float32) * warp
        u = u + cv2.resize(coarse[0], (side, side), interpolation=cv2.INTER_CUBIC)
        v = v + cv2.resize(coarse[1], (side, side), interpolation=cv2.INTER_CUBIC)
    return _gray(u), _gray(v)


def _frequency(rng: np.random.Generator, shortest: float, longest: float) -> np.float32:
    """Radians per pixel of a period drawn evenly in its logarithm."""
    return np.float32(2 * np.pi / np.exp(rng.uniform(np.log(shortest), np.log(longest))))


def _gray(values: NDArray[Any]) -> Gray:
    return np.asarray(values, np.float32)


def _wave(rng: np.random.Generator, phase: NDArray[Any]) -> Gray:
    """Sine, soft square or saw-tooth of a phase in radians."""
    kind = rng.integers(3)
    if kind == 0:
        return _gray(0.5 + 0.5 * np.sin(phase))
    if kind == 1:
        return _gray(0.5 + 0.5 * np.tanh(np.sin(phase) * rng.uniform(2, 8)))
    return _gray((phase / (2 * np.pi)) % 1.0)


def grating(rng: np.random.Generator, side: int) -> Gray:
    """Parallel lines, 3 to 48 pixels apart, warped (threads, ribs, turning marks)."""
    u, _ = _coordinates(rng, side, rng.choice([0, 2, 8]))
    return _wave(rng, u * _frequency(rng, 3, 48))


def lattice(rng: np.random.Generator, side: int) -> Gray:
    """Two crossed gratings, multiplied, added or interlaced (weave, mesh, knurl, grid)."""
    u, v = _coordinates(rng, side, rng.choice([0, 1, 4]))
    period = np.exp(rng.uniform(np.log(4), np.log(40), 2)) if rng.random() < 0.4 else np.exp(rng.uniform(1.4, 3.5))
    pu, pv = np.broadcast_to(period, 2)
    a, b = _wave(rng, u * np.float32(2 * np.pi / pu)), _wave(rng, v * np.float32(2 * np.pi / pv))
    kind = rng.integers(3)
    if kind == 0:
        return _gray(a * b)
    if kind == 1:
        return _gray(np.maximum(a, b))
    over = (np.floor(u / pu) + np.floor(v / pv)) % 2 < 1
    return _gray(np.where(over, a, b))


def cells(rng: np.random.Generator, side: int) -> Gray:
    """Voronoi cells with a value each, or their walls (grains, leather, foam, cracks)."""
    seeds = np.full((side, side), 255, np.uint8)
    count = int(np.exp(rng.uniform(np.log(12), np.log(1500))))
    seeds[rng.integers(0, side, count), rng.integers(0, side, count)] = 0
    distance, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    if rng.random() < 0.5:
        return _gray(rng.random(count + 2, dtype=np.float32)[labels % (count + 2)])
    if rng.random() < 0.5:
        return normalised(distance)
    wall = cv2.morphologyEx(labels.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    blurred = cv2.GaussianBlur(wall.astype(np.float32), (0, 0), rng.uniform(0.5, 1.5))
    return _gray(np.minimum(blurred, 1))  # the kernel's weights may add up to a little more


def blobs(rng: np.random.Generator, side: int) -> Gray:
    """Noise cut at a level with a soft edge (stains, islands, camouflage)."""
    noise = power_noise(rng, side)
    level, softness = rng.uniform(0.3, 0.7), rng.uniform(0.01, 0.15)
    return _gray(np.clip((noise - level) / softness + 0.5, 0, 1))


def dots(rng: np.random.Generator, side: int) -> Gray:
    """A jittered lattice of round dots or holes."""
    u, v = _coordinates(rng, side, rng.choice([0, 1, 3]))
    period = np.exp(rng.uniform(np.log(5), np.log(50)))
    shift = (np.floor(v / period) % 2) * period / 2 if rng.random() < 0.5 else 0
    du, dv = ((u + shift) / period) % 1 - 0.5, (v / period) % 1 - 0.5
    edge = rng.uniform(0.15, 0.45) - np.sqrt(du**2 + dv**2)
    return _gray(np.clip(edge * period / rng.uniform(1, 3) + 0.5, 0, 1))


def bricks(rng: np.random.Generator, side: int) -> Gray:
    """Rectangles in rows with joints, a value each (tiles, bricks, modules)."""
    u, v = _coordinates(rng, side, rng.choice([0, 1]))
    height = np.exp(rng.uniform(np.log(8), np.log(60)))
    width = height * rng.uniform(0.8, 3)
    row = np.floor(v / height)
    column = np.floor(u / width + (row % 2) * rng.choice([0, 0.5]))
    values = rng.random(257, dtype=np.float32)[((row * 31 + column * 17) % 257).astype(int)]
    joint = np.minimum((v / height) % 1 * height, (u / width + (row % 2) * 0.5) % 1 * width)
    return _gray(values * rng.uniform(0.1, 0.9) + 0.3 * np.clip(joint / rng.uniform(1, 4), 0, 1))


def fibres(rng: np.random.Generator, side: int) -> Gray:
    """Many thin curved strokes (felt, scratches, hair, wood)."""
    canvas = np.full((side, side), rng.integers(0, 256), np.uint8)
    main, spread = rng.uniform(0, np.pi), rng.uniform(0.05, 1.6)
    for _ in range(int(rng.integers(20, 260))):
        angle = main + rng.normal(0, spread)
        length, bend = rng.uniform(10, side * 0.7), rng.normal(0, 0.4)
        t = np.linspace(-0.5, 0.5, 8)
        start = rng.uniform(0, side, 2)
        x = start[0] + t * length * np.cos(angle) - bend * length * t**2 * np.sin(angle)
        y = start[1] + t * length * np.sin(angle) + bend * length * t**2 * np.cos(angle)
        points = np.round(np.stack([x, y], 1) * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, int(rng.integers(0, 256)), int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    return _gray(canvas) / np.float32(255)


def rings(rng: np.random.Generator, side: int) -> Gray:
    """Noise or lines round a centre (turned and machined faces), or radial rays."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    centre = rng.uniform(-0.3, 1.3, 2) * side
    radius = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
    if rng.random() < 0.5:
        return _wave(rng, radius * _frequency(rng, 3, 40))
    profile = cv2.GaussianBlur(rng.random((1, 4 * side), dtype=np.float32), (0, 0), rng.uniform(0.6, 4))[0]
    along = radius if rng.random() < 0.7 else (np.arctan2(y - centre[1], x - centre[0]) + np.pi) * side / 3.2
    return normalised(np.interp(along, np.arange(4 * side), profile))


def flat(rng: np.random.Generator, side: int) -> Gray:
    """Even, or a smooth gradient: most of many parts is nothing but that."""
    coarse = rng.random((int(rng.integers(1, 4)),) * 2, dtype=np.float32)
    return _gray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC).clip(0, 1))


TEXTURES: tuple[Texture, ...] = (
    power_noise, power_noise, grating, lattice, cells, blobs, dots, bricks, fibres, rings, flat,
)  # fmt: skip


def random_texture(rng: np.random.Generator, side: int) -> Gray:
    """Any of them, at a contrast of its own, some times a mix of two."""
    texture = TEXTURES[rng.integers(len(TEXTURES))](rng, side)
    if rng.random() < 0.3:
        weight = np.float32(rng.uniform(0.1, 0.5))
        texture = texture * (1 - weight) + weight * TEXTURES[rng.integers(len(TEXTURES))](rng, side)
    contrast = np.float32(np.exp(rng.uniform(np.log(0.1), 0)))
    return _gray(np.clip(rng.uniform(0, 1) * (1 - contrast) + texture * contrast, 0, 1))
