"""The one path from a BGR crop to a network's input, shared by training and every engine.

Kept in numpy and OpenCV, so that a station without torch computes the very same input as training did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.frame import Image

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Resize to (`height`, `width`), BGR to RGB, scale to [0, 1], subtract `mean`, divide by `std` (RGB order).

    The whole crop is squeezed to the input size: nothing is cut away, so a defect at the border can still be found.
    Shrinking averages over areas (no aliasing), enlarging is bilinear.
    """

    height: int
    width: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    @property
    def scale(self) -> NDArray[np.float32]:
        """What 8-bit RGB values are divided by, (3,)."""
        return np.asarray(self.std, np.float32) * np.float32(255)

    @property
    def offset(self) -> NDArray[np.float32]:
        """What is subtracted afterwards, (3,)."""
        return np.asarray(np.asarray(self.mean, np.float32) / np.asarray(self.std, np.float32), np.float32)

    def resize(self, image: Image) -> Image:
        """(H, W, 3) uint8 BGR to (height, width, 3) uint8 BGR; the image itself where it has that size."""
        if image.shape[:2] == (self.height, self.width):
            return image
        shrinking = image.shape[0] * image.shape[1] > self.height * self.width
        interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
        return cv2.resize(image, (self.width, self.height), interpolation=interpolation)  # type: ignore[return-value]

    def apply(self, image: Image) -> NDArray[np.float32]:
        """(H, W, 3) uint8 BGR to (3, height, width) float32."""
        planes = np.empty((3, self.height, self.width), np.float32)
        self._fill(planes, image)
        return planes

    def batch(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Several crops of any size to (N, 3, height, width) float32."""
        batch = np.empty((len(images), 3, self.height, self.width), np.float32)
        for image, planes in zip(images, batch, strict=True):
            self._fill(planes, image)
        return batch

    def pixels(self, images: Sequence[Image]) -> NDArray[np.uint8]:
        """Several crops of any size to (N, height, width, 3) uint8 BGR, for networks that do the rest themselves."""
        return np.stack([self.resize(image) for image in images])

    def _fill(self, planes: NDArray[np.float32], image: Image) -> None:
        """Plane by plane, in place: three times a whole picture as float would cost more than all the rest."""
        for channel, plane in enumerate(reversed(cv2.split(self.resize(image)))):
            np.divide(plane, self.scale[channel], out=planes[channel])
            planes[channel] -= self.offset[channel]
