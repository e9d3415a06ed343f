"""Real photographs as scenes beside the drawn ones: whoever has pictures that may be used puts them into a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.errors import TrainingError
from inspector.features.weights import file_sha256
from inspector.imaging.files import read_image
from inspector.imaging.frame import Image

_SUFFIXES = (".jpg", ".jpeg", ".png")
_LARGEST_REDUCTION = 3.0


class Photographs:
    """The pictures below a folder. Each is read once and kept: (H, W, 3) uint8."""

    def __init__(self, folder: Path) -> None:
        self._files = picture_files(folder)
        self._kept: dict[int, Image] = {}

    def scene(self, rng: np.random.Generator, side: int) -> NDArray[np.uint8]:
        """A square piece of any picture, (side, side, 3) uint8 BGR, up to three times reduced."""
        index = int(rng.integers(len(self._files)))
        if index not in self._kept:
            self._kept[index] = read_image(self._files[index])
        picture = self._kept[index]
        wanted = side * np.exp(rng.uniform(0, np.log(_LARGEST_REDUCTION)))
        cut = int(min(wanted, *picture.shape[:2]))
        top, left = (int(rng.integers(0, length - cut + 1)) for length in picture.shape[:2])
        piece = picture[top : top + cut, left : left + cut]
        method = cv2.INTER_AREA if cut > side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(piece, (side, side), interpolation=method), np.uint8)


def picture_files(folder: Path) -> list[Path]:
    """JPEG and PNG files below a folder, sorted. Raises `TrainingError` `pretraining_no_photographs`."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not files:
        raise TrainingError("pretraining_no_photographs", folder=folder)
    return files


def pictures_sha256(folder: Path) -> str:
    """One hash over all pictures, whatever they are called. Raises `TrainingError` `pretraining_no_photographs`."""
    hashes = sorted(file_sha256(path) for path in picture_files(folder))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
