"""The grid of samples: thousands of thumbnails, several selected at once, labelled by single keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from inspector.data.dataset import Label
from inspector.ui.models.sample_model import Index, SampleModel
from inspector.ui.theme import colours_of
from inspector.ui.widgets.sample_delegate import CELL, SampleDelegate

KEYS = {Qt.Key.Key_G: Label.GOOD, Qt.Key.Key_D: Label.DEFECT, Qt.Key.Key_U: Label.UNSURE}


class SampleGrid(QListView):
    """Selection is by sample, not by place: it survives filtering, sorting and importing."""

    label_wanted = Signal(object)
    """A `Label` was typed for what is selected."""
    removal_wanted = Signal()
    selection_changed = Signal()
    """Something else is selected or current."""

    def __init__(self, model: SampleModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._empty_text = ""
        self.setModel(model)
        self.setItemDelegate(SampleDelegate(self))
        # Not icon mode: that keeps a layout object for every sample and takes half a second for 20,000.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(CELL)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(CELL.height() // 3)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("Samples"))
        self.selectionModel().selectionChanged.connect(self._told)
        self.selectionModel().currentChanged.connect(self._told)

    @property
    def current_id(self) -> int | None:
        """The sample that has the focus frame."""
        return self._model.id_at(self.currentIndex())

    def set_empty_text(self, text: str) -> None:
        """What to say while there is nothing to show."""
        self._empty_text = text
        self.viewport().update()

    def selected_ids(self) -> list[int]:
        """Selected samples in the order shown."""
        selection = self.selectionModel().selection()
        parts = [selection.at(place) for place in range(selection.count())]
        rows = sorted(row for part in parts for row in range(part.top(), part.bottom() + 1))
        return [self._model.ids[row] for row in rows]

    def show_ids(self, ids: list[int]) -> None:
        """Show other samples; what was selected and is still there stays selected, else the place is kept."""
        selected, current, place = self.selected_ids(), self.current_id, self.currentIndex().row()
        if self._model.set_ids(ids):
            self.select_ids(selected, current)
        if ids and not self.currentIndex().isValid() and place >= 0:
            self.setCurrentIndex(self._model.index(min(place, len(ids) - 1)))
        self._told()

    def select_ids(self, ids: Sequence[int], current: int | None = None) -> None:
        """Select exactly these samples, as far as they are shown, and scroll to the current one."""
        chosen = QItemSelection()
        for first, last in _runs(sorted(self._model.index_of(item).row() for item in ids)):
            chosen.select(self._model.index(first), self._model.index(last))
        index = self._model.index_of(current) if current is not None else QModelIndex()
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def go_on(self) -> None:
        """Move from a single sample that was just labelled to the next one."""
        following = self.currentIndex().row() + 1
        if len(self.selected_ids()) == 1 and following < self._model.rowCount():
            self.setCurrentIndex(self._model.index(following))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._model.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(colours_of(self).muted))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._empty_text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        label = KEYS.get(Qt.Key(event.key())) if plain else None
        if label is not None:
            self.label_wanted.emit(label)
        elif event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are for labelling here."""

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()) -> None:
        """Repaint. Qt's own method lays out all samples again, for each thumbnail that arrives; sizes never change."""
        if top_left == bottom_right:
            self.update(top_left)
        else:
            self.viewport().update()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """What to repaint after a change of selection: all that is in view, instead of 20,000 places one by one."""
        return QRegion(self.viewport().rect())

    @Slot()
    def _told(self, *_: object) -> None:
        self.selection_changed.emit()


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) of neighbouring rows; -1 stands for rows not shown."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if row < 0:
            continue
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
