"""From the station's delivery thread into the window's thread, no faster than a person can see."""

from __future__ import annotations

import threading
from collections import deque

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from inspector.station.inspection import Inspection
from inspector.station.status import LoopStatus
from inspector.ui.panes.inspection.parts import LivePart, Look, live_part

INTERVAL_MS = 33
STRIP = 16
"""Parts that are kept to be looked at again."""
RECENT_SCORES = 500


class LiveBridge(QObject):
    """A listener of the inspection loop. Its thread shrinks and draws; the window's thread fetches the result by a
    timer, so it has at most 30 updates per second to show, each with the parts that came since the last one.

    All signals are sent in the window's thread.
    """

    parts_arrived = Signal(list)
    """The newest `LivePart`s, oldest first, at most `STRIP`."""
    status_arrived = Signal(object)
    """A `LoopStatus`; none is left out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._parts: deque[LivePart] = deque(maxlen=STRIP)
        self._statuses: deque[LoopStatus] = deque()
        self._scores: deque[float] = deque(maxlen=RECENT_SCORES)
        self._look = Look()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.pull)

    def start(self) -> None:
        """Begin to fetch, with nothing left from the run before."""
        with self._lock:
            self._parts.clear()
            self._statuses.clear()
            self._scores.clear()
        self._timer.start()

    def stop(self) -> None:
        """Fetch what is left and end."""
        self._timer.stop()
        self.pull()

    def set_look(self, look: Look) -> None:
        """How the parts to come are drawn."""
        self._look = look

    def scores(self) -> list[float]:
        """Raw scores of the last parts."""
        with self._lock:
            return list(self._scores)

    def inspected(self, inspection: Inspection) -> None:
        """Called in the delivery thread."""
        part = live_part(inspection).drawn_as(self._look)
        with self._lock:
            self._parts.append(part)
            if part.score is not None:
                self._scores.append(part.score)

    def status_changed(self, status: LoopStatus) -> None:
        """Called in the delivery thread."""
        with self._lock:
            self._statuses.append(status)

    @Slot()
    def pull(self) -> None:
        """Hand over what has come."""
        with self._lock:
            parts, statuses = list(self._parts), list(self._statuses)
            self._parts.clear()
            self._statuses.clear()
        for status in statuses:
            self.status_arrived.emit(status)
        if parts:
            self.parts_arrived.emit(parts)
