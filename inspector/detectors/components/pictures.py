"""The good pictures as a network takes them, in any order and as often as training wants them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken

_CAPACITY = 512 << 20


class Pictures:
    """Pictures brought to the input size, kept as bytes up to 512 MB; what does not fit is read again each time."""

    def __init__(
        self,
        images: Sequence[Image],
        preprocessing: Preprocessing,
        device: torch.device,
        cancel: CancelToken,
        capacity: int = _CAPACITY,
    ) -> None:
        self.preprocessing = preprocessing
        self.device = device
        self._images = images
        self._cancel = cancel
        self._kept: dict[int, Image] = {}
        self._room = capacity // (3 * preprocessing.height * preprocessing.width)

    def __len__(self) -> int:
        return len(self._images)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the network's input."""
        return self.preprocessing.height, self.preprocessing.width

    def resized(self, index: int) -> Image:
        """One picture at the input size, (height, width, 3) uint8 BGR; not to be written to. Raises `Cancelled`."""
        if index in self._kept:
            return self._kept[index]
        self._cancel.raise_if_cancelled()
        found = self.preprocessing.resize(self._images[index])
        if len(self._kept) < self._room:
            self._kept[index] = found
        return found

    def batch(self, indices: Iterable[int]) -> Tensor:
        """Pictures as the network takes them, (n, 3, height, width) float32, normalised, on the device."""
        return self.normalised([self.resized(index) for index in indices])

    def normalised(self, pixels: Sequence[Image]) -> Tensor:
        """Any (height, width, 3) uint8 BGR pictures, for instance altered ones, as `batch` gives them."""
        return torch.from_numpy(self.preprocessing.batch(pixels)).to(self.device)

    def unit(self, indices: Iterable[int]) -> Tensor:
        """Pictures as (n, 3, height, width) float32 RGB in [0, 1], not normalised, on the device."""
        return self.as_unit([self.resized(index) for index in indices])

    def as_unit(self, pixels: Sequence[Image]) -> Tensor:
        """Any uint8 BGR pictures of one size, whichever, as `unit` gives them."""
        stacked: NDArray[np.uint8] = np.stack(pixels)
        return torch.from_numpy(stacked).to(self.device).permute(0, 3, 1, 2).flip(1).float() / 255

    def from_unit(self, unit: Tensor) -> Tensor:
        """RGB in [0, 1] normalised as the network wants it."""
        mean = unit.new_tensor(self.preprocessing.mean)[:, None, None]
        std = unit.new_tensor(self.preprocessing.std)[:, None, None]
        return (unit - mean) / std
