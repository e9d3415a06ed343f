"""Name and place of a new project, or of a copy of one."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui.theme import TOUCH, set_role

_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def default_parent() -> Path:
    """Where new projects go unless the person says otherwise."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home()) / "Inspector"


def folder_name(name: str) -> str:
    """A project's name as a folder's name that every file system takes."""
    return _NOT_IN_NAMES.sub("_", name).strip(" .")


class NewProjectDialog(QDialog):
    """Emits `chosen` with name and folder. The folder is made below the place chosen and named like the project."""

    chosen = Signal(str, object)

    def __init__(self, title: str, accept: str, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(600)
        self.name = QLineEdit(name, self)
        self.name.setPlaceholderText(self.tr("For instance: washer M8, line 2"))
        self.place = QLineEdit(str(default_parent()), self)
        self._result = QLabel(self)
        self._result.setWordWrap(True)
        self._result.setProperty("role", "muted")
        self._browse = QPushButton(self.tr("Choose…"), self)
        self._browse.clicked.connect(self._choose_place)
        self.buttons = QDialogButtonBox(self)
        self._accept = self.buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
        set_role(self._accept, "primary")
        self.buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        for button in (*self.buttons.buttons(), self._browse):
            button.setMinimumHeight(TOUCH)
        self.buttons.accepted.connect(self._confirm)
        self.buttons.rejected.connect(self.reject)
        self.name.textChanged.connect(self._update)
        self.place.textChanged.connect(self._update)
        self._lay_out()
        self._update()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        for line, (text, field) in enumerate(((self.tr("Name"), self.name), (self.tr("Place"), self.place))):
            label = QLabel(text, self)
            label.setBuddy(field)
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
        grid.addWidget(self._browse, 1, 2)
        grid.addWidget(self._result, 2, 1, 1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(22)
        layout.addLayout(grid)
        layout.addWidget(self.buttons)

    @property
    def folder(self) -> Path | None:
        """Where the project would go, None while that cannot be said."""
        name, place = folder_name(self.name.text().strip()), self.place.text().strip()
        return Path(place).expanduser() / name if name and place else None

    @Slot()
    def _update(self) -> None:
        folder = self.folder
        self._accept.setEnabled(folder is not None)
        self._result.setText(
            self.tr("Type a name first.") if folder is None else self.tr("Folder: {folder}").format(folder=folder)
        )

    @Slot()
    def _choose_place(self) -> None:
        dialog = QFileDialog(self, self.tr("Where projects are kept"), self.place.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.place.setText)
        dialog.open()

    @Slot()
    def _confirm(self) -> None:
        if self.folder is not None:
            self.chosen.emit(self.name.text().strip(), self.folder)
            self.accept()
