"""A piece of a good picture pasted elsewhere in it: CutPaste's defects (arXiv 2104.04015)."""

from __future__ import annotations

import math

import cv2
import numpy as np

from inspector.data.synthetic.perlin import Blotches
from inspector.imaging.frame import Image

JITTER = 0.1
"""By so much the colours of pieces change, and those of whole pictures in training."""

_AREA, _ASPECT = (0.02, 0.15), (0.3, 3.3)
_SCAR_WIDTH, _SCAR_LENGTH, _SCAR_SIDE = (2, 16), (10, 25), 256
"""Pixels of a scar in a picture whose smaller side is `_SCAR_SIDE`."""
_SCAR_ANGLE = 45.0


def with_patch(rng: np.random.Generator, image: Image) -> tuple[Image, Blotches]:
    """A copy of a picture (H, W, 3) uint8 BGR, of at least 16x16 pixels, in which an upright piece of 2 to 15 % of its
    area is pasted at another place; and where, (H, W) bool."""
    height, width = image.shape[:2]
    area = rng.uniform(*_AREA) * height * width
    aspect = math.exp(rng.uniform(*np.log(_ASPECT)))
    tall = min(max(round(math.sqrt(area / aspect)), 1), height)
    wide = min(max(round(math.sqrt(area * aspect)), 1), width)
    piece = jittered(rng, _cut(rng, image, tall, wide))
    return _pasted(rng, image, piece, np.ones((tall, wide), np.bool_))


def with_scar(rng: np.random.Generator, image: Image) -> tuple[Image, Blotches]:
    """As `with_patch`, with a small, long piece turned by up to 45 degrees; its size grows with the picture's smaller
    side, so that it has room in any shape."""
    scale = min(image.shape[:2]) / _SCAR_SIDE
    wide, tall = (max(round(rng.uniform(*span) * scale), 1) for span in (_SCAR_WIDTH, _SCAR_LENGTH))
    piece = jittered(rng, _cut(rng, image, tall, wide))
    return _pasted(rng, image, *_turned(piece, rng.uniform(-_SCAR_ANGLE, _SCAR_ANGLE)))


def jittered(rng: np.random.Generator, image: Image, amount: float = JITTER) -> Image:
    """A copy of (H, W, 3) uint8 BGR with brightness, contrast, saturation and hue changed by at most this share each;
    the hue of its circle."""
    brightness, contrast, saturation = rng.uniform(1 - amount, 1 + amount, 3).astype(np.float32)
    value = image.astype(np.float32) / 255 * brightness
    middle = cv2.cvtColor(value, cv2.COLOR_BGR2GRAY).mean()
    value = middle + (value - middle) * contrast
    gray = cv2.cvtColor(value, cv2.COLOR_BGR2GRAY)[..., None]
    hsv = cv2.cvtColor(np.clip(gray + (value - gray) * saturation, 0, 1), cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0] + 360 * rng.uniform(-amount, amount)) % 360
    return np.asarray(np.rint(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR) * 255), np.uint8)


def _cut(rng: np.random.Generator, image: Image, tall: int, wide: int) -> Image:
    top, left = _corner(rng, image, tall, wide)
    return image[top : top + tall, left : left + wide]


def _pasted(rng: np.random.Generator, image: Image, piece: Image, shape: Blotches) -> tuple[Image, Blotches]:
    """`piece` (h, w, 3) laid over a copy where its `shape` (h, w) is true, at any place where all of it fits."""
    tall, wide = shape.shape
    top, left = _corner(rng, image, tall, wide)
    altered, where = image.copy(), np.zeros(image.shape[:2], np.bool_)
    where[top : top + tall, left : left + wide] = shape
    altered[where] = piece[shape]
    return altered, where


def _corner(rng: np.random.Generator, image: Image, tall: int, wide: int) -> tuple[int, int]:
    return int(rng.integers(image.shape[0] - tall + 1)), int(rng.integers(image.shape[1] - wide + 1))


def _turned(piece: Image, degrees: float) -> tuple[Image, Blotches]:
    """A piece turned about its middle on a square that holds it at any angle, and where on that square it is."""
    tall, wide = piece.shape[:2]
    side = math.ceil(math.hypot(tall, wide)) + 1
    matrix = cv2.getRotationMatrix2D(((wide - 1) / 2, (tall - 1) / 2), degrees, 1.0)
    matrix[:, 2] += (side - wide) // 2, (side - tall) // 2  # whole pixels, or a piece of one pixel falls between four

    def turn(value: Image) -> Image:
        return np.asarray(cv2.warpAffine(value, matrix, (side, side), flags=cv2.INTER_NEAREST), np.uint8)

    return turn(piece), turn(np.ones((tall, wide), np.uint8)) > 0
