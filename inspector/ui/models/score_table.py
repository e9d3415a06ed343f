"""A model's scored images as a table: sorted, filtered and judged by the thresholds in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPixmap

from inspector.data.dataset import Label
from inspector.evaluation.judge import Thresholds, Verdict, judge_score
from inspector.ui.texts import label_word, verdict_word
from inspector.ui.theme import colours_for
from inspector.ui.widgets.symbols import VERDICT_SYMBOLS, draw_symbol, verdict_colours

Index = QModelIndex | QPersistentModelIndex

_ICON = 20


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """One scored image. `label` is what training was told; `label_now` what the project says today. `sample_id` and
    `path` are None where the image is no longer in the project; `held_out`: training has not seen it."""

    name: str
    label: Label
    kind: str | None
    score: float
    held_out: bool
    sha256: str
    sample_id: int | None
    path: Path | None
    label_now: Label

    def wrong(self, verdict: Verdict) -> bool:
        """A good part that fails, or a defect that passes."""
        return (self.label_now, verdict) in ((Label.GOOD, Verdict.FAIL), (Label.DEFECT, Verdict.PASS))


class Show(Enum):
    """Which images the table holds."""

    ALL = "all"
    WRONG = "wrong"
    GOOD = "good"
    DEFECT = "defect"


class Column(Enum):
    """The columns in their order."""

    NAME = 0
    LABEL = 1
    SCORE = 2
    VERDICT = 3


class ScoreTable(QAbstractTableModel):
    """Rows are `ScoredImage`s. Sorting and filtering happen here, on numbers, so that 20,000 rows stay quick."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._images: list[ScoredImage] = []
        self._rows: list[int] = []
        self._thresholds = Thresholds(0.0, 0.0)
        self._show = Show.ALL
        self._sort = (Column.SCORE, Qt.SortOrder.DescendingOrder)
        self._titles = {
            Column.NAME: self.tr("Picture"),
            Column.LABEL: self.tr("Label"),
            Column.SCORE: self.tr("Score"),
            Column.VERDICT: self.tr("Verdict"),
        }

    def set_images(self, images: Sequence[ScoredImage], thresholds: Thresholds) -> None:
        """Show other images."""
        self._images, self._thresholds = list(images), thresholds
        self._arrange()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge again. Rows keep their places until `refresh`, so that nothing jumps while a line is dragged."""
        self._thresholds = thresholds
        if self._rows:
            last = self.index(len(self._rows) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def refresh(self) -> None:
        """Sort and filter by the thresholds in force."""
        if self._show is Show.WRONG or self._sort[0] is Column.VERDICT:
            self._arrange()

    def set_show(self, show: Show) -> None:
        """Choose which images are listed."""
        self._show = show
        self._arrange()

    def set_label(self, sha256: str, label: Label) -> None:
        """Note what the project says of an image now."""
        for place, image in enumerate(self._images):
            if image.sha256 == sha256:
                self._images[place] = replace(image, label_now=label)
        self.set_thresholds(self._thresholds)

    def image(self, row: int) -> ScoredImage:
        """The image in a row."""
        return self._images[self._rows[row]]

    def row_of(self, sha256: str) -> int | None:
        """The row of an image, None while it is not listed."""
        return next((row for row, place in enumerate(self._rows) if self._images[place].sha256 == sha256), None)

    def verdict(self, image: ScoredImage) -> Verdict:
        """What the thresholds in force decide."""
        return judge_score(image.score, self._thresholds)

    @property
    def relabelled(self) -> int:
        """How many images carry another label than training was told."""
        return sum(image.label_now is not image.label for image in self._images)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[Column(section)]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        image, column = self.image(index.row()), Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(image, column)
        if role == Qt.ItemDataRole.DecorationRole and column is Column.VERDICT:
            return _icon(self.verdict(image))
        if role == Qt.ItemDataRole.FontRole and image.wrong(self.verdict(image)):
            font = QFont(QGuiApplication.font())
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and image.wrong(self.verdict(image)):
            return QColor(colours_for(QGuiApplication.palette()).failed)
        if role == Qt.ItemDataRole.TextAlignmentRole and column is Column.SCORE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return self._hint(image) if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = (Column(column), order)
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        column, order = self._sort
        keys = {
            Column.NAME: lambda image: image.name.casefold(),
            Column.LABEL: lambda image: (image.label_now, image.kind or ""),
            Column.SCORE: lambda image: image.score,
            Column.VERDICT: lambda image: (self.verdict(image), image.score),
        }
        rows = [place for place, image in enumerate(self._images) if self._wanted(image)]
        reverse = order == Qt.SortOrder.DescendingOrder
        self._rows = sorted(rows, key=lambda place: keys[column](self._images[place]), reverse=reverse)
        self.endResetModel()

    def _wanted(self, image: ScoredImage) -> bool:
        if self._show is Show.WRONG:
            return image.wrong(self.verdict(image))
        return self._show is Show.ALL or image.label_now == self._show.value

    def _text(self, image: ScoredImage, column: Column) -> str:
        if column is Column.NAME:
            return image.name
        if column is Column.SCORE:
            return QLocale().toString(image.score, "g", 5)
        if column is Column.VERDICT:
            return verdict_word(self.verdict(image))
        word = label_word(image.label_now)
        return f"{word}: {image.kind}" if image.kind and image.label_now is Label.DEFECT else word

    def _hint(self, image: ScoredImage) -> str:
        seen = self.tr("held out: training has not seen it")
        if not image.held_out:
            seen = self.tr("learned from; scored by a model that had not seen it")
        hints = [f"{image.name}: {seen}", self.tr("Score {score}").format(score=image.score)]
        if image.label_now is not image.label:
            hints.append(self.tr("Trained as {label}").format(label=label_word(image.label)))
        return "\n".join(hints)


def _icon(verdict: Verdict) -> QIcon:
    colours = colours_for(QGuiApplication.palette())
    ratio = QGuiApplication.primaryScreen().devicePixelRatio()
    picture = QPixmap(round(_ICON * ratio), round(_ICON * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw_symbol(
        painter, QRectF(1, 1, _ICON - 2, _ICON - 2), VERDICT_SYMBOLS[verdict], *verdict_colours(verdict, colours)
    )
    painter.end()
    return QIcon(picture)
