"""What synthetic defects are filled with: drawn surfaces, or pictures from a folder that somebody names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.data.layouts.files import is_image
from inspector.data.synthetic.textures import Gray, random_texture
from inspector.errors import DatasetError
from inspector.imaging.files import read_image
from inspector.imaging.frame import Image


class Surfaces(ABC):
    """Gives surfaces that have nothing to do with the product."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """Any one of them, (height, width, 3) uint8 BGR. Raises `ImageError` for a file that cannot be read."""


class DrawnSurfaces(Surfaces):
    """Procedural textures between two or three colours; needs nothing from outside."""

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """See `Surfaces.draw`."""
        side = max(size)
        texture = random_texture(rng, side)[: size[0], : size[1]]
        return np.asarray(np.rint(coloured(rng, texture) * 255), np.uint8)


class FolderSurfaces(Surfaces):
    """The pictures below a folder, as the Describable Textures data set that papers use; cut to the shape wanted."""

    def __init__(self, folder: Path) -> None:
        """Raises `DatasetError` `dataset_missing`, `dataset_no_images`."""
        if not folder.is_dir():
            raise DatasetError("dataset_missing", path=str(folder))
        self._paths = sorted(path for path in folder.rglob("*") if is_image(path))
        if not self._paths:
            raise DatasetError("dataset_no_images", path=str(folder))

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """See `Surfaces.draw`."""
        image = read_image(self._paths[int(rng.integers(len(self._paths)))])
        scale = max(size[0] / image.shape[0], size[1] / image.shape[1])
        larger = (max(round(image.shape[1] * scale), size[1]), max(round(image.shape[0] * scale), size[0]))
        resized = cv2.resize(image, larger, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return np.asarray(resized[: size[0], : size[1]], np.uint8)


def surfaces_from(folder: str) -> Surfaces:
    """Drawn ones for "", else those of a folder. Raises `DatasetError`."""
    return FolderSurfaces(Path(folder)) if folder else DrawnSurfaces()


def colour(rng: np.random.Generator) -> NDArray[np.float32]:
    """BGR in [0, 1]. Industrial surfaces are mostly gray; some are not."""
    saturation = rng.beta(0.6, 1.5)
    gray, hue = rng.uniform(0, 1), rng.uniform(0, 1, 3)
    return np.asarray(gray * (1 - saturation) + hue * saturation, np.float32)


def coloured(rng: np.random.Generator, texture: Gray) -> NDArray[np.float32]:
    """Spread a gray texture (height, width) in [0, 1] between two colours, half of the time between three;
    (height, width, 3) in [0, 1]."""
    first, last = colour(rng), colour(rng)
    image: NDArray[Any] = first + texture[..., None] * (last - first)
    if rng.random() < 0.5:
        bump = (4 * texture * (1 - texture))[..., None]
        image = image + bump * (colour(rng) - (first + last) / 2) * np.float32(0.7)
    return np.asarray(np.clip(image, 0, 1), np.float32)
