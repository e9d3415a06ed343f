"""Choosing the other products that a method learns from: projects opened lately, and any folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from inspector.ui.context import AppContext
from inspector.ui.recent import RecentProject, RecentProjects
from inspector.ui.theme import TOUCH

_ROWS_SHOWN = 4
_ROW_HEIGHT = 36
_FOLDER = Qt.ItemDataRole.UserRole


class OthersChooser(QWidget):
    """A list to tick in. The project that is open is not in it: it is the product that is to be judged."""

    changed = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._recent = RecentProjects(context.settings, self)
        self._added: list[Path] = []
        caption = QLabel(self.tr("Other products"), self)
        caption.setProperty("role", "heading")
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Other products to learn from"))
        self.list.setFixedHeight(_ROWS_SHOWN * _ROW_HEIGHT)
        self.add_button = QPushButton(self.tr("Add a folder…"), self)
        self.add_button.setMinimumHeight(TOUCH)
        self.add_button.setToolTip(
            self.tr("A project, a folder of good pictures, or one in MVTec AD layout. Its good pictures are used.")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (caption, self.list, self.add_button):
            layout.addWidget(widget)
        self._recent.changed.connect(self._fill)
        self.list.itemChanged.connect(self.changed)
        self.add_button.clicked.connect(self._ask_for_folder)
        self._fill()

    @property
    def chosen(self) -> tuple[Path, ...]:
        """The folders that are ticked, in the order shown."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(item.data(_FOLDER) for item in items if item.checkState() == Qt.CheckState.Checked)

    @property
    def obstacle(self) -> str:
        """Why training cannot begin with these, "" where it can."""
        return "" if self.chosen else self.tr("Tick at least one other product to learn from, or add a folder.")

    @Slot()
    def refresh(self) -> None:
        """Look again which projects there are; the open one may be another."""
        self._fill()
        self._recent.check()

    def add(self, folder: Path) -> None:
        """Offer a folder, ticked."""
        if folder not in self._added:
            self._added.append(folder)
        self._fill(ticked=folder)

    def close_down(self) -> None:
        """End the thread."""
        self._recent.close()

    @Slot()
    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Good pictures of another product"))
        if folder:
            self.add(Path(folder))

    @Slot()
    def _fill(self, ticked: Path | None = None) -> None:
        kept = {*self.chosen, ticked}
        project = self._context.project
        own = None if project is None else project.folder
        recent = {item.folder: item for item in self._recent.items()}
        offered = {**recent, **{folder: RecentProject(folder) for folder in self._added if folder not in recent}}
        blocker = QSignalBlocker(self.list)
        self.list.clear()
        for folder, item in offered.items():
            if folder != own:
                self.list.addItem(_row(item, ticked=folder in kept))
        del blocker
        self.changed.emit()


def _row(project: RecentProject, *, ticked: bool) -> QListWidgetItem:
    """One folder; what cannot be reached cannot be ticked."""
    item = QListWidgetItem(project.folder.name)
    item.setData(_FOLDER, project.folder)
    item.setToolTip(str(project.folder) if project.reason is None else f"{project.folder}\n{project.reason}")
    reachable = project.reason is None
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable if reachable else Qt.ItemFlag.NoItemFlags)
    item.setCheckState(Qt.CheckState.Checked if ticked and reachable else Qt.CheckState.Unchecked)
    return item
