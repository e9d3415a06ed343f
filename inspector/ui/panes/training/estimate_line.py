"""How long training would take with the present choices, and how much memory: worked out in the background."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.ui.context import AppContext
from inspector.ui.panes.training.wording import training_cost
from inspector.ui.texts import error_sentence
from inspector.ui.workers import JobQueue

if TYPE_CHECKING:
    from inspector.jobs.estimate import Pictures, TrainingEstimate


class EstimateLine(QWidget):
    """Hidden while there is nothing to tell. Learns from each training how fast this computer really is."""

    failed = Signal(object)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = context.settings
        self._newest: TrainingEstimate | None = None
        self._started_with: TrainingEstimate | None = None
        self.cost = QLabel(self)
        self.shortage = QLabel(self)
        self._queue = JobQueue("estimating", self)
        self._queue.done.connect(self._show)
        self._queue.failed.connect(self._fail)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(4)
        for label in (self.cost, self.shortage):
            label.setWordWrap(True)
            layout.addWidget(label)
        self.hide()

    def tell(self, found: Pictures, choices: Mapping[str, Any]) -> None:
        """Work it out for these pictures and fields of a `TrainingJob`, soon."""
        pace, wanted = self._settings.training_pace, dict(choices)
        self._queue.submit("estimate", lambda: _estimate(found, wanted, pace))

    def tell_nothing(self) -> None:
        """There is nothing to train on, or not with these choices."""
        self._queue.submit("estimate", _no_estimate)
        self._show(None, None)

    def training_started(self) -> None:
        """Remember what was said of it."""
        self._started_with = self._newest

    def training_ended(self, seconds: float) -> None:
        """Compare what was said with what it took."""
        from inspector.jobs.estimate import learned_pace

        if self._started_with is not None:
            pace = learned_pace(self._settings.training_pace, self._started_with.seconds, seconds)
            self._settings.training_pace = pace

    def close_down(self) -> None:
        """End the thread."""
        self._queue.clear()
        self._queue.close()

    @Slot(object, object)
    def _show(self, _: object, expected: TrainingEstimate | None) -> None:
        self._newest = expected
        self.setVisible(expected is not None)
        if expected is not None:
            self.cost.setText(training_cost(expected))
            self.shortage.setText(f"⚠ {error_sentence(expected.shortage)}" if expected.shortage else "")
            self.shortage.setVisible(expected.shortage is not None)

    @Slot(object, object)
    def _fail(self, _: object, error: BaseException) -> None:
        self._show(None, None)
        self.failed.emit(error)


def _estimate(found: Pictures, choices: dict[str, Any], pace: float) -> TrainingEstimate:
    """In the background, where imports and measuring this computer's speed may take their time."""
    from inspector.jobs.estimate import estimate, machine_speed
    from inspector.jobs.fitting import make_detector
    from inspector.jobs.train import TrainingJob

    job = TrainingJob(dataset=Path(), out=Path(), **choices)
    tiling = job.tiling.build() if job.tiling else None
    return estimate(make_detector(job), job.folds, found, machine_speed(), pace, tiling)


def _no_estimate() -> None:
    """Takes the place of an estimate that still waits."""
