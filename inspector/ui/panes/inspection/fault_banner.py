"""What stands between the operator and the next verdict: a sentence, what to do, and when it is tried again."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from inspector.errors import InspectorError
from inspector.ui.texts import error_sentence
from inspector.ui.theme import set_role

_TICK_MS = 250


class FaultBanner(QFrame):
    """Shown as long as the fault lasts; nobody can close it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._retry_at: float | None = None
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.retry = QLabel(self)
        set_role(self.retry, "heading")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(16)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.retry)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._count_down)
        set_role(self, "error")
        self.hide()

    def show_fault(self, fault: InspectorError, retry_at: float | None = None) -> None:
        """Tell what is wrong; `retry_at` (monotonic seconds) is when the source is tried again."""
        self.text.setText(error_sentence(fault))
        self._retry_at = retry_at
        self.retry.setVisible(retry_at is not None)
        self._count_down()
        if retry_at is not None:
            self._timer.start()
        else:
            self._timer.stop()
        self.show()

    def clear(self) -> None:
        """All is well."""
        self._timer.stop()
        self.hide()

    @Slot()
    def _count_down(self) -> None:
        if self._retry_at is None:
            return
        left = math.ceil(self._retry_at - time.monotonic())
        if left > 0:
            self.retry.setText(self.tr("Reconnecting in {n} s").format(n=left))
        else:
            self.retry.setText(self.tr("Reconnecting…"))
