"""The training pane, put together: models and trainer on the left, what came out on the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.data.models import ModelRow
from inspector.runtime.container import SUFFIX
from inspector.ui.context import AppContext
from inspector.ui.errors import ask
from inspector.ui.panes.training.card import card
from inspector.ui.panes.training.compare import CompareView
from inspector.ui.panes.training.model_keeping import ModelKeeper
from inspector.ui.panes.training.model_panel import ModelPanel
from inspector.ui.panes.training.model_result import ModelResult
from inspector.ui.panes.training.result_view import ResultView
from inspector.ui.panes.training.trainer import Trainer
from inspector.ui.panes.training.training_run import Trained
from inspector.ui.texts import duration, number
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.banner import Banner
from inspector.ui.workers import JobQueue

_LEFT_WIDTH = 350


class TrainingPane(QWidget):
    """Wires its parts; everything that reads, writes or computes runs in the background."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._telling = False
        self._closed = False
        self._doomed = 0
        self._queue = JobQueue("training", self)
        self.keeper = ModelKeeper(self._queue, self)
        self.models = ModelPanel(self)
        self.trainer = Trainer(context, self)
        self.result = ResultView(context, self._queue, self)
        self.banner = Banner(self)
        self.compare = CompareView(context, self)
        self.to_compare = QPushButton(self.tr("Compare methods…"), self)
        self._views = QStackedWidget(self)
        self._nothing = QLabel(self)
        self._pages = QStackedWidget(self)
        self._lay_out()
        self._connect()
        self._switch_project()

    def shutdown(self) -> None:
        """End training at once, save what was changed, end the threads; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        self._context.project_changed.disconnect(self._switch_project)
        self._context.samples_changed.disconnect(self.trainer.recount)
        self._context.models_changed.disconnect(self._models_changed)
        self.trainer.close_down()
        self.compare.close_down()
        self.result.close_down()
        self.keeper.close_down()
        self._queue.close()

    def _lay_out(self) -> None:
        left = QWidget(self)
        left.setFixedWidth(_LEFT_WIDTH)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(card(self.tr("Models"), self.models, self))
        column.addWidget(card(self.tr("New model"), self.trainer, self), 1)
        self.to_compare.setMinimumHeight(TOUCH)
        column.addWidget(self.to_compare)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        self._pages.addWidget(self._nothing)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.result)
        self._pages.addWidget(scroll)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.trainer.strip)
        right.addWidget(self.banner)
        right.addWidget(self._pages, 1)
        training = QWidget(self)
        row = QHBoxLayout(training)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(left)
        row.addLayout(right, 1)
        self._views.addWidget(training)
        self._views.addWidget(self.compare)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addWidget(self._views)

    def _connect(self) -> None:
        self._context.project_changed.connect(self._switch_project)
        self._context.samples_changed.connect(self.trainer.recount)
        self._context.models_changed.connect(self._models_changed)
        self.to_compare.clicked.connect(self._show_comparison)
        self.compare.left.connect(self._show_training)
        self.trainer.marked_defects.connect(self.compare.choices.set_marked_defects)
        self.compare.models_changed.connect(self._context.models_changed)
        self.models.selected.connect(self._look_at)
        self.models.models.rename_wanted.connect(self.keeper.rename)
        self.models.activate_wanted.connect(self.keeper.activate)
        self.models.export_wanted.connect(self._ask_where_to_export)
        self.models.removal_wanted.connect(self._ask_to_remove)
        self.keeper.listed.connect(self._listed)
        self.keeper.loaded.connect(self._loaded)
        self.keeper.changed.connect(self._tell)
        self.keeper.exported.connect(self._exported)
        self.result.editor.thresholds_saved.connect(self._tell)
        self.result.editor.labels_saved.connect(self._context.samples_changed)
        self.result.editor.stale.connect(self._reload)
        runner = self.trainer.run.runner
        runner.started.connect(self.banner.hide)
        self.trainer.run.trained.connect(self._trained)
        runner.cancelled.connect(self._cancelled)
        for source in (self.keeper, self.trainer, self.result, runner):
            source.failed.connect(self._context.failed)

    # the project and its models

    @Slot()
    def _switch_project(self) -> None:
        project = self._context.project
        self.banner.hide()
        self.models.set_models([])
        self.result.clear()
        self._say_nothing(self.tr("Results appear here when a model has been trained."))
        self.trainer.set_project(project)
        self.compare.set_project(project)
        self.to_compare.setEnabled(project is not None)
        self._show_training()
        self.keeper.set_project(project)

    @Slot()
    def _models_changed(self) -> None:
        """Somebody changed a model; what this pane did itself is shown already."""
        self.keeper.refresh()
        if not self._telling:
            self._reload()

    @Slot()
    def _tell(self) -> None:
        self._telling = True
        self._context.models_changed.emit()
        self._telling = False

    @Slot()
    def _reload(self) -> None:
        if self.models.chosen is not None:
            self.keeper.load(self.models.chosen)

    @Slot(object)
    def _listed(self, rows: list[ModelRow]) -> None:
        self.models.set_models(rows)

    @Slot(object)
    def _look_at(self, row: ModelRow | None) -> None:
        if row is None:
            self.result.clear()
            self._say_nothing(self.tr("Results appear here when a model has been trained."))
        else:
            self.keeper.load(row)

    @Slot(object)
    def _loaded(self, result: ModelResult) -> None:
        if self.models.chosen is not None and self.models.chosen.id == result.row.id:
            self.result.set_result(result)
            self._pages.setCurrentIndex(1)

    def _say_nothing(self, text: str) -> None:
        self._nothing.setText(text)
        self._pages.setCurrentWidget(self._nothing)

    # training

    @Slot(object)
    def _trained(self, trained: Trained) -> None:
        result = trained.result
        text = self.tr("{name} was trained on {n} good pictures in {time}.").format(
            name=trained.row.name, n=number(result.images), time=duration(result.total_s)
        )
        self._context.status.emit(text)
        remarks = list(result.remarks)
        if result.skipped:
            left_out = self.tr("{n} pictures were left out, for instance: {reason}")
            remarks.append(left_out.format(n=number(len(result.skipped)), reason=result.skipped[0].reason))
        if remarks:
            self.banner.say(" ".join((text, *remarks)), error=True)
        rows = [trained.row, *(row for row in self._rows() if row.id != trained.row.id)]
        self.models.set_models(rows)
        self.models.choose(trained.row.id)
        self._tell()

    def _rows(self) -> list[ModelRow]:
        models = self.models.models
        return [models.model(row) for row in range(models.rowCount())]

    @Slot()
    def _cancelled(self) -> None:
        self._context.status.emit(self.tr("Training was cancelled. Nothing was changed."))

    @Slot()
    def _show_comparison(self) -> None:
        self._views.setCurrentWidget(self.compare)

    @Slot()
    def _show_training(self) -> None:
        self._views.setCurrentIndex(0)

    # models

    @Slot(object)
    def _ask_to_remove(self, row: ModelRow) -> None:
        text = self.tr("Remove the model {name}? Its files are deleted. This cannot be undone.").format(name=row.name)
        self._doomed = row.id
        ask(self, text, self.tr("Remove"), self._remove, destructive=True)

    @Slot()
    def _remove(self) -> None:
        self.keeper.remove(self._doomed)

    @Slot(object)
    def _ask_where_to_export(self, row: ModelRow) -> None:
        kinds = self.tr("Model bundle (*{suffix})").format(suffix=SUFFIX)
        file, _ = QFileDialog.getSaveFileName(self, self.tr("Export model"), f"{row.name}{SUFFIX}", kinds)
        if file:
            path = Path(file)
            self.keeper.export(row, path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))

    @Slot(object)
    def _exported(self, file: Path) -> None:
        self.banner.say(self.tr("The model was exported to {file}.").format(file=file))
