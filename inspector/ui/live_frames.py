"""Frames of a camera for a person to look at: read in a background thread, shown at the pace of a screen."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from inspector.cameras.base import CameraSource, EndOfSource
from inspector.errors import CameraError, Cancelled
from inspector.imaging.frame import Frame
from inspector.tasks import CancelToken, Progress
from inspector.ui.workers import TaskRunner

SHOWN_EVERY_MS = 33
BRIDGED_S = 5.0
"""A source that stays silent for longer is given up; shorter gaps are waited for."""


class LiveFrames(QObject):
    """`frame` brings the newest frame at most thirty times a second."""

    frame = Signal(object)
    ended = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = TaskRunner(self)
        self.runner.result.connect(self._ended)
        self.runner.failed.connect(self.failed)
        self.runner.finished.connect(self._finished)
        self._slot = _NewestFrame()
        self._timer = QTimer(self)
        self._timer.setInterval(SHOWN_EVERY_MS)
        self._timer.timeout.connect(self._show)
        self._next: tuple[CameraSource, float] | None = None

    @property
    def running(self) -> bool:
        """True while a source is open or being opened."""
        return self.runner.running

    def start(self, source: CameraSource, read_timeout: float) -> None:
        """Show a source, after the one before was closed."""
        self._next = (source, read_timeout)
        if self.runner.running:
            self.runner.cancel()
        else:
            self._begin()

    def stop(self) -> None:
        """Close the source soon, without waiting."""
        self._next = None
        self.runner.cancel()

    def close(self) -> None:
        """Close the source and wait for it."""
        self._next = None
        self._timer.stop()
        self.runner.stop()

    def _begin(self) -> None:
        if self._next is not None:
            source, timeout = self._next
            self._next = None
            self._slot = _NewestFrame()
            self.runner.start(_reading(source, timeout, self._slot))
            self._timer.start()

    @Slot()
    def _show(self) -> None:
        newest = self._slot.take()
        if newest is not None:
            self.frame.emit(newest)

    @Slot(object)
    def _ended(self, _: object) -> None:
        self.ended.emit()

    @Slot()
    def _finished(self) -> None:
        self._timer.stop()
        self._show()
        self._begin()


class _NewestFrame:
    """One frame between two threads; a newer one replaces it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: Frame | None = None

    def put(self, frame: Frame) -> None:
        with self._lock:
            self._frame = frame

    def take(self) -> Frame | None:
        with self._lock:
            frame, self._frame = self._frame, None
        return frame


def _reading(source: CameraSource, timeout: float, slot: _NewestFrame) -> Callable[[Progress, CancelToken], None]:
    def task(progress: Progress, cancel: CancelToken) -> None:
        from inspector.cameras.registry import open_camera

        # Cancel has to be answered within a second, so single reads are short and silence is counted here.
        reads = max(round(BRIDGED_S / min(timeout, 0.5)), 1)
        silent = 0
        with open_camera(source, read_timeout=min(timeout, 0.5)) as camera:
            while not cancel.cancelled:
                try:
                    slot.put(camera.read())
                    silent = 0
                except EndOfSource:
                    return
                except CameraError as error:
                    silent += 1
                    if error.code not in ("camera_timeout", "camera_bad_frame") or silent >= reads:
                        raise
        raise Cancelled

    return task
