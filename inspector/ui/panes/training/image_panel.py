"""One scored image with its heatmap, and buttons to correct its label."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from inspector.data.dataset import Label
from inspector.errors import InspectorError
from inspector.imaging.overlay import contours
from inspector.runtime.bundle import Bundle
from inspector.ui.context import AppContext
from inspector.ui.models.score_table import ScoredImage
from inspector.ui.panes.training.heatmaps import Heatmap, HeatmapMaker
from inspector.ui.panes.training.large_view import LargeView
from inspector.ui.texts import error_sentence, label_word, no_map_text
from inspector.ui.theme import TOUCH, colours_of
from inspector.ui.widgets.image_view import ImageView
from inspector.ui.workers import JobQueue


class ImagePanel(QWidget):
    """Judges the image again in the background to get its map; only the newest wish is shown."""

    relabel_wanted = Signal(object, object)
    """A `ScoredImage` and the `Label` it should have."""
    failed = Signal(object)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._maker = HeatmapMaker()
        self._queue = JobQueue("heatmaps", self, newest_first=True, limit=1)
        self._bundle: Bundle | None = None
        self._image: ScoredImage | None = None
        self._heatmap: Heatmap | None = None
        self._fail = 0.0
        self._large: LargeView | None = None
        self.view = ImageView(self)
        self._caption = QLabel(self)
        self._caption.setWordWrap(True)
        self._no_map = QLabel(no_map_text(), self)
        self._no_map.setWordWrap(True)
        self._no_map.setProperty("role", "muted")
        self.heat = QToolButton(self)
        self.enlarge = QToolButton(self)
        self.labels = {
            label: QPushButton(label_word(label), self) for label in (Label.GOOD, Label.DEFECT, Label.UNSURE)
        }
        self._lay_out()
        self._connect()
        self.clear()

    def clear(self, bundle: Bundle | None = None) -> None:
        """Show no image; the next ones belong to this bundle."""
        self._queue.clear()
        self._bundle, self._image, self._heatmap = bundle, None, None
        self.view.set_image(None)
        self._offer_heat()
        self._describe()

    def show_image(self, image: ScoredImage) -> None:
        """Show a scored image; the one before stays until this one is judged."""
        self._image = image
        self._describe()
        if self._bundle is None:
            return
        if image.path is None:
            self._queue.clear()
            self._say(self.tr("This picture is no longer in the project."))
            return
        bundle, path, settings = self._bundle, image.path, self._context.settings
        opacity, colours = settings.heatmap_opacity, settings.colour_map

        def judge() -> Heatmap:
            return self._maker.make(bundle, path, image.sha256, opacity, colours)

        self._queue.submit(image.sha256, judge)

    def show_label(self, sha256: str, label: Label) -> None:
        """Note what the project says of the image now."""
        if self._image is not None and self._image.sha256 == sha256:
            self._mark_label(label)

    def set_fail_threshold(self, fail: float) -> None:
        """Outline what lies above another threshold."""
        self._fail = fail
        self._draw_contours()

    def close_down(self) -> None:
        """End the judging thread."""
        self._queue.clear()
        self._queue.close()
        self._maker.close()
        if self._large is not None:
            self._large.close()

    def _lay_out(self) -> None:
        for button, text in ((self.heat, self.tr("Heatmap")), (self.enlarge, self.tr("Enlarge"))):
            button.setText(text)
            button.setMinimumHeight(TOUCH)
        self.heat.setCheckable(True)
        self.heat.setChecked(True)
        top, buttons = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._caption, 1)
        top.addWidget(self.heat)
        top.addWidget(self.enlarge)
        buttons.addWidget(QLabel(self.tr("Label"), self))
        for choice in self.labels.values():
            choice.setCheckable(True)
            choice.setMinimumHeight(TOUCH)
            choice.setToolTip(self.tr("Correct the label in the project. It counts from the next training on."))
            buttons.addWidget(choice, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._no_map)
        layout.addWidget(self.view, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self._queue.done.connect(self._received)
        self._queue.failed.connect(self._refused)
        self.heat.toggled.connect(self._show_heat)
        self.enlarge.clicked.connect(self.open_large)
        for button in self.labels.values():
            button.clicked.connect(self._label_clicked)

    @Slot(object, object)
    def _received(self, sha256: str, heatmap: Heatmap) -> None:
        if self._image is None or sha256 != self._image.sha256:
            return
        self._heatmap = heatmap
        self.enlarge.setEnabled(True)
        self.heat.setEnabled(heatmap.overlay is not None)
        self.view.set_image(heatmap.crop)
        self._show_heat()

    @Slot(object, object)
    def _refused(self, sha256: str, error: BaseException) -> None:
        if self._image is None or sha256 != self._image.sha256:
            return
        if isinstance(error, InspectorError):
            self._say(error_sentence(error))
        else:
            self.failed.emit(error)

    def _say(self, sentence: str) -> None:
        self._heatmap = None
        self.enlarge.setEnabled(False)
        self.view.set_placeholder(sentence)
        self.view.set_image(None)

    def _describe(self) -> None:
        image = self._image
        self._caption.setText("" if image is None else image.name)
        for button in self.labels.values():
            button.setEnabled(image is not None and image.sample_id is not None)
        self.enlarge.setEnabled(self._heatmap is not None)
        self._mark_label(None if image is None else image.label_now)

    def _offer_heat(self) -> None:
        """Before a picture is chosen: what the model has to show."""
        has_map = self._bundle is None or self._bundle.manifest.has_map
        self.heat.setEnabled(has_map)
        self._no_map.setVisible(not has_map)
        select = self.tr("Select a picture in the table to see where the model looks.")
        self.view.set_placeholder(select if has_map else self.tr("Select a picture in the table to see it."))

    def _mark_label(self, now: Label | None) -> None:
        for label, button in self.labels.items():
            button.setChecked(label is now)

    @Slot()
    def _show_heat(self) -> None:
        if self._heatmap is None:
            return
        wanted = self.heat.isChecked() and self._heatmap.overlay is not None
        self.view.set_overlay(self._heatmap.overlay if wanted else None, 1.0)
        self._draw_contours()

    def _draw_contours(self) -> None:
        if self._heatmap is None or self._heatmap.anomaly_map is None:
            return
        outlines = contours(self._heatmap.anomaly_map, self._fail) if self.heat.isChecked() else []
        self.view.set_contours(outlines, QColor(colours_of(self).failed))

    @Slot()
    def _label_clicked(self) -> None:
        wanted = next(label for label, button in self.labels.items() if button is self.sender())
        if self._image is not None:
            self._mark_label(wanted)
            self.relabel_wanted.emit(self._image, wanted)

    @Slot()
    def open_large(self) -> None:
        """Show the image as large as the screen allows."""
        if self._heatmap is None or self._image is None:
            return
        if self._large is not None:
            self._large.deleteLater()
        self._large = LargeView(self._image.name, self._heatmap, self.heat.isChecked(), self.window())
        self._large.open()
