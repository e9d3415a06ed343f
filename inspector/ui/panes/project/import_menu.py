"""Where samples come from: buttons for files, folders and the camera."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QWidget

from inspector.data.video import VIDEO_SUFFIXES
from inspector.imaging.files import IMAGE_SUFFIXES
from inspector.ui.texts import number
from inspector.ui.theme import TOUCH


class ImportButtons(QWidget):
    """Only asks which files; importing them is the pane's."""

    chosen = Signal(object)
    """Paths of files or of one folder."""
    capture_wanted = Signal()
    problems_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dialog: QFileDialog | None = None
        menu = QMenu(self)
        files = menu.addAction(self.tr("Pictures or videos…"))
        files.setShortcut(QKeySequence("Ctrl+I"))
        files.triggered.connect(self._choose_files)
        folder = menu.addAction(self.tr("Folder with all below it…"))
        folder.setShortcut(QKeySequence("Ctrl+Shift+I"))
        folder.triggered.connect(self._choose_folder)
        self.addActions([files, folder])
        self._import = QPushButton(self.tr("Import") + "     ", self)
        self._import.setMenu(menu)
        self._import.setProperty("role", "primary")
        self._camera = QPushButton(self.tr("Camera…"), self)
        self._camera.clicked.connect(self.capture_wanted)
        self._problems = QPushButton(self)
        self._problems.setProperty("role", "danger")
        self._problems.clicked.connect(self.problems_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for button in (self._import, self._camera, self._problems):
            button.setMinimumHeight(TOUCH)
            layout.addWidget(button)
        self.set_problems(0)

    def set_problems(self, count: int) -> None:
        """How many files could not be imported so far; the button is there only if any."""
        self._problems.setText(self.tr("Not usable: {count}…").format(count=number(count)))
        self._problems.setVisible(count > 0)

    def close_down(self) -> None:
        """Close a file dialog that is still open."""
        if self._dialog is not None:
            self._dialog.reject()

    @Slot()
    def _choose_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted({*IMAGE_SUFFIXES, *VIDEO_SUFFIXES}))
        dialog = QFileDialog(self, self.tr("Import pictures or videos"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Pictures and videos ({patterns})").format(patterns=patterns), "*"])
        self._open(dialog)

    @Slot()
    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Import a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog)

    def _open(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._selected)
        dialog.finished.connect(self._dialog_closed)
        self._dialog = dialog
        dialog.open()

    @Slot(list)
    def _selected(self, names: list[str]) -> None:
        self.chosen.emit([Path(name) for name in names])

    @Slot()
    def _dialog_closed(self) -> None:
        self._dialog = None
