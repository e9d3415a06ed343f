"""The page that compares methods: choices on the left, a table that fills, and two plots below it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.data.project import Project
from inspector.ui.context import AppContext
from inspector.ui.models.comparison_table import Column, ComparisonTable
from inspector.ui.panes.training.card import card
from inspector.ui.panes.training.compare.choices import Choices
from inspector.ui.panes.training.compare.run import ComparisonRun
from inspector.ui.panes.training.compare.scatter import AccuracyPlot
from inspector.ui.theme import TOUCH, set_role
from inspector.ui.widgets.banner import Banner
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.widgets.row_table import RowTable
from inspector.ui.widgets.score_histogram import ScoreHistogram

if TYPE_CHECKING:
    from inspector.jobs.benchmark import BenchmarkResult
    from inspector.jobs.pairing import BenchmarkRow

_LEFT_WIDTH = 288
_ROW_HEIGHT = 34
_WIDTHS = {
    Column.DATA: 82, Column.IMAGE: 148, Column.PIXEL: 66, Column.PASSED: 86, Column.FAILED: 78,
    Column.FIT: 56, Column.LATENCY: 54, Column.MEMORY: 60, Column.SIZE: 54,
}  # fmt: skip


class CompareView(QWidget):
    """Everything that reads, trains or writes runs in the background; `models_changed` after a model was kept."""

    left = Signal()
    """The person wants to go back."""
    models_changed = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._chosen: BenchmarkRow | None = None
        self.run = ComparisonRun(self)
        self.choices = Choices(context, self)
        self.start = QPushButton(self.tr("Start comparing"), self)
        self.back = QPushButton(self.tr("‹ Back to training"), self)
        self.strip = ProgressStrip(self.run.runner, self)
        self.banner = Banner(self)
        self.table = ComparisonTable(self)
        self.view = RowTable(self.table, _WIDTHS, Column.METHOD, _ROW_HEIGHT, self)
        self.plot = AccuracyPlot(self)
        self.histogram = ScoreHistogram(self, editable=False)
        self._scores = QStackedWidget(self)
        self.export_csv = QPushButton(self.tr("Export CSV…"), self)
        self.export_html = QPushButton(self.tr("Export HTML…"), self)
        self.use = QPushButton(self.tr("Use this model"), self)
        self._news = QLabel(self)
        self._problem = QLabel(self)
        self._lay_out()
        self._connect()
        self._show_running(False)

    @property
    def chosen(self) -> BenchmarkRow | None:
        """The pairing that is looked at."""
        return self._chosen

    def set_project(self, project: Project | None) -> None:
        """Stop what belongs to the project before, and look at this one."""
        self.run.stop()
        self._show_running(False)
        self.strip.hide()
        self.banner.hide()
        self._set_rows([])
        self.choices.set_project(project)
        if project is not None:
            self.run.load(project)

    @Slot()
    def start_or_cancel(self) -> None:
        """What the big button does."""
        if self.run.runner.running:
            self.strip.cancel_button.click()
            self.start.setEnabled(False)
        elif self._context.project is not None and self.start.isEnabled():
            self.banner.hide()
            self.run.start(self._context.project, self.choices.fields)

    def close_down(self) -> None:
        """End comparing and the threads."""
        self.run.close_down()

    # laying out

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._left_side())
        layout.addLayout(self._right_side(), 1)

    def _left_side(self) -> QFrame:
        frame = QFrame(self)
        frame.setFixedWidth(_LEFT_WIDTH)
        set_role(frame, "card")
        set_role(self.back, "quiet")
        self.back.setMinimumHeight(TOUCH)
        set_role(self.start, "primary", "big")
        self.strip.cancel_button.hide()  # the big button does it
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 8, 12, 12)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.choices, 1)
        column.addWidget(self.start)
        return frame

    def _right_side(self) -> QVBoxLayout:
        self._news.setProperty("role", "muted")
        self._problem.setWordWrap(True)
        self._set_up_table()
        nothing = QLabel(self.tr("Scores appear here when a pairing is finished."), self)
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        nothing.setWordWrap(True)
        nothing.setProperty("role", "muted")
        self._scores.addWidget(nothing)
        self._scores.addWidget(self.histogram)
        plots = QHBoxLayout()
        plots.setSpacing(12)
        plots.addWidget(card(self.tr("Accuracy against latency"), self.plot, self), 1)
        plots.addWidget(card(self.tr("Scores of the chosen pairing"), self._scores, self), 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._problem, 1)
        for button in (self.export_csv, self.export_html, self.use):
            button.setMinimumHeight(TOUCH)
            buttons.addWidget(button)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self.strip)
        column.addWidget(self._news)
        column.addWidget(self.banner)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)
        column.addLayout(plots, 1)
        return column

    def _set_up_table(self) -> None:
        self.view.setAccessibleName(self.tr("Methods compared"))
        self.view.setSortingEnabled(True)
        self.view.horizontalHeader().setSortIndicator(Column.IMAGE.value, Qt.SortOrder.DescendingOrder)

    def _connect(self) -> None:
        runner = self.run.runner
        runner.started.connect(self._began)
        runner.finished.connect(self._ended)
        runner.cancelled.connect(self._cancelled)
        self.run.row_done.connect(self._take)
        self.run.news.connect(self._news.setText)
        self.run.finished.connect(self._finished)
        self.run.stored.connect(self._set_rows)
        self.run.exported.connect(self._exported)
        self.run.kept.connect(self._kept)
        self.run.failed.connect(self._context.failed)
        self.start.clicked.connect(self.start_or_cancel)
        self.back.clicked.connect(self.left)
        self.choices.changed.connect(self._enable)
        self.view.selectionModel().currentRowChanged.connect(self._row_changed)
        self.table.modelReset.connect(self._keep_selection)
        self.plot.selected.connect(self.choose)
        self.export_csv.clicked.connect(self._ask_for_csv)
        self.export_html.clicked.connect(self._ask_for_html)
        self.use.clicked.connect(self._use)

    # running

    @Slot()
    def _began(self) -> None:
        self._show_running(True)

    @Slot()
    def _ended(self) -> None:
        self._show_running(False)

    @Slot()
    def _cancelled(self) -> None:
        self._context.status.emit(self.tr("Comparing was cancelled. What is finished is kept."))

    @Slot(object)
    def _finished(self, result: BenchmarkResult) -> None:
        failed = sum(row.problem is not None for row in result.rows)
        text = self.tr("{n} pairings are finished, {failed} of them failed, {reused} were there before.").format(
            n=len(result.rows), failed=failed, reused=result.reused
        )
        self._context.status.emit(text)
        if result.remarks:
            self.banner.say(" ".join(result.remarks))

    def _show_running(self, running: bool) -> None:
        self.choices.setEnabled(not running)
        self.start.setText(self.tr("Cancel comparing") if running else self.tr("Start comparing"))
        set_role(self.start, "danger" if running else "primary", "big")
        self._news.clear()
        self._news.setVisible(running)
        self._enable()

    @Slot()
    def _enable(self) -> None:
        ready = bool(self.choices.detectors and self.choices.datasets) and self._context.project is not None
        self.start.setEnabled(self.run.runner.running or ready)

    # rows

    @Slot(object)
    def _take(self, row: BenchmarkRow) -> None:
        self.table.put(row)
        self._rows_changed()

    @Slot(object)
    def _set_rows(self, rows: list[BenchmarkRow]) -> None:
        self.table.set_rows(rows)
        self._rows_changed()

    def _rows_changed(self) -> None:
        rows = self.table.rows
        self.plot.set_rows(rows)
        for button in (self.export_csv, self.export_html):
            button.setEnabled(bool(rows))
        if self._chosen is None and rows:
            self.choose(rows[0])
        elif not rows:
            self._show(None)

    @Slot(object)
    def choose(self, row: BenchmarkRow) -> None:
        """Look at a pairing."""
        place = self.table.place_of(row)
        if place is not None:
            self.view.selectRow(place)

    @Slot(QModelIndex)
    def _row_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            self._show(self.table.rows[index.row()])

    @Slot()
    def _keep_selection(self) -> None:
        """Sorting and new rows take the selection along."""
        if self._chosen is not None:
            self.choose(self._chosen)

    def _show(self, row: BenchmarkRow | None) -> None:
        self._chosen = row
        self.plot.choose(row)
        self._scores.setCurrentIndex(0)
        if row is not None and row.review is not None and row.fail is not None:
            self.histogram.set_scores(row.scores_good, row.scores_defect)
            self.histogram.set_thresholds(row.review, row.fail)
            self._scores.setCurrentIndex(1)
        self._problem.setText((row.problem or row.pixel_note or "") if row else "")
        project = self._context.project
        usable = row is not None and row.bundle is not None and project is not None and row.source == project.folder
        self.use.setEnabled(usable)
        self.use.setToolTip("" if usable else self.tr("Only models of the open project can be used in it."))

    # what can be done with them

    @Slot()
    def _ask_for_csv(self) -> None:
        self._ask_for_file(".csv", self.tr("Table (*.csv)"))

    @Slot()
    def _ask_for_html(self) -> None:
        self._ask_for_file(".html", self.tr("Page (*.html)"))

    def _ask_for_file(self, suffix: str, kinds: str) -> None:
        name = self.tr("comparison") + suffix
        file, _ = QFileDialog.getSaveFileName(self, self.tr("Export the comparison"), name, kinds)
        if file:
            path = Path(file)
            self.run.export(self.table.rows, path if path.suffix else path.with_name(path.name + suffix))

    @Slot(object)
    def _exported(self, file: Path) -> None:
        self.banner.say(self.tr("The comparison was exported to {file}.").format(file=file))

    @Slot()
    def _use(self) -> None:
        if self._chosen is not None and self._context.project is not None:
            self.use.setEnabled(False)
            self.run.keep(self._context.project, self._chosen)

    @Slot(str)
    def _kept(self, name: str) -> None:
        self.banner.say(self.tr("{name} is now one of the project's models.").format(name=name))
        self.use.setEnabled(True)
        self.models_changed.emit()
