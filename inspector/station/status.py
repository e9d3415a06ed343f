"""What the inspection loop is doing: a few facts from its threads, and the one state that follows from them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from inspector.errors import InspectorError


class State(StrEnum):
    """STARTING: engine and source are being opened. RECONNECTING: the source is lost and tried again. ENDED: a finite
    source has no more frames. FAILED: it cannot go on; start it again once the cause is removed."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"


FINAL = (State.STOPPED, State.ENDED, State.FAILED)
"""States that only a new loop leaves; STOPPED may still follow the other two."""


@dataclass(frozen=True, slots=True)
class LoopStatus:
    """State, the fault behind RECONNECTING or FAILED, and when (monotonic seconds) the source is tried again."""

    state: State
    fault: InspectorError | None = None
    retry_at: float | None = None


class StatusBoard:
    """Where the loop's threads pin what they know; `changed` is called once for each new status, in order."""

    def __init__(self, changed: Callable[[LoopStatus], None]) -> None:
        self._changed = changed
        self._lock = threading.RLock()
        self._status = LoopStatus(State.STOPPED)
        self._engine_ready = False
        self._source_open = False

    @property
    def status(self) -> LoopStatus:
        """The newest status."""
        with self._lock:
            return self._status

    def starting(self) -> None:
        """The loop was started."""
        with self._lock:
            self._show(LoopStatus(State.STARTING))

    def engine_ready(self) -> None:
        """The engine is loaded."""
        with self._lock:
            self._engine_ready = True
            if self._status.state is State.STARTING:
                self._show_health()

    def source_open(self) -> None:
        """The source delivers, for the first time or again."""
        with self._lock:
            self._source_open = True
            self._show_health()

    def source_lost(self, fault: InspectorError, retry_at: float | None) -> None:
        """The source does not deliver; `retry_at` is None while it is being waited for."""
        with self._lock:
            self._source_open = False
            self._show(LoopStatus(State.RECONNECTING, fault, retry_at))

    def ended(self) -> None:
        """All frames of a finite source were judged."""
        with self._lock:
            self._show(LoopStatus(State.ENDED))

    def failed(self, fault: InspectorError) -> None:
        """The loop cannot go on; the first reason stays."""
        with self._lock:
            self._show(LoopStatus(State.FAILED, fault))

    def stopped(self) -> None:
        """The loop was stopped; valid from every state."""
        with self._lock:
            self._status = LoopStatus(State.STOPPED)
            self._changed(self._status)

    def _show_health(self) -> None:
        ready = self._engine_ready and self._source_open
        self._show(LoopStatus(State.RUNNING if ready else State.STARTING))

    def _show(self, status: LoopStatus) -> None:
        starts = status.state is State.STARTING and self._status.state is State.STOPPED
        if status == self._status or (self._status.state in FINAL and not starts):
            return
        self._status = status
        self._changed(status)
