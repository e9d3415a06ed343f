"""An unexpected error, our bug: what happened, where the log is, and a button that copies all worth reporting."""

from __future__ import annotations

import platform
import traceback

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from inspector import __version__, paths
from inspector.ui.theme import TOUCH, set_role


def report(error: BaseException) -> str:
    """All that helps to find a bug: versions, system, traceback."""
    trace = "".join(traceback.format_exception(error))
    head = f"Inspector {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return f"{head}\nLog: {paths.log_folder()}\n\n{trace}"


class CrashDialog(QDialog):
    """Shown once at a time; further errors are added to it."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Unexpected error"))
        self.resize(720, 480)
        heading = QLabel(self.tr("Something went wrong that should not have"), self)
        heading.setProperty("role", "heading")
        text = QLabel(
            self.tr(
                "This is a mistake in Inspector, not yours. What was saved before is safe, and you can go on; if "
                "things look odd, start Inspector again. Copy the details and send them to whoever maintains it here. "
                "The log is in {folder}."
            ).format(folder=paths.log_folder()),
            self,
        )
        text.setWordWrap(True)
        self.details = QPlainTextEdit(report(error), self)
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName(self.tr("Details of the error"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(14)
        for widget in (heading, text, self.details, self._make_buttons()):
            layout.addWidget(widget)

    def _make_buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(self)
        self.copy_button = box.addButton(self.tr("Copy details"), QDialogButtonBox.ButtonRole.ActionRole)
        self.folder_button = box.addButton(self.tr("Open log folder"), QDialogButtonBox.ButtonRole.ActionRole)
        close = box.addButton(self.tr("Go on"), QDialogButtonBox.ButtonRole.RejectRole)
        set_role(close, "primary")
        for button in box.buttons():
            button.setMinimumHeight(TOUCH)
        self.copy_button.clicked.connect(self._copy)
        self.folder_button.clicked.connect(self._open_folder)
        box.rejected.connect(self.reject)
        return box

    def add(self, error: BaseException) -> None:
        """Append another error to the details."""
        self.details.appendPlainText("\n" + "".join(traceback.format_exception(error)))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self.copy_button.setText(self.tr("Copied"))

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths.log_folder())))
