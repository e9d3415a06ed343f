"""Feature maps of the training pictures, which stay what they are: computed once where there is room to keep them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from inspector.detectors.components.batches import batch_size
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.work import STORE_BYTES
from inspector.errors import TrainingError
from inspector.tasks import CancelToken


class FrozenMaps:
    """What `features` makes of pictures, kept on their device up to `capacity` bytes; the rest is computed again each
    time. For methods that show a frozen network the same pictures again and again, unaltered."""

    def __init__(
        self,
        pictures: Pictures,
        features: Callable[[Tensor], list[Tensor]],
        cancel: CancelToken,
        capacity: int = STORE_BYTES,
    ) -> None:
        self._pictures = pictures
        self._features = features
        self._cancel = cancel
        self._left = capacity
        self._kept: dict[int, list[Tensor]] = {}

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        """Maps [(n, C_i, h_i, w_i), ...] of pictures by their indices. Raises `Cancelled`, and `TrainingError`
        `training_not_finite` if a value is not a number."""
        missing = [index for index in dict.fromkeys(indices) if index not in self._kept]
        step = batch_size(self._pictures.device)
        computed: dict[int, list[Tensor]] = {}
        for start in range(0, len(missing), step):
            self._cancel.raise_if_cancelled()
            some = missing[start : start + step]
            computed |= zip(some, self._computed(some), strict=True)
        chosen = [self._kept.get(index) or computed[index] for index in indices]
        return [torch.stack(maps) for maps in zip(*chosen, strict=True)]

    @torch.no_grad()
    def _computed(self, indices: list[int]) -> list[list[Tensor]]:
        maps = self._features(self._pictures.batch(indices))
        if not all(bool(torch.isfinite(item).all()) for item in maps):
            raise TrainingError("training_not_finite")
        # A part of a batch would hold the whole batch.
        each = [[item[place].clone() for item in maps] for place in range(len(indices))]
        size = sum(item.numel() * item.element_size() for item in each[0])
        for index, found in zip(indices, each, strict=True):
            if size <= self._left:
                self._kept[index] = found
                self._left -= size
        return each
