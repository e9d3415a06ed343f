"""Slows a stream of news down to what a person can see."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot


class Throttle(QObject):
    """Passes on the first value at once, then at most one every `interval_ms`: the newest, and always the last.

    Without news no timer runs.
    """

    ready = Signal(object)

    def __init__(self, interval_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._interval = interval_ms
        self._since = QElapsedTimer()
        self._waiting: list[Any] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self.flush)

    @property
    def pending(self) -> bool:
        """True while a value waits for its turn."""
        return bool(self._waiting)

    def submit(self, value: Any) -> None:
        """Offer a value; one that still waits is replaced."""
        self._waiting = [value]
        if self._timer.isActive():
            return
        elapsed = self._since.elapsed() if self._since.isValid() else self._interval
        if elapsed >= self._interval:
            self.flush()
        else:
            self._timer.start(self._interval - elapsed)

    @Slot()
    def flush(self) -> None:
        """Pass on what waits, now."""
        self._timer.stop()
        if self._waiting:
            value = self._waiting.pop()
            self._since.start()
            self.ready.emit(value)

    def drop(self) -> None:
        """Forget what waits."""
        self._timer.stop()
        self._waiting.clear()
