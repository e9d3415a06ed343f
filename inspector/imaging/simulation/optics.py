"""The simulated camera: uneven light, drifting colour, a lens that is never quite sharp, sensor noise."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from inspector.imaging.frame import Image
from inspector.imaging.simulation.scene import Field
from inspector.imaging.simulation.texture import coordinates

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
    slope = 0.09 * (1 + rng.normal(0, 0.25))
    x, y = coordinates(height, width)
    across = (x - width / 2) * np.float32(np.cos(angle) / width) + (y - height / 2) * np.float32(np.sin(angle) / height)
    lamp = (1 + 2 * np.float32(slope) * across) * _vignette(height, width)
    drift = rng.normal(0, 0.012)
    exposure = 245 * (1 + rng.normal(0, 0.015))
    gains = np.asarray([1 + drift, 1, 1 - drift], np.float32) * np.float32(exposure)
    seen = light * lamp[:, :, None] * gains
    sigma = rng.uniform(0.45, 0.7)
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), sigma), np.float32)


def digitise(levels: Field, rng: np.random.Generator) -> Image:
    """Add the noise of the sensor to grey levels and round: (H, W, 3) uint8."""
    noise = rng.standard_normal(levels.shape, dtype=np.float32)
    spread = np.sqrt(READ_NOISE**2 + SHOT_NOISE**2 * np.maximum(levels, 0))
    noise *= spread
    noise += levels
    np.rint(noise, out=noise)
    return np.clip(noise, 0, 255, out=noise).astype(np.uint8)


@lru_cache(maxsize=8)
def _vignette(height: int, width: int) -> Field:
    x, y = coordinates(height, width)
    distance = ((x - width / 2) / width) ** 2 + ((y - height / 2) / height) ** 2
    return np.asarray(1 - np.float32(0.16) * distance, np.float32)
