"""What is compared: methods with the reason why some cannot be chosen, data sets, preset and picture size."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.data.project import Project
from inspector.detectors.registry import detector_ids, detector_type
from inspector.ui.context import AppContext
from inspector.ui.panes.training.method_chooser import needs_defects_sentence
from inspector.ui.texts import translated
from inspector.ui.theme import TOUCH

_VALUE = Qt.ItemDataRole.UserRole
_DATA_HEIGHT = 112
_ROW_HEIGHT = 36


class Choices(QWidget):
    """Holds them; `fields` are those of a `BenchmarkJob`."""

    changed = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._marked_defects = 0
        self.methods = QListWidget(self)
        self.data = QListWidget(self)
        self.add_folder = QPushButton(self.tr("Add folder…"), self)
        self.add_project = QPushButton(self.tr("Add project"), self)
        self._recent = QMenu(self.add_project)
        self.preset = QComboBox(self)
        self.image_size = QSpinBox(self)
        self._fill_methods()
        self._lay_out()
        self._connect()
        self._enable_methods()

    @property
    def fields(self) -> dict[str, object]:
        """What to compare."""
        return {
            "datasets": self.datasets,
            "detectors": self.detectors,
            "preset": self.preset.currentData(),
            "image_size": self.image_size.value(),
        }

    @property
    def datasets(self) -> tuple[Path, ...]:
        """The folders that are ticked."""
        return tuple(Path(item.data(_VALUE)) for item in _ticked(self.data))

    @property
    def detectors(self) -> tuple[str, ...]:
        """The methods that are ticked and can be chosen."""
        return tuple(item.data(_VALUE) for item in _ticked(self.methods) if item.flags() & Qt.ItemFlag.ItemIsEnabled)

    def set_project(self, project: Project | None) -> None:
        """Offer the open project, ticked, and forget what was added before."""
        self.data.clear()
        if project is not None:
            self._add_data(project.folder, self.tr("This project"))  # its own name is in the database
        self._enable_methods()

    def add(self, folder: Path) -> None:
        """Offer one more data set, ticked; one that is there already is ticked."""
        for place in range(self.data.count()):
            if Path(self.data.item(place).data(_VALUE)) == folder:
                self.data.item(place).setCheckState(Qt.CheckState.Checked)
                return
        self._add_data(folder, folder.name)

    def tick_methods(self, detectors: tuple[str, ...]) -> None:
        """Choose exactly these."""
        for place in range(self.methods.count()):
            item = self.methods.item(place)
            item.setCheckState(_state(item.data(_VALUE) in detectors))

    @Slot(int)
    def set_marked_defects(self, count: int) -> None:
        """How many defects of the open project may be learned from."""
        self._marked_defects = count
        self._enable_methods()

    def _add_data(self, folder: Path, name: str) -> None:
        item = _item(name, str(folder))
        item.setToolTip(str(folder))
        item.setCheckState(Qt.CheckState.Checked)
        self.data.addItem(item)

    def _fill_methods(self) -> None:
        for name in detector_ids():
            item = _item(translated(detector_type(name).title), name)
            item.setCheckState(_state(name in ("padim", "patchcore")))
            self.methods.addItem(item)

    def _lay_out(self) -> None:
        for view, name in ((self.methods, self.tr("Methods to compare")), (self.data, self.tr("Data to compare on"))):
            view.setAccessibleName(name)
            view.setProperty("role", "ticks")
        self.data.setMaximumHeight(_DATA_HEIGHT)
        self.preset.addItem(self.tr("Quick"), "quick")
        self.preset.addItem(self.tr("Standard"), "standard")
        self.preset.setAccessibleName(self.tr("Preset"))
        self.image_size.setRange(64, 1024)
        self.image_size.setSingleStep(32)
        self.image_size.setValue(256)
        self.image_size.setSuffix(self.tr(" pixels"))
        self.image_size.setAccessibleName(self.tr("Size to which pictures are scaled"))
        self.add_project.setMenu(self._recent)
        buttons = QHBoxLayout()
        for button in (self.add_folder, self.add_project):
            button.setMinimumHeight(TOUCH)
            buttons.addWidget(button)
        rows = QFormLayout()
        rows.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        rows.addRow(self.tr("Preset"), self.preset)
        rows.addRow(self.tr("Picture size"), self.image_size)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(_caption(self.tr("Methods"), self))
        layout.addWidget(self.methods, 1)
        layout.addWidget(_caption(self.tr("Data"), self))
        layout.addWidget(self.data)
        layout.addLayout(buttons)
        layout.addLayout(rows)

    def _connect(self) -> None:
        self.methods.itemChanged.connect(self.changed)
        self.data.itemChanged.connect(self._enable_methods)
        self.data.model().rowsInserted.connect(self._enable_methods)
        self.add_folder.clicked.connect(self._ask_for_folder)
        self._recent.aboutToShow.connect(self._list_recent)
        self._recent.triggered.connect(self._add_recent)

    @Slot()
    def _enable_methods(self) -> None:
        """Grey what cannot learn here, and say why."""
        several = len(self.datasets) > 1
        self.methods.blockSignals(True)
        for place in range(self.methods.count()):
            item = self.methods.item(place)
            kind = detector_type(item.data(_VALUE))
            reason = ""
            if kind.needs_defects and not self._marked_defects:
                reason = needs_defects_sentence(kind)
            elif kind.needs_others and not several:
                reason = self.tr("Learns from other products: tick at least two sets of data.")
            item.setFlags(_flags(not reason))
            item.setToolTip(reason or translated(kind.summary))
        self.methods.blockSignals(False)
        self.changed.emit()

    @Slot()
    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder with pictures, or a data set"))
        if folder:
            self.add(Path(folder))

    @Slot()
    def _list_recent(self) -> None:
        self._recent.clear()
        project = self._context.project
        for folder in self._context.settings.recent_projects:
            if project is None or folder != project.folder:
                self._recent.addAction(folder.name).setData(str(folder))
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("No other project was opened lately")).setEnabled(False)

    @Slot(QAction)
    def _add_recent(self, action: QAction) -> None:
        self.add(Path(action.data()))


def _item(text: str, value: str) -> QListWidgetItem:
    item = QListWidgetItem(text)
    item.setData(_VALUE, value)
    item.setSizeHint(QSize(0, _ROW_HEIGHT))
    return item


def _ticked(view: QListWidget) -> list[QListWidgetItem]:
    items = [view.item(place) for place in range(view.count())]
    return [item for item in items if item.checkState() == Qt.CheckState.Checked]


def _state(ticked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked


def _flags(enabled: bool) -> Qt.ItemFlag:
    shown = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
    return shown | Qt.ItemFlag.ItemIsEnabled if enabled else shown


def _caption(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label
