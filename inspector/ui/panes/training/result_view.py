"""All about one trained model: figures, histogram with movable thresholds, images with heatmaps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from inspector.data.dataset import Label
from inspector.evaluation.judge import Thresholds
from inspector.runtime.manifest import ThresholdPart
from inspector.ui.context import AppContext
from inspector.ui.models.score_table import ScoredImage
from inspector.ui.panes.training.editing import ResultEditor
from inspector.ui.panes.training.figures_panel import FiguresPanel
from inspector.ui.panes.training.image_panel import ImagePanel
from inspector.ui.panes.training.image_table import ImageTable
from inspector.ui.panes.training.metric_tiles import MetricTiles
from inspector.ui.panes.training.model_result import ModelResult
from inspector.ui.panes.training.wording import judged_in_tiles, measured_on
from inspector.ui.theme import TOUCH, set_role
from inspector.ui.throttle import Throttle
from inspector.ui.widgets.score_histogram import ScoreHistogram
from inspector.ui.workers import JobQueue

_INTERVAL_MS = 33
_SMALLEST = (744, 540)
"""Below this, numbers would overlap: the pane scrolls instead."""


class ResultView(QWidget):
    """Shows a `ModelResult`; changes go through its `editor`, which saves them."""

    failed = Signal(object)

    def __init__(self, context: AppContext, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._result: ModelResult | None = None
        self.editor = ResultEditor(queue, self)
        self._measured = QLabel(self)
        self._measured.setWordWrap(True)
        self._measured.setProperty("role", "muted")
        self.tiles = MetricTiles(self)
        self.histogram = ScoreHistogram(self)
        self.figures = FiguresPanel(self)
        self.images = ImageTable(self)
        self.picture = ImagePanel(context, self)
        self.tabs = QTabWidget(self)
        self._moves = Throttle(_INTERVAL_MS, self)
        self.setMinimumSize(*_SMALLEST)
        self._lay_out()
        self._connect()

    @property
    def result(self) -> ModelResult | None:
        """What is shown."""
        return self._result

    def set_result(self, result: ModelResult) -> None:
        """Show a model."""
        known = self._result is not None and self._result.row.id == result.row.id
        self._result = result
        part = result.bundle.manifest.thresholds
        metrics = result.bundle.manifest.metrics
        self.editor.set_result(result)
        tiles = judged_in_tiles(result.bundle.manifest.tiling)
        self._measured.setText(f"{measured_on(metrics)} {tiles}".strip())
        self.tiles.set_metrics(metrics)
        self.histogram.set_scores(result.evidence.good, result.evidence.defect)
        self.figures.set_evidence(result.evidence)
        chosen = self.images.chosen if known else None
        self.picture.clear(result.bundle)
        self.images.set_result(result, part.build())
        self._show_part(part)
        if chosen is not None:
            self._show_image(chosen)
        else:
            self.images.choose_first()

    def clear(self) -> None:
        """Let go of the model."""
        self._moves.drop()
        self._result = None
        self.editor.set_result(None)
        self.picture.clear()

    def close_down(self) -> None:
        """End the threads."""
        self._moves.drop()
        self.picture.close_down()

    def _lay_out(self) -> None:
        numbers = QFrame(self)
        set_role(numbers, "card")
        upper = QHBoxLayout(numbers)
        upper.setContentsMargins(14, 10, 14, 12)
        upper.setSpacing(18)
        upper.addWidget(self.histogram, 5)
        upper.addWidget(self.figures, 3)
        pictures = QSplitter(Qt.Orientation.Horizontal, self)
        pictures.addWidget(self.images)
        pictures.addWidget(self.picture)
        pictures.setChildrenCollapsible(False)
        pictures.setSizes([450, 320])
        self.tabs.addTab(numbers, self.tr("Thresholds"))
        self.tabs.addTab(pictures, self.tr("Pictures"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.tiles)
        layout.addLayout(self._make_header())
        layout.addWidget(self.tabs, 1)

    def _make_header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self._measured, 1)
        for action, text in zip(self._make_actions(), ("↶", "↷"), strict=True):
            button = QToolButton(self)
            button.setText(text)
            button.setFixedSize(TOUCH, TOUCH)
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.text())
            button.setAccessibleName(action.text())
            button.clicked.connect(action.trigger)
            action.enabledChanged.connect(button.setEnabled)
            row.addWidget(button)
        return row

    def _make_actions(self) -> list[QAction]:
        undo = self.editor.undo_stack.createUndoAction(self, self.tr("Undo"))
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo = self.editor.undo_stack.createRedoAction(self, self.tr("Redo"))
        redo.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        for action in (undo, redo):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.addAction(action)
        return [undo, redo]

    def _connect(self) -> None:
        self.histogram.thresholds_changed.connect(self._moved)
        self.histogram.thresholds_committed.connect(self._committed)
        self._moves.ready.connect(self._judge)
        self.figures.proposed.connect(self.editor.set_thresholds)
        self.editor.thresholds_changed.connect(self._show_part)
        self.editor.label_changed.connect(self._show_label)
        self.images.selected.connect(self._show_image)
        self.images.opened.connect(self.picture.open_large)
        self.picture.relabel_wanted.connect(self._relabel)
        for source in (self.figures, self.editor, self.picture):
            source.failed.connect(self.failed)

    @Slot(float, float)
    def _moved(self, review: float, fail: float) -> None:
        self._moves.submit(Thresholds(review, fail))

    @Slot(object)
    def _judge(self, thresholds: Thresholds) -> None:
        """Follow the finger: figures, F1 and verdicts."""
        if self._result is None:
            return
        self.figures.show_thresholds(thresholds.review, thresholds.fail)
        self.tiles.set_f1(self._result.evidence.judged(thresholds).f1)
        self.images.set_thresholds(thresholds)

    @Slot(float, float)
    def _committed(self, review: float, fail: float) -> None:
        if self._result is not None:
            self.editor.set_thresholds(self._result.evidence.manual(review, fail))

    @Slot(object)
    def _show_part(self, part: ThresholdPart) -> None:
        self._moves.drop()
        self.histogram.set_thresholds(part.review, part.fail)
        self.figures.show_origin(part)
        self._judge(part.build())
        self.images.refresh()
        self.picture.set_fail_threshold(part.fail)

    @Slot(object)
    def _show_image(self, image: ScoredImage) -> None:
        self.picture.show_image(image)

    @Slot(object, object)
    def _relabel(self, image: ScoredImage, label: Label) -> None:
        if self._context.project is not None:
            current = self.images.chosen
            newest = current if current is not None and current.sha256 == image.sha256 else image
            self.editor.set_label(self._context.project.samples, newest, label)

    @Slot(str, object)
    def _show_label(self, sha256: str, label: Label) -> None:
        self.images.set_label(sha256, label)
        self.picture.show_label(sha256, label)
