"""Which records are shown: of what time, with which verdict."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from inspector.evaluation.judge import Verdict
from inspector.ui.texts import verdict_word
from inspector.ui.theme import TOUCH, set_role

if TYPE_CHECKING:
    from inspector.station.records import RecordFilter


class Period(StrEnum):
    """How far back."""

    HOUR = "hour"
    SHIFT = "shift"
    TODAY = "today"
    WEEK = "week"
    ALL = "all"


_LENGTHS = {
    Period.HOUR: timedelta(hours=1),
    Period.SHIFT: timedelta(hours=8),
    Period.WEEK: timedelta(days=7),
}


class FilterBar(QFrame):
    """`changed` when something else is to be shown, `export_wanted` for all of it as a file."""

    changed = Signal()
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "bar")
        self.period = QComboBox(self)
        self.verdict = QComboBox(self)
        self.refresh = QPushButton(self.tr("Refresh"), self)
        self.export = QPushButton(self.tr("Export CSV…"), self)
        self._fill()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        for title, choice in ((self.tr("Time"), self.period), (self.tr("Verdict"), self.verdict)):
            choice.setMinimumHeight(TOUCH)
            choice.setAccessibleName(title)
            choice.currentIndexChanged.connect(self.changed)
            layout.addWidget(QLabel(title, self))
            layout.addWidget(choice)
        layout.addStretch(1)
        for button in (self.refresh, self.export):
            button.setMinimumHeight(TOUCH)
            layout.addWidget(button)
        self.refresh.clicked.connect(self.changed)
        self.export.clicked.connect(self.export_wanted)

    def wanted(self, now: datetime) -> RecordFilter:
        """What is asked for at this moment (aware, local)."""
        from inspector.station.records import RecordFilter

        verdict = self.verdict.currentData()
        return RecordFilter(since=_since(self.period.currentData(), now), verdicts=(verdict,) if verdict else ())

    def _fill(self) -> None:
        periods = {
            Period.TODAY: self.tr("Today"),
            Period.HOUR: self.tr("Last hour"),
            Period.SHIFT: self.tr("Last 8 hours"),
            Period.WEEK: self.tr("Last 7 days"),
            Period.ALL: self.tr("Everything"),
        }
        for period, title in periods.items():
            self.period.addItem(title, period)
        self.verdict.addItem(self.tr("Any"), None)
        for verdict in (Verdict.FAIL, Verdict.REVIEW, Verdict.PASS, Verdict.NOT_INSPECTED):
            self.verdict.addItem(verdict_word(verdict), verdict)


def _since(period: Period, now: datetime) -> datetime | None:
    if period is Period.TODAY:
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    length = _LENGTHS.get(period)
    return now - length if length else None
