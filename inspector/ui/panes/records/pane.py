"""The records pane: what was inspected with the project's models, counted, listed and exported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.errors import StationError
from inspector.tasks import CancelToken, Progress
from inspector.ui.context import AppContext
from inspector.ui.models.record_table import RecordColumn, RecordTable
from inspector.ui.panes.records.filter_bar import FilterBar
from inspector.ui.panes.records.summary_bar import SummaryBar
from inspector.ui.texts import number
from inspector.ui.widgets.banner import Banner
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.widgets.row_table import RowTable
from inspector.ui.workers import JobQueue, TaskRunner

if TYPE_CHECKING:
    from inspector.jobs.records import RecordSummary
    from inspector.station.records import Record, RecordFilter

SHOWN = 1000
"""So many of the newest records are listed; all of them are counted and exported."""
_AGAIN_MS = 2000
_ROW_HEIGHT = 36
_WIDTHS = {
    RecordColumn.TIME: 176, RecordColumn.PART: 84, RecordColumn.VERDICT: 168, RecordColumn.SCORE: 92,
    RecordColumn.SOURCE: 200, RecordColumn.MODEL: 160, RecordColumn.LATENCY: 64,
}  # fmt: skip


class RecordsPane(QWidget):
    """Reads in the background; while it is seen it looks again every two seconds, as inspection may go on."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.filter = FilterBar(self)
        self.summary = SummaryBar(self)
        self.banner = Banner(self)
        self.table = RecordTable(self)
        self.view = RowTable(self.table, _WIDTHS, RecordColumn.FAULT, _ROW_HEIGHT, self)
        self.runner = TaskRunner(self)
        self.strip = ProgressStrip(self.runner, self)
        self._nothing = QLabel(self.tr("No part was inspected in this time."), self)
        self._pages = QStackedWidget(self)
        self._more = QLabel(self)
        self._queue = JobQueue("records", self)
        self._timer = QTimer(self)
        self._timer.setInterval(_AGAIN_MS)
        self._failed = False
        self._lay_out()
        self._connect()

    def shutdown(self) -> None:
        """End the threads; called before the window closes."""
        self._timer.stop()
        self._queue.close()
        self.runner.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    @Slot()
    def look(self) -> None:
        """Ask for what is recorded now."""
        project = self._context.project
        if project is not None:
            folder, wanted = project.folder, self._wanted()
            self._queue.submit(folder, lambda: _found(folder, wanted))

    def _lay_out(self) -> None:
        self.view.setAccessibleName(self.tr("Recorded inspections"))
        self._nothing.setProperty("role", "muted")
        self._more.setProperty("role", "muted")
        self._pages.addWidget(self.view)
        self._pages.addWidget(self._nothing)
        body = QVBoxLayout()
        body.setContentsMargins(12, 8, 12, 12)
        body.setSpacing(8)
        body.addWidget(self.banner)
        body.addWidget(self.summary)
        body.addWidget(self._pages, 1)
        body.addWidget(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.filter)
        layout.addWidget(self.strip)
        layout.addLayout(body, 1)

    def _connect(self) -> None:
        self._context.project_changed.connect(self._leave_project)
        self.filter.changed.connect(self.look)
        self.filter.export_wanted.connect(self._ask_for_file)
        self._timer.timeout.connect(self.look)
        self._queue.done.connect(self._arrived)
        self._queue.failed.connect(self._look_failed)
        self.runner.result.connect(self._exported)
        self.runner.failed.connect(self._context.failed)
        self.runner.started.connect(self._enable_export)
        self.runner.finished.connect(self._enable_export)

    def _wanted(self) -> RecordFilter:
        return self.filter.wanted(datetime.now().astimezone())

    @Slot(object, object)
    def _arrived(self, folder: Path, found: tuple[RecordSummary, list[Record]] | None) -> None:
        project = self._context.project
        if project is not None and project.folder == folder:  # it may have been closed meanwhile
            self._failed = False
            self._show(found)

    def _show(self, found: tuple[RecordSummary, list[Record]] | None) -> None:
        counted, records = found or (None, [])
        self.summary.show_summary(counted)
        self.table.set_rows(records)
        self._pages.setCurrentWidget(self.view if records else self._nothing)
        self._enable_export()
        total = sum(counted.verdicts.values()) if counted else 0
        self._more.setText(
            self.tr("The newest {shown} of {total} are listed; all are counted and exported.").format(
                shown=number(len(records)), total=number(total)
            )
        )
        self._more.setVisible(total > len(records))

    @Slot(object, object)
    def _look_failed(self, key: object, error: BaseException) -> None:
        """Told once, not every two seconds."""
        if not self._failed:
            self._context.failed.emit(error)
        self._failed = True

    @Slot()
    def _leave_project(self) -> None:
        self._queue.clear()
        self.runner.stop()
        self.strip.hide()
        self.banner.hide()
        self._failed = False
        self._show(None)
        if self.isVisible():
            self.look()

    # exporting

    @Slot()
    def _enable_export(self) -> None:
        self.filter.export.setEnabled(bool(self.table.rows) and not self.runner.running)

    @Slot()
    def _ask_for_file(self) -> None:
        name, kinds = self.tr("records") + ".csv", self.tr("Table (*.csv)")
        file, _ = QFileDialog.getSaveFileName(self, self.tr("Export the records"), name, kinds)
        project = self._context.project
        if file and project is not None and not self.runner.running:
            path = Path(file)
            target = path if path.suffix else path.with_name(f"{path.name}.csv")
            self.runner.start(_export(project.folder, self._wanted(), target))

    @Slot(object)
    def _exported(self, outcome: tuple[int, Path]) -> None:
        count, file = outcome
        self.banner.say(self.tr("{n} records were exported to {file}.").format(n=number(count), file=file))


def _found(folder: Path, wanted: RecordFilter) -> tuple[RecordSummary, list[Record]] | None:
    """Counts and the newest records; None where nothing was ever inspected."""
    from inspector.jobs.records import opened, summary

    try:
        with opened(folder) as store:
            return summary(store, wanted), store.newest(SHOWN, wanted)
    except StationError as error:
        if error.code == "records_missing":
            return None
        raise


def _export(folder: Path, wanted: RecordFilter, file: Path) -> Callable[[Progress, CancelToken], Any]:
    def task(progress: Progress, cancel: CancelToken) -> tuple[int, Path]:
        from inspector.jobs.records import opened, write_csv

        with opened(folder) as store:
            return write_csv(store, wanted, file, progress, cancel), file

    return task
