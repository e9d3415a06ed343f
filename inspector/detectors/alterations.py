"""Altered copies of good pictures: what few-shot methods learn from beside the pictures themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from inspector.imaging.frame import Image

_TURNS = tuple(sign * step * math.pi / 16 for step in range(1, 5) for sign in (-1, 1))
_SHIFTS = tuple(
    (sign * share * across, sign * share * (1 - across))
    for share in (0.1, 0.2)
    for across in (0, 1)
    for sign in (-1, 1)
)


def copies(image: Image, *, small: bool) -> Iterator[Image]:
    """Copies of a picture (H, W, 3) at its size: turned by up to 45 degrees and moved by up to 20 %, eight each; unless
    `small`, also mirrored, in grey, and turned by quarters: `ALL_COPIES` and `SMALL_COPIES`."""
    for angle in _TURNS:
        yield moved(image, angle=angle)
    for shift in _SHIFTS:
        yield moved(image, shift=shift)
    if small:
        return
    yield np.ascontiguousarray(image[:, ::-1])
    yield np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
    for quarters in range(1, 4):
        turned = np.ascontiguousarray(np.rot90(image, quarters))
        yield np.asarray(cv2.resize(turned, image.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)


SMALL_COPIES = len(_TURNS) + len(_SHIFTS)
ALL_COPIES = SMALL_COPIES + 5


def moved(image: Image, *, angle: float = 0.0, scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> Image:
    """Turned about its middle (radians), enlarged, and moved by shares of its width and height; the border goes on."""
    height, width = image.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, math.degrees(angle), scale)
    matrix[:, 2] += np.array(shift) * (width, height)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
