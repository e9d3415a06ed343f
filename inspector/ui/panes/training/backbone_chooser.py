"""Choosing features, with an honest word on what they are and where their weights come from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.features.registry import DEFAULT_BACKBONE, BackboneInfo, backbone_infos
from inspector.features.weights import available, stored_weights
from inspector.ui.context import AppContext
from inspector.ui.dialogs.backbone_weights import BackboneWeightsDialog
from inspector.ui.texts import translated
from inspector.ui.theme import TOUCH
from inspector.ui.weights_tasks import downloading, importing
from inspector.ui.widgets.parameter_editors import WheelGuard
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.workers import Task, TaskRunner


class BackboneChooser(QWidget):
    """Names one backbone. `ready` tells whether its weights are on this computer; `changed` that either may differ."""

    changed = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._infos = {info.id: info for info in backbone_infos()}
        self.runner = TaskRunner(self)
        self.choice = QComboBox(self)
        self.choice.setAccessibleName(self.tr("Features"))
        WheelGuard(self).guard(self.choice)
        for info in self._infos.values():
            self.choice.addItem(translated(info.title), info.id)
        self._summary = _wrapped(self, "")
        self._weights = _wrapped(self, "muted")
        self.download = QPushButton(self.tr("Download"), self)
        self.choose_file = QPushButton(self.tr("Choose file…"), self)
        self.manage_button = QPushButton(self.tr("All backbone weights…"), self)
        self._strip = ProgressStrip(self.runner, self)
        self._lay_out()
        self._connect()
        self.choice.setCurrentIndex(self.choice.findData(DEFAULT_BACKBONE))
        self._show()

    @property
    def info(self) -> BackboneInfo:
        """The chosen backbone."""
        return self._infos[self.choice.currentData()]

    def choose(self, name: str) -> None:
        """Choose a backbone by its id."""
        self.choice.setCurrentIndex(self.choice.findData(name))

    @property
    def ready(self) -> bool:
        """Whether training could use it now."""
        return available(self.info.id)

    def import_file(self, file: Path) -> None:
        """Take weights from a file, checked in the background."""
        self._start(importing(self.info.id, file))

    def close_down(self) -> None:
        """Stop downloading; what is there already is taken up next time."""
        self.runner.stop()
        for dialog in self.findChildren(BackboneWeightsDialog):
            dialog.close_down()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.download, self.choose_file):
            button.setMinimumHeight(TOUCH)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.choice, self._summary, self._weights):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.manage_button.setMinimumHeight(TOUCH)
        layout.addWidget(self.manage_button)
        layout.addWidget(self._strip)

    def _connect(self) -> None:
        self.choice.currentIndexChanged.connect(self._show)
        self.download.clicked.connect(self.start_download)
        self.choose_file.clicked.connect(self._ask_for_file)
        self.manage_button.clicked.connect(self.manage)
        self.runner.failed.connect(self._context.failed)
        self.runner.finished.connect(self._show)

    @Slot()
    def start_download(self) -> None:
        """Fetch the official weights of the chosen backbone."""
        self._start(downloading(self.info.id, self._context.settings.proxy))

    @Slot()
    def manage(self) -> None:
        """Open the dialog about the weights of all backbones."""
        dialog = BackboneWeightsDialog(self._context.settings, self.info.id, self)
        dialog.finished.connect(self._show)
        dialog.open()

    def _start(self, task: Task) -> None:
        if not self.runner.running:
            self.runner.start(task)
            self._show()

    @Slot()
    def _ask_for_file(self) -> None:
        title = self.tr("Weights of {name}").format(name=translated(self.info.title))
        file, _ = QFileDialog.getOpenFileName(self, title, "", self.tr("Weights (*.pth *.pt *.safetensors)"))
        if file:
            self.import_file(Path(file))

    @Slot()
    def _show(self) -> None:
        info, busy = self.info, self.runner.running
        self._summary.setText(translated(info.summary))
        self._summary.setToolTip(translated(info.licence))
        self._weights.setText(self._where(info))
        self._weights.setToolTip(translated(info.licence))
        for button in (self.download, self.choose_file):
            button.setVisible(not info.embedded and not busy)
        self.download.setVisible(not busy and info.url is not None and not self.ready)
        self.choice.setEnabled(not busy)
        self.manage_button.setEnabled(not busy)
        self.changed.emit()

    def _where(self, info: BackboneInfo) -> str:
        if info.embedded:
            return self.tr("Comes with the program, works offline.")
        stored = stored_weights(info.id)
        if stored is None:
            return self.tr("Weights are not on this computer yet. Download them, or choose a file that you have.")
        if stored.source == "download":
            return self.tr("Weights downloaded and checked.")
        return self.tr("Weights imported from a file.")


def _wrapped(parent: QWidget, role: str) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label
