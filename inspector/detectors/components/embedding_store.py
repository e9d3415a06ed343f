"""Embedded pictures kept from fitting for cross-validation, so that each goes through the backbone once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.detectors.work import STORE_BYTES

_FREE_SHARE = 4


class EmbeddingStore:
    """Bounded: `STORE_BYTES`, and a quarter of the memory that is free when it is made; what comes later is not kept.

    A picture is known by the very values the network is given, not by its place in a list. One store belongs to one
    network.
    """

    def __init__(self, capacity: int | None = None) -> None:
        """`capacity` in bytes; None: as above."""
        free = psutil.virtual_memory().available // _FREE_SHARE
        self._left = min(STORE_BYTES, free) if capacity is None else capacity
        self._kept: dict[bytes, Tensor] = {}

    def find(self, inputs: Sequence[NDArray[np.float32]]) -> Tensor | None:
        """The embedded batch of these network inputs (3, H, W), or None where one of them is not kept."""
        found = [self._kept.get(_key(item)) for item in inputs]
        kept = [item for item in found if item is not None]
        return torch.stack(kept) if len(kept) == len(inputs) else None

    def keep(self, inputs: Sequence[NDArray[np.float32]], embedded: Tensor) -> None:
        """Keep what was computed of these inputs, (N, h, w, C), as far as there is room."""
        for item, result in zip(inputs, embedded, strict=True):
            size = result.numel() * result.element_size()
            if size <= self._left and (key := _key(item)) not in self._kept:
                self._kept[key] = result.clone()  # a part of a batch would hold the whole batch
                self._left -= size


def _key(values: NDArray[np.float32]) -> bytes:
    return blake2b(np.ascontiguousarray(values).data, digest_size=16).digest()
