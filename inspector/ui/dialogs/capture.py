"""Taking samples with a camera: live picture, one large button, a label for what is taken."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.data.dataset import Label
from inspector.data.rows import SampleRow
from inspector.imaging.frame import Frame
from inspector.settings import Settings
from inspector.ui.errors import show_error
from inspector.ui.live_frames import LiveFrames
from inspector.ui.panes.project.editing import SampleEditor
from inspector.ui.texts import label_word, number
from inspector.ui.theme import TOUCH, set_role
from inspector.ui.widgets.image_view import ImageView
from inspector.ui.widgets.source_selector import SourceSelector, source_from

LABELS = (Label.GOOD, Label.DEFECT, Label.UNSURE, Label.NONE)


class CaptureDialog(QDialog):
    """Space takes the picture that is shown. Reading and storing happen in the background."""

    def __init__(self, settings: Settings, editor: SampleEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Take samples with a camera"))
        self.resize(980, 720)
        self._settings = settings
        self._editor = editor
        self._newest: Frame | None = None
        self._last: int | None = None
        self._taken: set[int] = set()
        self.live = LiveFrames(self)
        self.sources = SourceSelector(source_from(settings.inspection_source), self)
        self.view = ImageView(self)
        self.view.set_placeholder(self.tr("Choose a source and press Start."))
        self.start_button = QPushButton(self.tr("Start"), self)
        self.take_button = QPushButton(self.tr("Take picture (space)"), self)
        self.discard_button = QPushButton(self.tr("Discard the last"), self)
        self._done = QPushButton(self.tr("Done"), self)
        self._count = QLabel(self)
        self._lay_out()
        self._connect()
        self.sources.refresh()
        self._update()

    @property
    def label(self) -> Label:
        """What the next picture will be labelled."""
        return LABELS[self._labels.checkedId()]

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.sources, 1)
        top.addWidget(self.start_button)
        labels = QHBoxLayout()
        labels.setSpacing(8)
        labels.addWidget(QLabel(self.tr("These parts are"), self))
        self._labels = QButtonGroup(self)
        for place, label in enumerate(LABELS):
            button = QPushButton(label_word(label), self)
            button.setCheckable(True)
            button.setMinimumHeight(TOUCH)
            self._labels.addButton(button, place)
            labels.addWidget(button)
        self._labels.button(0).setChecked(True)
        labels.addStretch(1)
        labels.addWidget(self._count)
        bottom = QHBoxLayout()
        bottom.setSpacing(10)
        bottom.addWidget(self.take_button, 1)
        bottom.addWidget(self.discard_button)
        bottom.addWidget(self._done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addLayout(labels)
        layout.addLayout(bottom)
        set_role(self.take_button, "big", "primary")
        set_role(self.discard_button, "big")
        set_role(self._done, "big")
        self.start_button.setMinimumHeight(TOUCH)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
            # Space takes a picture wherever the focus is, so no button may swallow it.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _connect(self) -> None:
        self.start_button.clicked.connect(self._start_or_stop)
        self.take_button.clicked.connect(self.take)
        self.discard_button.clicked.connect(self._discard)
        self._done.clicked.connect(self.accept)
        self._space = QShortcut(QKeySequence(Qt.Key.Key_Space), self)
        self._space.activated.connect(self.take)
        self.sources.changed.connect(self._update)
        self.live.frame.connect(self._show)
        self.live.failed.connect(self._fail)
        self.live.ended.connect(self._ended)
        self.live.runner.started.connect(self._update)
        self.live.runner.finished.connect(self._update)
        self._editor.captured.connect(self._stored)
        self._editor.removed.connect(self._removed)

    @Slot()
    def take(self) -> None:
        """Keep the picture that is shown."""
        if self._newest is not None:
            self._editor.capture(self._newest, self.label)

    def done(self, result: int) -> None:
        """Release the camera before closing."""
        self.live.close()
        self.sources.shutdown()
        super().done(result)

    @Slot()
    def _start_or_stop(self) -> None:
        source = self.sources.source
        if self.live.running:
            self.live.stop()
        elif source is not None:
            self.view.set_placeholder(self.tr("Opening {source}…").format(source=source))
            self.view.set_image(None)
            self._newest = None
            self.live.start(source, self._settings.camera_read_timeout_s)
        self._update()

    @Slot(object)
    def _show(self, frame: Frame) -> None:
        first = self._newest is None
        self._newest = frame
        self.view.set_image(frame.pixels)
        if first:
            self._update()

    @Slot(object)
    def _stored(self, row: SampleRow) -> None:
        self._taken.add(row.id)
        self._last = row.id
        self._update()

    @Slot(object)
    def _removed(self, ids: list[int]) -> None:
        self._taken.difference_update(ids)
        self._update()

    @Slot()
    def _discard(self) -> None:
        if self._last is not None:
            self._editor.remove([self._last])
            self._last = None
            self._update()

    @Slot()
    def _ended(self) -> None:
        self._count.setText(self.tr("The source has come to its end."))

    @Slot(object)
    def _fail(self, error: BaseException) -> None:
        self.view.set_placeholder(self.tr("No picture."))
        self.view.set_image(None)
        self._newest = None
        self._update()
        show_error(self, error)

    @Slot()
    def _update(self) -> None:
        running = self.live.running
        self.start_button.setText(self.tr("Stop") if running else self.tr("Start"))
        self.start_button.setEnabled(running or self.sources.source is not None)
        self.sources.setEnabled(not running)
        self.take_button.setEnabled(self._newest is not None)
        self.discard_button.setEnabled(self._last is not None)
        self._count.setText(self.tr("{count} taken").format(count=number(len(self._taken))) if self._taken else "")
