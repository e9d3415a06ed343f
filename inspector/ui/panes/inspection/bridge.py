"""From the station's delivery threads into the window's thread, no faster than a person can see."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from inspector.imaging.frame import Frame, Image
from inspector.station.clock import Clock
from inspector.station.inspection import Inspection
from inspector.station.mailbox import Mailbox
from inspector.station.status import LoopStatus
from inspector.ui.panes.inspection.parts import PICTURE_SIDE, LivePart, Look, fitted, live_part

INTERVAL_MS = 33
STRIP = 16
"""Parts that are kept to be looked at again."""
RECENT_SCORES = 500


STALE_S = 1.0
"""A camera that delivers nothing for so long has no live picture any more."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Ready to be shown; `at` is when it was captured, in monotonic seconds."""

    pixels: Image
    at: float


class LiveBridge(QObject):
    """A listener and the viewer of the inspection loop. Their threads shrink and draw; the window's thread fetches the
    result by a timer, so it has at most 30 updates per second to show, each with the parts that came since the last one
    and the newest picture of the camera.

    All signals are sent in the window's thread.
    """

    parts_arrived = Signal(list)
    """The newest `LivePart`s, oldest first, at most `STRIP`."""
    status_arrived = Signal(object)
    """A `LoopStatus`; none is left out."""
    picture_arrived = Signal(object)
    """The camera's newest picture (BGR) while somebody watches; None once when it delivers no more."""

    def __init__(self, parent: QObject | None = None, clock: Clock | None = None) -> None:
        super().__init__(parent)
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._parts: deque[LivePart] = deque(maxlen=STRIP)
        self._statuses: deque[LoopStatus] = deque()
        self._scores: deque[float] = deque(maxlen=RECENT_SCORES)
        self._look = Look()
        self._watching = False
        self._picture: Mailbox[_Picture] = Mailbox()
        self._shown_at: float | None = None
        """When the picture that is shown was captured; None while there is none."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.pull)

    def start(self) -> None:
        """Begin to fetch, with nothing left from the run before."""
        with self._lock:
            self._parts.clear()
            self._statuses.clear()
            self._scores.clear()
        self._picture.clear()
        self._shown_at = None
        self._timer.start()

    def stop(self) -> None:
        """Fetch what is left and end."""
        self._timer.stop()
        self.pull()

    def set_look(self, look: Look) -> None:
        """How the parts to come are drawn."""
        self._look = look

    def set_watching(self, watching: bool) -> None:
        """Whether anybody wants to see the camera's pictures."""
        self._watching = watching
        self._picture.clear()
        self._shown_at = None

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

    def frame_seen(self, frame: Frame) -> None:
        """Called in the viewing thread."""
        if self._watching:
            self._picture.put(_Picture(fitted(frame.pixels, PICTURE_SIDE), frame.monotonic))

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
        self._pull_picture()

    def _pull_picture(self) -> None:
        oldest = self._clock.now() - STALE_S
        picture = self._picture.get(0)
        if not self._watching:
            return  # one that was on its way when nobody watched any more
        if picture is not None and picture.at > oldest:
            self._shown_at = picture.at
            self.picture_arrived.emit(picture.pixels)
        elif self._shown_at is not None and self._shown_at <= oldest:
            self._shown_at = None
            self.picture_arrived.emit(None)
