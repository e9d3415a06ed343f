"""Recorded inspections as a table, the newest first."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QDateTime, QLocale, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap

from inspector.evaluation.judge import Verdict
from inspector.ui.texts import number, verdict_word
from inspector.ui.theme import Colours, colours_for
from inspector.ui.widgets.symbols import VERDICT_SYMBOLS, draw_symbol, verdict_colours

if TYPE_CHECKING:
    from inspector.station.records import Record

Index = QModelIndex | QPersistentModelIndex

_SYMBOL = 20


class RecordColumn(Enum):
    """The columns in their order."""

    TIME = 0
    PART = 1
    VERDICT = 2
    SCORE = 3
    FAULT = 4
    SOURCE = 5
    MODEL = 6
    LATENCY = 7


_RIGHT = (RecordColumn.PART, RecordColumn.SCORE, RecordColumn.LATENCY)


class RecordTable(QAbstractTableModel):
    """Rows are `Record`s; times are shown in local time."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._rows: list[Record] = []
        self._symbols: dict[tuple[Verdict, Colours], QIcon] = {}
        self._titles = {
            RecordColumn.TIME: self.tr("Time"),
            RecordColumn.PART: self.tr("Part"),
            RecordColumn.VERDICT: self.tr("Verdict"),
            RecordColumn.SCORE: self.tr("Score"),
            RecordColumn.FAULT: self.tr("Fault"),
            RecordColumn.SOURCE: self.tr("Source"),
            RecordColumn.MODEL: self.tr("Model"),
            RecordColumn.LATENCY: self.tr("ms"),
        }

    @property
    def rows(self) -> list[Record]:
        """In the order shown."""
        return list(self._rows)

    def set_rows(self, rows: list[Record]) -> None:
        """Show these; nothing changes, and what is selected stays, where they are those already shown."""
        if rows == self._rows:
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(RecordColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(RecordColumn(section))
        return self._titles[RecordColumn(section)] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record, column = self._rows[index.row()], RecordColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(record, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.DecorationRole and column is RecordColumn.VERDICT:
            return self._symbol(record.verdict)
        return self._hint(record) if role == Qt.ItemDataRole.ToolTipRole else None

    def _symbol(self, verdict: Verdict) -> QIcon:
        """Drawn once for each verdict and theme."""
        key = verdict, colours_for(QGuiApplication.palette())
        if key not in self._symbols:
            self._symbols[key] = _drawn(*key)
        return self._symbols[key]

    def _hint(self, record: Record) -> str:
        return self.tr(
            "Recorded {time} UTC by Inspector {software}. Thresholds in force: review from {review}, fail above {fail}."
        ).format(
            time=record.inspected_at.strftime("%Y-%m-%d %H:%M:%S"),
            software=record.software,
            review=_decimals(record.review_threshold),
            fail=_decimals(record.fail_threshold),
        )


def _text(record: Record, column: RecordColumn) -> str:
    if column is RecordColumn.TIME:
        moment = QDateTime.fromSecsSinceEpoch(int(record.inspected_at.timestamp()))
        return moment.toString("yyyy-MM-dd  HH:mm:ss")
    return {
        RecordColumn.PART: number(record.number),
        RecordColumn.VERDICT: verdict_word(record.verdict),
        RecordColumn.SCORE: "" if record.score is None else _decimals(record.score),
        RecordColumn.FAULT: (record.fault or "").replace("_", " "),
        RecordColumn.SOURCE: record.source,
        RecordColumn.MODEL: record.model_name,
        RecordColumn.LATENCY: QLocale().toString(record.latency_ms, "f", 0),
    }[column]


def _decimals(value: float) -> str:
    return QLocale().toString(value, "g", 5)


def _alignment(column: RecordColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _drawn(verdict: Verdict, colours: Colours) -> QIcon:
    pixmap = QPixmap(2 * _SYMBOL, 2 * _SYMBOL)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_symbol(painter, QRectF(0, 0, _SYMBOL, _SYMBOL), VERDICT_SYMBOLS[verdict], *verdict_colours(verdict, colours))
    painter.end()
    return QIcon(pixmap)
