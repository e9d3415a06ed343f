"""Progress and cancellation for long work: plain functions take both, whoever calls them decides how they are shown."""

from __future__ import annotations

import threading
from typing import Protocol

from inspector.errors import Cancelled


class Progress(Protocol):
    """How far long work has come.

    `done` of `total` counts within the named stage (`total` 0: unknown); `stage` is one of `messages.STAGES`; `value`
    is the figure a live plot may follow in that stage: a loss, a covering radius, a score.
    """

    def __call__(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        """Tell where the work stands."""


def no_progress(done: int, total: int, stage: str, value: float | None = None) -> None:
    """Ignore progress."""


class CancelToken:
    """A flag that one thread sets and long work in another looks at; checking costs nothing worth counting."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next check."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """True once `cancel` was called."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` if asked to stop; call it at least every fraction of a second."""
        if self._event.is_set():
            raise Cancelled
