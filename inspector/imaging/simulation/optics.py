"""The simulated camera: uneven light, drifting colour, a lens that is never quite sharp, sensor noise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inspector.imaging.frame import Image
from inspector.imaging.simulation.scene import Field
from inspector.imaging.simulation.texture import coordinates, grain, soft

READ_NOISE = 1.3
"""Standard deviation in grey levels of a black picture."""

SHOT_NOISE = 0.18
"""What brightness adds: standard deviation in grey levels is this times the root of the grey level."""


def expose(light: Field, rng: np.random.Generator) -> Field:
    """What a noiseless sensor would read, in grey levels (not yet rounded).

    The lamp stands where it stands; from part to part its direction, strength and colour vary a little, as does focus.
    """
    height, width = light.shape[:2]
    angle = rng.normal(-2.2, 0.18)
    slope = 0.18 * (1 + rng.normal(0, 0.25))
    x, y = coordinates(height, width)
    lamp = (x - width / 2) * np.float32(slope * np.cos(angle) / width)
    lamp += (y - height / 2) * np.float32(slope * np.sin(angle) / height) + 1
    lamp *= _vignette(height, width)
    drift = rng.normal(0, 0.006)
    gains = np.asarray([1 + drift, 1, 1 - drift], np.float32) * np.float32(245 * (1 + rng.normal(0, 0.015)))
    return soft(light * lamp[:, :, None] * gains, rng.uniform(0.45, 0.7))


def digitise(levels: Field, rng: np.random.Generator) -> Image:
    """Add the noise of the sensor to grey levels and round: (H, W, 3) uint8."""
    height, width = levels.shape[:2]
    read = np.sqrt(SHOT_NOISE**2 * np.maximum(levels, 0) + np.float32(READ_NOISE**2))
    for channel in range(3):
        read[:, :, channel] *= grain(rng, height, width)
    read += levels
    np.rint(read, out=read)
    return np.clip(read, 0, 255, out=read).astype(np.uint8)


@lru_cache(maxsize=8)
def _vignette(height: int, width: int) -> Field:
    x, y = coordinates(height, width)
    distance = ((x - width / 2) / width) ** 2 + ((y - height / 2) / height) ** 2
    return np.asarray(1 - np.float32(0.16) * distance, np.float32)
