"""Beside the histogram: what the thresholds decide about known images, live, and methods that propose a threshold."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.evaluation.calibration import DEFAULT_TARGET_REJECT_RATE
from inspector.evaluation.intervals import Rate
from inspector.evaluation.judge import Thresholds
from inspector.runtime.manifest import ThresholdPart
from inspector.ui.panes.training.evidence import Evidence
from inspector.ui.panes.training.wording import in_sample_warning, rate_count, rate_interval, threshold_origin
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.parameter_editors import WheelGuard


class _RateRow(QWidget):
    """One rate: what, how many of how many, and between what it really lies."""

    def __init__(self, title: str, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.count = QLabel(self)
        self.count.setProperty("role", "heading")
        self.interval = QLabel(self)
        self.interval.setProperty("role", "muted")
        caption = QLabel(title, self)
        self.setToolTip(hint)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(0)
        layout.addWidget(caption, 0, 0)
        layout.addWidget(self.count, 0, 1, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.interval, 1, 0, 1, 2)
        layout.setColumnStretch(0, 1)

    def show_rate(self, rate: Rate) -> None:
        """Show k of n with the interval."""
        self.count.setText(rate_count(rate))
        self.interval.setText(rate_interval(rate))


class FiguresPanel(QWidget):
    """`proposed` carries a `ThresholdPart` from a calibration method, `failed` why there is none."""

    proposed = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evidence: Evidence | None = None
        self.escapes = _RateRow(
            self.tr("Defects accepted"), self.tr("Escapes: pictures labelled as defect that would pass."), self
        )
        self.held_out = _RateRow(
            self.tr("Good rejected, held out"),
            self.tr("Overkill among good pictures that training has never seen."),
            self,
        )
        self.learned = _RateRow(
            self.tr("Good rejected, cross-validated"),
            self.tr("Overkill among good pictures that were learned from, each scored by a model without it."),
            self,
        )
        self.reviewed = _RateRow(self.tr("For review"), self.tr("Parts of either kind that a person decides on."), self)
        self._origin = _muted(self)
        self._warning = _muted(self)
        self.target = self._make_target()
        self.from_good = self._make_button(self.tr("From good parts"), self._propose_from_good)
        self.best_f1 = self._make_button(self.tr("Best F1"), self._propose_best_f1)
        self.no_escape = self._make_button(self.tr("No escape"), self._propose_no_escape)
        self._lay_out()

    def set_evidence(self, evidence: Evidence) -> None:
        """Judge these scores from now on."""
        self._evidence = evidence
        has_good, has_defect = len(evidence.good) > 0, len(evidence.defect) > 0
        self.from_good.setEnabled(has_good)
        for button in (self.best_f1, self.no_escape):
            button.setEnabled(has_good and has_defect)
        self.held_out.setVisible(len(evidence.held_out) > 0)
        self.learned.setVisible(len(evidence.learned) > 0)

    def show_thresholds(self, review: float, fail: float) -> None:
        """Say what these thresholds decide."""
        if self._evidence is None:
            return
        judged = self._evidence.judged(Thresholds(review, fail))
        self.escapes.show_rate(judged.escapes)
        self.held_out.show_rate(judged.overkill_held_out)
        self.learned.show_rate(judged.overkill_learned)
        self.reviewed.show_rate(judged.reviewed)
        self.reviewed.setVisible(review < fail)

    def show_origin(self, part: ThresholdPart) -> None:
        """Say how the thresholds came about."""
        self._origin.setText(threshold_origin(part))
        warning = in_sample_warning(part)
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.from_good, 1)
        first.addWidget(self.target)
        second.addWidget(self.best_f1)
        second.addWidget(self.no_escape)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.escapes, self.held_out, self.learned, self.reviewed, self._origin, self._warning):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(QLabel(self.tr("Propose a threshold"), self))
        layout.addLayout(first)
        layout.addLayout(second)

    def _make_target(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(0.01, 20.0)
        box.setDecimals(2)
        box.setSingleStep(0.5)
        box.setValue(100 * DEFAULT_TARGET_REJECT_RATE)
        box.setSuffix(" %")
        box.setToolTip(self.tr("Share of good parts that may be rejected."))
        box.setAccessibleName(self.tr("Share of good parts that may be rejected"))
        WheelGuard(self).guard(box)
        return box

    def _make_button(self, text: str, action: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setMinimumHeight(TOUCH)
        button.setEnabled(False)
        button.clicked.connect(action)
        return button

    @Slot()
    def _propose_from_good(self) -> None:
        target = self.target.value() / 100
        self._propose(lambda evidence: evidence.from_good(target))

    @Slot()
    def _propose_best_f1(self) -> None:
        self._propose(Evidence.best_f1)

    @Slot()
    def _propose_no_escape(self) -> None:
        self._propose(Evidence.no_escape)

    def _propose(self, method: Callable[[Evidence], ThresholdPart]) -> None:
        if self._evidence is None:
            return
        try:
            self.proposed.emit(method(self._evidence))
        except InspectorError as error:
            self.failed.emit(error)


def _muted(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    return label
