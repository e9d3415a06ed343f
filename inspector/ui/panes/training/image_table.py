"""The table of a model's images with its filter."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from inspector.data.dataset import Label
from inspector.evaluation.judge import Thresholds
from inspector.ui.models.score_table import Column, ScoredImage, ScoreTable, Show
from inspector.ui.panes.training.model_result import ModelResult
from inspector.ui.texts import number
from inspector.ui.theme import TOUCH

_ROW_HEIGHT = 36


class ImageTable(QWidget):
    """Sorted by score, the most unusual first."""

    selected = Signal(object)
    """The `ScoredImage` to look at."""
    opened = Signal()
    """The selected image was double-clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ScoreTable(self)
        self.view = QTableView(self)
        self.show_only = QComboBox(self)
        self._relabelled = QLabel(self)
        self._relabelled.setProperty("role", "muted")
        self._lay_out()
        self.table.modelReset.connect(self._keep_selection)
        self._chosen = ""
        self.view.selectionModel().currentRowChanged.connect(self._row_changed)
        self.view.doubleClicked.connect(self._open)
        self.show_only.currentIndexChanged.connect(self._filter)

    def set_result(self, result: ModelResult, thresholds: Thresholds) -> None:
        """Show the images of a model."""
        self.table.set_images(result.images, thresholds)
        self._count_relabelled()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge again."""
        self.table.set_thresholds(thresholds)

    def refresh(self) -> None:
        """Sort and filter by the thresholds in force."""
        self.table.refresh()

    def set_label(self, sha256: str, label: Label) -> None:
        """Note what the project says of an image now."""
        self.table.set_label(sha256, label)
        self._count_relabelled()

    def choose_first(self) -> None:
        """Look at the first image."""
        self.view.selectRow(0)

    @property
    def chosen(self) -> ScoredImage | None:
        """The image that is looked at."""
        index = self.view.currentIndex()
        return self.table.image(index.row()) if index.isValid() else None

    def _lay_out(self) -> None:
        for show, text in (
            (Show.ALL, self.tr("All pictures")),
            (Show.WRONG, self.tr("Wrong verdicts")),
            (Show.GOOD, self.tr("Good")),
            (Show.DEFECT, self.tr("Defect")),
        ):
            self.show_only.addItem(text, show)
        self.show_only.setMinimumHeight(TOUCH)
        self.show_only.setAccessibleName(self.tr("Which pictures are listed"))
        self.view.setModel(self.table)
        self.view.setAccessibleName(self.tr("Pictures by score"))
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setSortingEnabled(True)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.view.horizontalHeader()
        header.setSortIndicator(Column.SCORE.value, Qt.SortOrder.DescendingOrder)
        header.setHighlightSections(False)
        header.setSectionResizeMode(Column.NAME.value, QHeaderView.ResizeMode.Stretch)
        for column, width in ((Column.LABEL, 104), (Column.SCORE, 84), (Column.VERDICT, 110)):
            self.view.setColumnWidth(column.value, width)
        top = QHBoxLayout()
        top.addWidget(self.show_only)
        top.addWidget(self._relabelled, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)

    def _count_relabelled(self) -> None:
        count = self.table.relabelled
        text = self.tr("{n} relabelled since training: train again to use it.").format(n=number(count))
        self._relabelled.setText(text if count else "")

    @Slot()
    def _filter(self) -> None:
        self.table.set_show(self.show_only.currentData())

    @Slot()
    def _keep_selection(self) -> None:
        """Sorting and filtering take the selection along."""
        row = self.table.row_of(self._chosen)
        if row is not None:
            self.view.selectRow(row)

    @Slot(QModelIndex)
    def _row_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            image = self.table.image(index.row())
            self._chosen = image.sha256
            self.selected.emit(image)

    @Slot()
    def _open(self) -> None:
        self.opened.emit()
