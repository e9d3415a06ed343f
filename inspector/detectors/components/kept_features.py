"""Frozen features of the training pictures, computed once and kept as far as memory allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from inspector.detectors.components.pictures import Pictures
from inspector.detectors.work import STORE_BYTES


class KeptFeatures:
    """`network` turns a batch of pictures (n, 3, H, W) into features (n, ...) and never changes; what does not fit into
    512 MB is computed again each time."""

    def __init__(self, network: Callable[[Tensor], Tensor], pictures: Pictures, capacity: int = STORE_BYTES) -> None:
        self._network = network
        self._pictures = pictures
        self._left = capacity
        self._kept: dict[int, Tensor] = {}

    def batch(self, indices: Sequence[int]) -> Tensor:
        """Features of these pictures, without gradients. Raises `Cancelled`."""
        return torch.cat([self._one(index) for index in indices])

    def _one(self, index: int) -> Tensor:
        if index in self._kept:
            return self._kept[index]
        with torch.no_grad():
            found = self._network(self._pictures.batch([index]))
        size = found.numel() * found.element_size()
        if size <= self._left:
            self._kept[index] = found
            self._left -= size
        return found
