"""Guards of the grab thread: how long to wait before a source is opened again, and whether its image is frozen."""

from __future__ import annotations

import numpy as np

from inspector.imaging.frame import Image

_COARSE = 16
"""Rows and columns skipped by the first look: frames of a running camera differ there already."""


class Backoff:
    """Waiting times that double from `first` to `longest` seconds until `reset`."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def next(self) -> float:
        """Seconds to wait before the coming attempt."""
        delay = self._next
        self._next = min(delay * 2, self._longest)
        return delay

    def reset(self) -> None:
        """The source is well again."""
        self._next = self._first


class FreezeGuard:
    """Notices a live source that repeats one image: a sensor's noise never gives the same bytes `limit` times.

    What it saw survives reopening the source, so that a source which stays frozen is noticed at its first frame.
    """

    def __init__(self, limit: int) -> None:
        if limit < 2:
            raise ValueError(f"one frame alone ({limit}) cannot repeat itself")
        self._limit = limit
        self._last: Image | None = None
        self._same = 0

    def frozen(self, pixels: Image) -> bool:
        """True from the `limit`-th identical frame in a row on."""
        repeated = self._last is not None and _identical(self._last, pixels)
        self._same = self._same + 1 if repeated else 1
        self._last = pixels
        return self._same >= self._limit


def _identical(first: Image, second: Image) -> bool:
    if first is second:
        return True
    if first.shape != second.shape:
        return False
    coarse = np.array_equal(first[::_COARSE, ::_COARSE], second[::_COARSE, ::_COARSE])
    return coarse and np.array_equal(first, second)
