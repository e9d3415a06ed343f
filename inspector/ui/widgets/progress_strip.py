"""One line about running work: stage, bar, time left and a cancel button."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from inspector.ui.estimate import Estimate
from inspector.ui.texts import duration, number, stage_name
from inspector.ui.theme import TOUCH
from inspector.ui.throttle import Throttle
from inspector.ui.workers import TaskRunner

INTERVAL_MS = 100


@dataclass(frozen=True, slots=True)
class _News:
    done: int
    total: int
    stage: str


class ProgressStrip(QWidget):
    """Shows itself while its `TaskRunner` works. Redraws at most ten times a second, however fast progress comes."""

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._estimate = Estimate()
        self._throttle = Throttle(INTERVAL_MS, self)
        self._stage = QLabel(self)
        self._count = QLabel(self)
        self._count.setProperty("role", "muted")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._cancel.setMinimumHeight(TOUCH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(14)
        layout.addWidget(self._stage)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._count)
        layout.addWidget(self._cancel)
        self._throttle.ready.connect(self._show)
        self._cancel.clicked.connect(self._ask_to_cancel)
        runner.started.connect(self._begin)
        runner.progress.connect(self._receive)
        runner.finished.connect(self._end)
        self.setVisible(runner.running)

    @property
    def cancel_button(self) -> QPushButton:
        """Asks the work to stop."""
        return self._cancel

    @Slot()
    def _begin(self) -> None:
        self._estimate = Estimate()
        self._stage.setText(self.tr("Starting…"))
        self._count.clear()
        self._bar.setRange(0, 0)
        self._cancel.setEnabled(True)
        self.show()

    @Slot(int, int, str, object)
    def _receive(self, done: int, total: int, stage: str, value: object) -> None:
        self._throttle.submit(_News(done, total, stage))

    @Slot(object)
    def _show(self, news: _News) -> None:
        left = self._estimate.update(time.monotonic(), news.stage, news.done, news.total)
        if self._cancel.isEnabled():
            self._stage.setText(stage_name(news.stage))
        # A bar counts in int32; bytes of a download do not fit.
        self._bar.setRange(0, 1000 if news.total > 0 else 0)
        self._bar.setValue(min(1000 * news.done // news.total, 1000) if news.total > 0 else 0)
        self._count.setText(self._counted(news, left))

    def _counted(self, news: _News, left: float | None) -> str:
        parts = []
        if 1 < news.total < 1_000_000:
            parts.append(self.tr("{done} of {total}").format(done=number(news.done), total=number(news.total)))
        if left is not None and news.done < news.total:
            parts.append(self.tr("about {time} left").format(time=duration(left)))
        return " · ".join(parts)

    @Slot()
    def _ask_to_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self._stage.setText(self.tr("Cancelling…"))
        self._runner.cancel()

    @Slot()
    def _end(self) -> None:
        self._throttle.drop()
        self.hide()
