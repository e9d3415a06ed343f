"""The counters of the run, its speed, and on a simulated line how often the verdict was wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.station.counters import Counts
from inspector.ui.panes.inspection.truth import TruthTally
from inspector.ui.texts import number
from inspector.ui.theme import TOUCH, set_role

_COLUMNS = 3


class CountersPanel(QFrame):
    """Shows `Counts`; `reset_requested` when the person wants to begin anew, `timing_shown` to see where time goes."""

    reset_requested = Signal()
    timing_shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        titles = {
            "inspected": self.tr("Inspected"),
            "yield": self.tr("Yield"),
            "not_inspected": self.tr("Not inspected"),
            "passed": self.tr("Pass"),
            "review": self.tr("Review"),
            "failed": self.tr("Fail"),
        }
        self.figures = {name: QLabel("–", self) for name in titles}
        self.speed = QLabel(self)
        self.truth = QLabel(self)
        self.reset = QPushButton(self.tr("Reset"), self)
        self.reset.setToolTip(self.tr("Count from nothing, as at the start of a shift."))
        self.reset.setMinimumHeight(TOUCH)
        self.reset.clicked.connect(self.reset_requested)
        self.timing = QPushButton(self.tr("Timing"), self)
        self.timing.setToolTip(self.tr("Where the time from camera to screen goes."))
        self.timing.setMinimumHeight(TOUCH)
        self.timing.setCheckable(True)
        self.timing.toggled.connect(self.timing_shown)
        self._lay_out(titles)
        self.show_speed(None)
        self.show_truth(TruthTally())

    def _lay_out(self, titles: dict[str, str]) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(0)
        for index, (name, figure) in enumerate(self.figures.items()):
            row, column = 2 * (index // _COLUMNS), index % _COLUMNS
            title = QLabel(titles[name], self)
            set_role(title, "muted")
            set_role(figure, "figure")
            figure.setAccessibleName(titles[name])
            grid.addWidget(title, row, column)
            grid.addWidget(figure, row + 1, column)
            grid.setColumnStretch(column, 1)
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.reset)
        buttons.addWidget(self.timing)
        grid.addLayout(buttons, 0, _COLUMNS, 4, 1, Qt.AlignmentFlag.AlignVCenter)
        self.truth.setWordWrap(True)
        set_role(self.speed, "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(4)
        layout.addLayout(grid)
        layout.addWidget(self.speed)
        layout.addWidget(self.truth)

    def show_counts(self, counts: Counts) -> None:
        """Bring the figures up to date."""
        values = {
            "inspected": number(counts.inspected),
            "yield": "–" if counts.yield_rate is None else f"{counts.yield_rate:.1%}",
            "not_inspected": number(counts.not_inspected),
            "passed": number(counts.passed),
            "review": number(counts.review),
            "failed": number(counts.failed),
        }
        for name, text in values.items():
            self.figures[name].setText(text)
        self.figures["yield"].setToolTip(
            self.tr("{passed} of {n} inspected parts passed.").format(passed=counts.passed, n=counts.inspected)
        )
        self.show_speed(counts)

    def show_speed(self, counts: Counts | None) -> None:
        """Parts per second and the time from capture to verdict, with half and 95 % of the parts below."""
        if counts is None or counts.latency is None:
            self.speed.setText(self.tr("No speed measured yet"))
            return
        rate = "–" if counts.rate is None else f"{counts.rate:.1f}"
        self.speed.setText(
            self.tr("{rate} parts/s, latency {median:.0f} ms (95 %: {p95:.0f} ms, n = {n})").format(
                rate=rate, median=counts.latency.median, p95=counts.latency.p95, n=counts.latency.n
            )
        )

    def show_truth(self, tally: TruthTally) -> None:
        """Escapes and overkill, where the truth is known."""
        self.truth.setVisible(tally.known)
        self.truth.setText(
            self.tr("Simulated truth: {escapes} of {defects} defects passed, {overkill} of {good} good failed").format(
                escapes=tally.escapes, defects=tally.defects, overkill=tally.overkill, good=tally.good
            )
        )
