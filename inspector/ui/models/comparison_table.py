"""The pairings of a comparison as a table: sorted on numbers, what is missing last."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication

from inspector.ui.texts import number
from inspector.ui.theme import colours_for

if TYPE_CHECKING:
    from inspector.jobs.figures import RateFigure
    from inspector.jobs.pairing import BenchmarkRow

Index = QModelIndex | QPersistentModelIndex


class Column(Enum):
    """The columns in their order."""

    METHOD = 0
    DATA = 1
    IMAGE = 2
    PIXEL = 3
    PASSED = 4
    FAILED = 5
    FIT = 6
    LATENCY = 7
    MEMORY = 8
    SIZE = 9


_Value = float | str | None
_VALUES: dict[Column, Callable[[Any], _Value]] = {
    Column.METHOD: lambda row: row.title.casefold(),
    Column.DATA: lambda row: row.dataset.casefold(),
    Column.IMAGE: lambda row: row.image_auroc,
    Column.PIXEL: lambda row: row.pixel_auroc,
    Column.PASSED: lambda row: row.false_accept and row.false_accept.rate,
    Column.FAILED: lambda row: row.false_reject and row.false_reject.rate,
    Column.FIT: lambda row: row.fit_s,
    Column.LATENCY: lambda row: row.median_ms,
    Column.MEMORY: lambda row: row.peak_rss_mb,
    Column.SIZE: lambda row: row.bundle_bytes,
}


class ComparisonTable(QAbstractTableModel):
    """Rows are `BenchmarkRow`s; a new one replaces the one of the same pairing."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._rows: list[BenchmarkRow] = []
        self._sort = (Column.IMAGE, Qt.SortOrder.DescendingOrder)
        self._titles = {
            Column.METHOD: self.tr("Method"),
            Column.DATA: self.tr("Data"),
            Column.IMAGE: self.tr("Image AUROC"),
            Column.PIXEL: self.tr("Pixels"),
            Column.PASSED: self.tr("Escapes"),
            Column.FAILED: self.tr("Overkill"),
            Column.FIT: self.tr("Fit s"),
            Column.LATENCY: self.tr("ms"),
            Column.MEMORY: self.tr("MB"),
            Column.SIZE: self.tr("Size"),
        }
        self._hints = {
            Column.IMAGE: self.tr("How well scores tell good parts from defects, with the 95 % interval."),
            Column.PIXEL: self.tr("Pixel AUROC: how well the map tells where defects are."),
            Column.PASSED: self.tr("Defects that passed at the model's threshold, of how many."),
            Column.FAILED: self.tr("Good parts that failed at the model's threshold, of how many."),
            Column.FIT: self.tr("Seconds that fitting took, without calibration and export."),
            Column.LATENCY: self.tr("Milliseconds for one picture, median."),
            Column.MEMORY: self.tr("The most memory that training took, in megabytes."),
            Column.SIZE: self.tr("Megabytes of the model on the disk."),
        }

    @property
    def rows(self) -> list[BenchmarkRow]:
        """In the order shown."""
        return list(self._rows)

    def set_rows(self, rows: list[BenchmarkRow]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = self._sorted(rows)
        self.endResetModel()

    def put(self, row: BenchmarkRow) -> None:
        """Show one more."""
        self.set_rows([*(item for item in self._rows if pairing_of(item) != pairing_of(row)), row])

    def place_of(self, row: BenchmarkRow) -> int | None:
        """Where a pairing is shown."""
        wanted = pairing_of(row)
        return next((place for place, item in enumerate(self._rows) if pairing_of(item) == wanted), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._hints.get(Column(section))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter  # the sort arrow is on the right
        return self._titles[Column(section)] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and row.problem:
            return QColor(colours_for(QGuiApplication.palette()).failed)
        return self._hint(row) if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = (Column(column), order)
        self.set_rows(self._rows)

    def _sorted(self, rows: list[BenchmarkRow]) -> list[BenchmarkRow]:
        value = _VALUES[self._sort[0]]
        known = [row for row in rows if value(row) is not None]
        known.sort(key=lambda row: value(row) or 0, reverse=self._sort[1] == Qt.SortOrder.DescendingOrder)
        return known + [row for row in rows if value(row) is None]

    def _text(self, row: BenchmarkRow, column: Column) -> str:
        if column is Column.METHOD:
            return row.title
        if column is Column.DATA:
            return row.dataset
        if row.problem:
            return self.tr("failed") if column is Column.IMAGE else ""
        if column is Column.IMAGE:
            return _with_interval(row)
        if column in (Column.PASSED, Column.FAILED):
            return _count(row.false_accept if column is Column.PASSED else row.false_reject)
        return _figure(row, column)

    def _hint(self, row: BenchmarkRow) -> str:
        if row.problem:
            return row.problem
        counts = self.tr(
            "{good} good, {defects} defects; learned from {images}; preset {preset}, seed {seed}, {size} px"
        )
        hints = [
            counts.format(
                good=row.n_good, defects=row.n_defect, images=row.images, preset=row.preset, seed=row.seed,
                size=row.image_size,
            )
        ]  # fmt: skip
        if row.pixel_note:
            hints.append(row.pixel_note)
        return "\n".join(hints)


def pairing_of(row: BenchmarkRow) -> tuple[object, ...]:
    """What two rows of the same pairing have in common."""
    return row.source, row.detector, row.preset, row.seed, row.image_size


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column.value <= Column.IMAGE.value else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _count(rate: RateFigure | None) -> str:
    return "–" if rate is None or not rate.n else f"{number(rate.count)}/{number(rate.n)}"


def _with_interval(row: BenchmarkRow) -> str:
    if row.image_auroc is None:
        return "–"
    text = QLocale().toString(row.image_auroc, "f", 3)
    if row.auroc_low is None or row.auroc_high is None:
        return text
    return f"{text} ({QLocale().toString(row.auroc_low, 'f', 2)}–{QLocale().toString(row.auroc_high, 'f', 2)})"


def _figure(row: BenchmarkRow, column: Column) -> str:
    value = _VALUES[column](row)
    if not isinstance(value, int | float):
        return "–"
    scaled = value / 1e6 if column is Column.SIZE else value
    decimals = 3 if column is Column.PIXEL else 0 if column is Column.MEMORY or scaled >= 100 else 1
    return QLocale().toString(float(scaled), "f", decimals)
