"""The project pane, put together: grid, filter, preview, label buttons, import and capture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, SignalInstance, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from inspector.data.dataset import Label, Split
from inspector.data.rows import ImportReport, SampleQuery, SampleRow
from inspector.data.samples import SampleStore
from inspector.ui.context import AppContext
from inspector.ui.errors import ask
from inspector.ui.models.sample_model import SampleModel
from inspector.ui.panes.project.editing import SampleEditor
from inspector.ui.panes.project.filter_bar import FilterBar
from inspector.ui.panes.project.import_menu import ImportButtons
from inspector.ui.panes.project.import_news import ImportNews
from inspector.ui.panes.project.importing import Importing
from inspector.ui.panes.project.label_bar import LabelBar
from inspector.ui.panes.project.preview import Preview
from inspector.ui.texts import number
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.banner import Banner
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.widgets.sample_grid import SampleGrid
from inspector.ui.workers import JobQueue

READS = ("ids", "counts")
"""Keys of what the pane itself asks the queue for; the answers come as (store, answer)."""


class ProjectPane(QWidget):
    """Everything that reads or writes the project runs in the background; this class passes wishes and news on."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._queue = JobQueue("samples", self)
        self.model = SampleModel(self._queue, self)
        self.editor = SampleEditor(self._queue, self)
        self.importing = Importing(self)
        self.grid = SampleGrid(self.model, self)
        self.filter = FilterBar(self)
        self.preview = Preview(self)
        self.labels = LabelBar(self)
        self.banner = Banner(self)
        self.news = ImportNews(self.banner, self._queue, self.editor)
        self.import_buttons = ImportButtons(self)
        self._new_ids: list[int] = []
        self._doomed: list[int] = []
        self._lay_out()
        self._make_actions()
        self._connect()
        self.setAcceptDrops(True)
        self._switch_project()

    def shutdown(self) -> None:
        """Stop importing (what was copied stays), save what was labelled, end the threads."""
        self._context.project_changed.disconnect(self._switch_project)
        self.importing.stop()
        self.import_buttons.close_down()
        self.filter.close_down()
        self.preview.close_down()
        self._queue.close()
        self.model.close()

    def import_paths(self, paths: Sequence[Path]) -> None:
        """Bring pictures, folders and videos into the project."""
        store = self._store
        if store is not None and paths:
            self.banner.hide()
            self.importing.start(store, paths)

    @property
    def _store(self) -> SampleStore | None:
        return self._context.project.samples if self._context.project is not None else None

    # construction

    def _lay_out(self) -> None:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.preview, 1)
        column.addWidget(self.labels)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(self.grid)
        splitter.addWidget(side)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([700, 420])
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.import_buttons)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self.filter)
        layout.addWidget(self.banner)
        layout.addWidget(splitter, 1)
        layout.addWidget(ProgressStrip(self.importing.runner, self))
        self._top = top

    def _make_actions(self) -> None:
        stack = self.editor.undo_stack
        self._undo = stack.createUndoAction(self, self.tr("Undo"))
        self._undo.setShortcut(QKeySequence.StandardKey.Undo)
        self._redo = stack.createRedoAction(self, self.tr("Redo"))
        self._redo.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        for action in (self._undo, self._redo):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.addAction(action)
        self._top.addWidget(self._make_button(self.tr("Undo"), stack.undo, stack.canUndoChanged))
        self._top.addWidget(self._make_button(self.tr("Redo"), stack.redo, stack.canRedoChanged))

    def _make_button(self, text: str, slot: Callable[[], None], enabled: SignalInstance) -> QPushButton:
        button = QPushButton(text, self)
        button.setMinimumHeight(TOUCH)
        button.setEnabled(False)
        button.clicked.connect(slot)
        enabled.connect(button.setEnabled)
        return button

    def _connect(self) -> None:
        self._context.project_changed.connect(self._switch_project)
        self._queue.done.connect(self._queue_done)
        self._queue.failed.connect(self._queue_failed)
        for source in (self.model, self.editor, self.importing, self.preview, self.news):
            source.failed.connect(self._context.failed)
        self.editor.changed.connect(self._samples_changed)
        self.editor.removed.connect(self._samples_removed)
        self.editor.captured.connect(self._captured)
        self.importing.arrived.connect(self.refresh)
        self.importing.reported.connect(self._import_reported)
        self.importing.cancelled.connect(self.news.tell_cancelled)
        self.importing.runner.finished.connect(self._tell_others)
        self.import_buttons.chosen.connect(self.import_paths)
        self.import_buttons.capture_wanted.connect(self._open_capture)
        self.import_buttons.problems_wanted.connect(self.news.show_problems)
        self.news.forgotten.connect(self.refresh)
        self.filter.query_changed.connect(self.refresh)
        self.grid.label_wanted.connect(self._label)
        self.grid.removal_wanted.connect(self._ask_to_remove)
        self.grid.selection_changed.connect(self._show_selection)
        self.labels.label_wanted.connect(self._label)
        self.labels.split_wanted.connect(self._split)
        self.labels.removal_wanted.connect(self._ask_to_remove)
        self.model.dataChanged.connect(self._rows_changed)

    # what the project holds

    @Slot()
    def _switch_project(self) -> None:
        self.importing.stop()
        self._queue.wait()
        self.editor.set_store(self._store)
        self.model.set_store(self._store)
        self.filter.reset()
        self.news.set_store(self._store)
        self._new_ids = []
        self.setEnabled(self._store is not None)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Ask for the ids to show and for the counts; they arrive when all changes before are on the disk."""
        store = self._store
        if store is None:
            return
        query, new = self.filter.query(), self._new_ids
        self._queue.submit("ids", lambda: (store, (store.ids(query), new)))
        self._queue.submit("counts", lambda: (store, (store.counts(), store.kinds(), len(store.problems()))))

    @Slot(object, object)
    def _queue_done(self, key: Any, outcome: Any) -> None:
        if key not in READS or outcome[0] is not self._store:
            return
        if key == "ids":
            self._show_ids(*outcome[1])
        else:
            counts, kinds, problems = outcome[1]
            self.filter.set_counts(counts)
            self.labels.set_kinds(kinds)
            self.import_buttons.set_problems(problems)

    @Slot(object, object)
    def _queue_failed(self, key: Any, error: BaseException) -> None:
        if key in READS:
            self._context.failed.emit(error)

    def _show_ids(self, ids: list[int], new: list[int]) -> None:
        self.grid.show_ids(ids)
        # Ids that were asked for before the new samples were known do not hold them all.
        if new and new is self._new_ids:
            self.grid.select_ids(new, new[0])
            self._new_ids = []
        filtered = self.filter.query() != SampleQuery()
        self.grid.set_empty_text(
            self.tr("No sample matches the filter.")
            if filtered
            else self.tr("Drop pictures, folders or videos here,\nor use Import or Camera above.")
        )

    @Slot()
    def _show_selection(self, *_: object) -> None:
        current = self.grid.current_id
        selected = len(self.grid.selected_ids())
        row = self.model.row_of(current) if current is not None else None
        if current is None or row is not None:
            self.preview.show_sample(self._store, row, selected)
        self.labels.show_row(row, selected)

    @Slot(QModelIndex, QModelIndex)
    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() <= self.grid.currentIndex().row() <= last.row():
            self._show_selection()

    # changes

    @Slot(object)
    def _label(self, label: Label, kind: str | None = None) -> None:
        ids = self.grid.selected_ids()
        self.editor.label(ids, label, kind)
        self.grid.go_on()
        self.grid.setFocus()

    @Slot(object)
    def _split(self, split: Split) -> None:
        self.editor.split(self.grid.selected_ids(), split)

    @Slot()
    def _ask_to_remove(self) -> None:
        ids = self.grid.selected_ids()
        if ids:
            text = self.tr(
                "Remove the selected samples ({count}) from the project? Their pictures are deleted from its folder; "
                "the files they were imported from stay. This cannot be undone."
            )
            self._doomed = ids
            ask(self, text.format(count=number(len(ids))), self.tr("Remove"), self._remove, destructive=True)

    @Slot()
    def _remove(self) -> None:
        self.editor.remove(self._doomed)

    @Slot(object)
    def _samples_changed(self, ids: list[int]) -> None:
        self.model.refresh(ids)
        self._tell_others()

    @Slot(object)
    def _samples_removed(self, ids: list[int]) -> None:
        self._context.status.emit(self.tr("Samples removed: {count}").format(count=number(len(ids))))
        self._tell_others()

    @Slot(object)
    def _captured(self, row: SampleRow) -> None:
        self._new_ids = [row.id]
        self._tell_others()

    @Slot()
    def _tell_others(self) -> None:
        self.refresh()
        self._context.samples_changed.emit()

    # importing

    @Slot(object)
    def _import_reported(self, report: ImportReport) -> None:
        self._new_ids = list(report.added)
        self.news.tell(report)

    @Slot()
    def _open_capture(self) -> None:
        from inspector.ui.dialogs.capture import CaptureDialog

        CaptureDialog(self._context.settings, self.editor, self).open()

    # drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._store is not None and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.import_paths([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()
