"""The left side below the models: what will be trained on, how, and the one big button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.data.rows import SampleQuery
from inspector.ui.context import AppContext
from inspector.ui.panes.training.estimate_line import EstimateLine
from inspector.ui.panes.training.form import TrainingForm
from inspector.ui.panes.training.training_run import Trained, TrainingRun
from inspector.ui.panes.training.wording import live_figure, training_material
from inspector.ui.texts import stage_name
from inspector.ui.theme import set_role
from inspector.ui.throttle import Throttle
from inspector.ui.widgets.live_plot import LivePlot
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.workers import JobQueue

if TYPE_CHECKING:
    from inspector.jobs.estimate import Pictures

_RECOUNT_MS = 300


@dataclass(frozen=True)
class _Material:
    """What training would work on: numbers of pictures (`marked_defects` of the defects may be learned from), and what
    is known of them (None without good ones)."""

    train: int = 0
    good_held_out: int = 0
    defects: int = 0
    marked_defects: int = 0
    found: Pictures | None = None


class Trainer(QWidget):
    """Form and button, and while training runs its live figure. `strip` shows progress and is placed by the pane."""

    failed = Signal(object)
    marked_defects = Signal(int)
    """How many defects may be learned from."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._counts = _Material()
        self.run = TrainingRun(self)
        self.form = TrainingForm(context, self)
        self.plot = LivePlot(self)
        self.expected = EstimateLine(context, self)
        self.strip = ProgressStrip(self.run.runner, self)
        self.start = QPushButton(self.tr("Start training"), self)
        self._material = QLabel(self)
        self._warning = QLabel(self)
        self._figure = QLabel(self)
        self._obstacle = QLabel(self)
        self._pages = QStackedWidget(self)
        self._queue = JobQueue("counting", self)
        self._recount = Throttle(_RECOUNT_MS, self)
        self._lay_out()
        self._connect()

    def set_project(self, project: Project | None) -> None:
        """Stop what belongs to the project before, and look at this one."""
        self.run.runner.stop()
        self._show_running(False)
        self._queue.clear()
        self._queue.wait()
        self._counts = _Material()
        self.form.others.refresh()
        if project is not None:
            self.recount()
        self._enable()

    @Slot()
    def recount(self) -> None:
        """Count again what training would work on, soon."""
        self._recount.submit(None)

    @Slot()
    def start_or_cancel(self) -> None:
        """What the big button does."""
        if self.run.runner.running:
            self.strip.cancel_button.click()
            self.start.setEnabled(False)
        elif self._context.project is not None and self.start.isEnabled():
            self.plot.clear_values()
            self.run.start(self._context.project, self.form.choices)

    def close_down(self) -> None:
        """End training and downloads."""
        self._recount.drop()
        self.run.runner.stop()
        self.plot.stop()
        self.form.close_down()
        self.expected.close_down()
        self._queue.clear()
        self._queue.close()

    def _lay_out(self) -> None:
        for label, role in (
            (self._material, ""),
            (self._warning, ""),
            (self._figure, "muted"),
            (self._obstacle, "muted"),
        ):
            label.setWordWrap(True)
            label.setProperty("role", role)
        set_role(self.start, "primary", "big")
        self.strip.cancel_button.hide()  # the big button does it
        form = QWidget(self)
        rows = QVBoxLayout(form)
        rows.setContentsMargins(0, 0, 8, 0)
        rows.addWidget(self._material)
        rows.addWidget(self._warning)
        rows.addWidget(self.form)
        rows.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(form)
        running = QWidget(self)
        rows = QVBoxLayout(running)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._figure)
        rows.addWidget(self.plot, 1)
        self._pages.addWidget(scroll)
        self._pages.addWidget(running)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._obstacle)
        layout.addWidget(self.expected)
        layout.addWidget(self.start)

    def _connect(self) -> None:
        runner = self.run.runner
        runner.started.connect(self._began)
        runner.progress.connect(self.plot.add)
        runner.finished.connect(self._ended)
        self.run.trained.connect(self._learn_from)
        self.expected.failed.connect(self.failed)
        self.plot.stage_changed.connect(self._show_stage)
        self.start.clicked.connect(self.start_or_cancel)
        self.form.changed.connect(self._enable)
        self._recount.ready.connect(self._count)
        self._queue.done.connect(self._counted)
        self._queue.failed.connect(self._count_failed)

    @Slot(object)
    def _count(self, _: object) -> None:
        project = self._context.project
        if project is not None:
            self._queue.submit("count", lambda: _material_of(project))

    @Slot(object, object)
    def _counted(self, key: object, counts: _Material) -> None:
        self._counts = counts
        facts, warning = training_material(counts.train, counts.good_held_out, counts.defects)
        self._material.setText(facts)
        self._warning.setText(f"⚠ {warning}")
        self._warning.setVisible(bool(warning))
        self.form.set_marked_defects(counts.marked_defects)
        self.marked_defects.emit(counts.marked_defects)
        self._enable()

    @Slot(object, object)
    def _count_failed(self, key: object, error: BaseException) -> None:
        self.failed.emit(error)

    @Slot()
    def _enable(self) -> None:
        if self.run.runner.running:
            self._obstacle.hide()
            return
        obstacle = self.form.obstacle if self._counts.train else ""
        self._obstacle.setText(obstacle)
        self._obstacle.setVisible(bool(obstacle))
        self.start.setEnabled(self._context.project is not None and self._counts.train > 0 and not obstacle)
        if self._counts.found is not None and self.form.layers.complete:
            self.expected.tell(self._counts.found, self.form.choices)
        else:
            self.expected.tell_nothing()

    @Slot()
    def _began(self) -> None:
        self.expected.training_started()
        self._figure.setText(self.tr("The figure of each step is drawn here as soon as there is one."))
        self._show_running(True)

    @Slot(object)
    def _learn_from(self, trained: Trained) -> None:
        self.expected.training_ended(trained.result.total_s)

    @Slot()
    def _ended(self) -> None:
        self.plot.stop()
        self._show_running(False)

    def _show_running(self, running: bool) -> None:
        self._pages.setCurrentIndex(1 if running else 0)
        self.start.setText(self.tr("Cancel training") if running else self.tr("Start training"))
        set_role(self.start, "danger" if running else "primary", "big")
        self.start.setEnabled(running)
        self._enable()

    @Slot(str)
    def _show_stage(self, stage: str) -> None:
        self._figure.setText(f"{stage_name(stage)}\n{live_figure(stage)}")


def _material_of(project: Project) -> _Material:
    from inspector.detectors.input_size import looked_at
    from inspector.jobs.estimate import pictures

    def ids(label: Label, split: Split | None = None) -> list[int]:
        return project.samples.ids(SampleQuery(label=label, split=split))

    good, good_held_out, defects = ids(Label.GOOD, Split.TRAIN), ids(Label.GOOD, Split.TEST), ids(Label.DEFECT)
    sizes = [(row.width, row.height) for row in project.samples.rows([good[index] for index in looked_at(len(good))])]
    held_out = len(good_held_out) + len(defects)
    found = pictures(len(good), held_out, sizes, project.region) if sizes else None
    marked = len(ids(Label.DEFECT, Split.TRAIN))
    return _Material(len(good), len(good_held_out), len(defects), marked, found)
