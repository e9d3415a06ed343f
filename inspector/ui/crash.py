"""The last line of defence: errors that nobody caught, in any thread, reach a dialog in the window's thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QWidget

from inspector.logs import Logging
from inspector.ui.errors import show_crash


class CrashReporter(QObject):
    """Stands between the log's hooks, which are called in the thread of the error, and the window."""

    _happened = Signal(object)

    def __init__(self, log: Logging, window: QWidget) -> None:
        super().__init__(window)
        self._log = log
        self._window = window
        self._dialog: QDialog | None = None
        self._happened.connect(self._show)
        log.on_unexpected = self._receive

    def detach(self) -> None:
        """Listen no more; the log goes on."""
        self._log.on_unexpected = None

    def _receive(self, error: BaseException, _: str) -> None:
        self._happened.emit(error)

    @Slot(object)
    def _show(self, error: BaseException) -> None:
        self._dialog = show_crash(self._window, error)
