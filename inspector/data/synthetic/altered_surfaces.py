"""Surfaces in many lights: the same few, altered at random, so that a network cannot learn them by heart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.data.synthetic.surfaces import Surfaces
from inspector.imaging.frame import Image

_AT_ONCE = 3
_BRIGHTER, _ADDED, _SHIFTED, _TURNED = 0.2, 30.0, 50, 45.0


class AlteredSurfaces(Surfaces):
    """Surfaces of another source after three of ten changes, as DRAEM (arXiv 2108.07610) makes them."""

    def __init__(self, source: Surfaces) -> None:
        self._source = source

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """See `Surfaces.draw`."""
        image = self._source.draw(rng, size)
        for place in rng.choice(len(CHANGES), _AT_ONCE, replace=False):
            image = CHANGES[place](rng, image)
        return image


def gamma(rng: np.random.Generator, image: Image) -> Image:
    """Contrast by a power of 0.5 to 2."""
    levels = np.arange(256) / 255
    return _looked_up(image, 255 * levels ** rng.uniform(0.5, 2.0))


def brightness(rng: np.random.Generator, image: Image) -> Image:
    """Times 0.8 to 1.2, and up to 30 more or less."""
    factor = rng.uniform(1 - _BRIGHTER, 1 + _BRIGHTER)
    return _looked_up(image, np.arange(256) * factor + rng.uniform(-_ADDED, _ADDED))


def sharpness(rng: np.random.Generator, image: Image) -> Image:
    """Blurred, or with its detail twice as strong, or between them."""
    blurred = cv2.GaussianBlur(image, (0, 0), 1.5)
    weight = rng.uniform(0, 2)
    return np.asarray(cv2.addWeighted(image, weight, blurred, 1 - weight, 0), np.uint8)


def hue_and_saturation(rng: np.random.Generator, image: Image) -> Image:
    """Other colours, stronger or weaker ones."""
    space = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.int16)
    hue, saturation = rng.integers(-_SHIFTED, _SHIFTED + 1, 2)
    space[..., 0] = (space[..., 0] + hue) % 180
    space[..., 1] = np.clip(space[..., 1] + saturation, 0, 255)
    return np.asarray(cv2.cvtColor(space.astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)


def solarised(rng: np.random.Generator, image: Image) -> Image:
    """Bright values turned over, half of the time."""
    levels = np.arange(256)
    limit = rng.integers(32, 129) if rng.random() < 0.5 else 256
    return _looked_up(image, np.where(levels < limit, levels, 255 - levels))


def posterised(rng: np.random.Generator, image: Image) -> Image:
    """Two to sixteen levels."""
    step = 256 / 2 ** rng.integers(1, 5)
    return _looked_up(image, (np.arange(256) // step + 0.5) * step)


def inverted(rng: np.random.Generator, image: Image) -> Image:
    """A negative."""
    return np.asarray(255 - image, np.uint8)


def stretched(rng: np.random.Generator, image: Image) -> Image:
    """Every channel from 0 to 255."""
    low, high = (np.asarray(end(image, axis=(0, 1)), np.float32) for end in (np.min, np.max))
    return np.asarray(np.rint((image - low) * (255 / np.maximum(high - low, 1))), np.uint8)


def equalised(rng: np.random.Generator, image: Image) -> Image:
    """Every level as often as any other."""
    return np.asarray(cv2.merge([cv2.equalizeHist(plane) for plane in cv2.split(image)]), np.uint8)


def turned(rng: np.random.Generator, image: Image) -> Image:
    """By up to 45 degrees, mirrored where nothing is left."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-_TURNED, _TURNED)), 1.0)
    return np.asarray(cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _looked_up(image: Image, levels: NDArray[Any]) -> Image:
    return np.asarray(cv2.LUT(image, np.clip(np.rint(levels), 0, 255).astype(np.uint8)), np.uint8)


Change = Callable[[np.random.Generator, Image], Image]
CHANGES: tuple[Change, ...] = (
    gamma, brightness, sharpness, hue_and_saturation, solarised, posterised, inverted, stretched, equalised, turned,
)  # fmt: skip
"""What `AlteredSurfaces` chooses from; each takes and gives (H, W, 3) uint8 BGR."""
