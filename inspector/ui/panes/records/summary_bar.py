"""The counts of the records that are shown, large enough to be read standing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from inspector.evaluation.judge import Verdict
from inspector.ui.texts import number, verdict_word
from inspector.ui.theme import set_role

if TYPE_CHECKING:
    from inspector.jobs.records import RecordSummary

_ORDER = (Verdict.PASS, Verdict.REVIEW, Verdict.FAIL, Verdict.NOT_INSPECTED)


class SummaryBar(QFrame):
    """A count for each verdict, and the share that passed with its interval."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.figures = {verdict: QLabel("–", self) for verdict in _ORDER}
        self.passed = QLabel("–", self)
        self.interval = QLabel(self)
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 8, 14, 8)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(0)
        titled = [(verdict_word(verdict), figure) for verdict, figure in self.figures.items()]
        for column, (title, figure) in enumerate([*titled, (self.tr("Yield"), self.passed)]):
            caption = QLabel(title, self)
            set_role(caption, "muted")
            set_role(figure, "figure")
            figure.setAccessibleName(title)
            grid.addWidget(caption, 0, column)
            grid.addWidget(figure, 1, column)
        set_role(self.interval, "muted")
        grid.addWidget(self.interval, 1, len(titled) + 1)
        grid.setColumnStretch(len(titled) + 1, 1)

    def show_summary(self, counted: RecordSummary | None) -> None:
        """Show these; None: there are no records."""
        for verdict, figure in self.figures.items():
            figure.setText(number(counted.verdicts[verdict]) if counted else "–")
        share = counted.passed if counted else None
        if share is None or share.rate is None:
            self.passed.setText("–")
            self.interval.clear()
            return
        self.passed.setText(_percent(share.rate))
        text = self.tr("of {n} inspected; 95 % interval {low} to {high}")
        self.interval.setText(text.format(n=number(share.n), low=_percent(share.low), high=_percent(share.high)))


def _percent(value: float) -> str:
    return QLocale().toString(100 * value, "f", 1) + " %"
