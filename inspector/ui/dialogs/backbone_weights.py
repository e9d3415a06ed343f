"""Backbone weights on this computer: fetch them, bring them from files or a stick, copy them to one, remove them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.errors import InspectorError, shortage
from inspector.features.weights import remove_weights
from inspector.features.weights_transfer import ImportedFile
from inspector.settings import Settings
from inspector.ui.errors import ask, show_error
from inspector.ui.texts import error_sentence, number, translated
from inspector.ui.theme import TOUCH, set_role
from inspector.ui.weights_tasks import downloading, exporting_folder, importing, importing_folder, listing
from inspector.ui.widgets.banner import Banner
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.widgets.weights_table import WeightsTable
from inspector.ui.workers import Task, TaskRunner

_REPORT_HEIGHT = 110


class BackboneWeightsDialog(QDialog):
    """Not blocking: open it with `open()`. It closes when what runs has answered to cancel."""

    def __init__(self, settings: Settings, chosen: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Backbone weights"))
        self.resize(1000, 740)
        self._settings = settings
        self._tell: Callable[[Any], None] = self._say_nothing
        self._doomed = ""
        self._leaving = False
        self._outdated = False
        self.runner = TaskRunner(self)
        self.lister = TaskRunner(self)
        self.table = WeightsTable(chosen, self)
        self.banner = Banner(self)
        self.report = QPlainTextEdit(self)
        self.proxy = QLineEdit(settings.proxy or "", self)
        self.strip = ProgressStrip(self.runner, self)
        self._about = QLabel(self)
        self.download_button = QPushButton(self.tr("Download"), self)
        self.file_button = QPushButton(self.tr("Import file…"), self)
        self.remove_button = QPushButton(self.tr("Remove…"), self)
        self.folder_button = QPushButton(self.tr("Import folder…"), self)
        self.export_button = QPushButton(self.tr("Export to folder…"), self)
        self.close_button = QPushButton(self.tr("Close"), self)
        self._lay_out()
        self._connect()
        self._look()

    def _lay_out(self) -> None:
        self._about.setWordWrap(True)
        self._about.setProperty("role", "muted")
        self.report.setReadOnly(True)
        self.report.setAccessibleName(self.tr("What became of each file"))
        self.report.setMaximumHeight(_REPORT_HEIGHT)
        self.report.hide()
        self.proxy.setPlaceholderText(self.tr("http://name:port (empty: as the system says)"))
        caption = QLabel(self.tr("Proxy"), self)
        caption.setBuddy(self.proxy)
        buttons = QGridLayout()
        buttons.setSpacing(10)
        rows = (
            (self.download_button, self.file_button, self.remove_button),
            (self.folder_button, self.export_button, self.close_button),
        )
        for line, row in enumerate(rows):
            for column, button in enumerate(row):
                button.setMinimumHeight(TOUCH)
                button.setAutoDefault(False)
                buttons.addWidget(button, line, column)
        set_role(self.close_button, "primary")
        network = QHBoxLayout()
        network.addWidget(caption)
        network.addWidget(self.proxy, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._about)
        for widget in (self.banner, self.report, self.strip):
            layout.addWidget(widget)
        layout.addLayout(network)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.table.chosen_changed.connect(self._update)
        self.proxy.editingFinished.connect(self._keep_proxy)
        self.download_button.clicked.connect(self.download)
        self.file_button.clicked.connect(self._ask_for_file)
        self.remove_button.clicked.connect(self._ask_to_remove)
        self.folder_button.clicked.connect(self._ask_for_folder)
        self.export_button.clicked.connect(self._ask_where_to_export)
        self.close_button.clicked.connect(self.reject)
        self.lister.result.connect(self.table.set_rows)
        self.runner.result.connect(self._succeeded)
        self.runner.cancelled.connect(self._cancelled)
        for runner in (self.runner, self.lister):
            runner.failed.connect(self._failed)
        self.runner.finished.connect(self._look)
        self.lister.finished.connect(self._looked)

    # closing

    def done(self, result: int) -> None:
        """Close once nothing runs any more; until then cancel."""
        if self.runner.running or self.lister.running:
            self._leaving = True
            self.strip.cancel_button.click()
            self.lister.cancel()
        else:
            super().done(result)

    def close_down(self) -> None:
        """Close at once, because the whole window does."""
        self.runner.stop()
        self.lister.stop()
        self.done(0)

    # the work

    @Slot()
    def download(self) -> None:
        """Fetch the chosen backbone's official weights; what an interruption left is taken up."""
        row = self.table.chosen
        if row is not None:
            self._keep_proxy()
            text = self.tr("The weights of {name} were downloaded and checked.")
            self._start(downloading(row.info.id, self._settings.proxy), self._naming(text, row.info.title))

    def import_file(self, file: Path) -> None:
        """Take a file as the weights of the chosen backbone."""
        row = self.table.chosen
        if row is not None:
            text = self.tr("The weights of {name} were checked and imported.")
            self._start(importing(row.info.id, file), self._naming(text, row.info.title))

    def import_folder(self, folder: Path) -> None:
        """Take whatever in a folder belongs to a backbone."""
        self._start(importing_folder(folder), self._tell_about_files)

    def export_to(self, folder: Path) -> None:
        """Copy what was brought to this computer into a folder."""

        def tell(copies: list[Path]) -> None:
            text = self.tr("{n} files were copied to {folder}, with their checksums.")
            self.banner.say(text.format(n=number(len(copies)), folder=folder))

        self._start(exporting_folder(folder), tell)

    def _naming(self, text: str, title: str) -> Callable[[object], None]:
        def tell(_: object) -> None:
            self.banner.say(text.format(name=translated(title)))

        return tell

    def _start(self, task: Task, tell: Callable[[Any], None]) -> None:
        if not self.runner.running and not self._leaving:
            self._tell = tell
            self.banner.hide()
            self.report.hide()
            self.runner.start(task)
            self._update()

    def _say_nothing(self, outcome: object) -> None:
        """Before the first task."""

    @Slot(object)
    def _succeeded(self, outcome: Any) -> None:
        self._tell(outcome)

    def _tell_about_files(self, files: list[ImportedFile]) -> None:
        refused = sum(file.error is not None for file in files)
        imported = sum(file.state == "imported" for file in files)
        text = self.tr("{imported} of {n} files imported, {refused} refused.").format(
            imported=number(imported), n=number(len(files)), refused=number(refused)
        )
        self.banner.say(text, error=refused > 0)
        self.report.setPlainText("\n".join(self._line(file) for file in files))
        self.report.show()

    def _line(self, file: ImportedFile) -> str:
        text = {
            "imported": self.tr("imported as {name}"),
            "here": self.tr("already here ({name})"),
            "embedded": self.tr("comes with the program ({name})"),
            "refused": "{error}",
        }[file.state]
        reason = error_sentence(file.error) if file.error else ""
        return f"{file.path.name}: {text.format(name=file.name, error=reason)}"

    @Slot()
    def _cancelled(self) -> None:
        self.banner.say(self.tr("Cancelled. A download is taken up where it stopped."))

    @Slot(object)
    def _failed(self, error: BaseException) -> None:
        known = error if isinstance(error, InspectorError) else shortage(error)
        if known is None:
            show_error(self, error)
        else:
            self.banner.say(error_sentence(known), error=True)

    # what is shown

    @Slot()
    def _look(self) -> None:
        """See what is on this computer now."""
        self._outdated = self.lister.running
        if not self._leaving and not self.lister.running:
            self.lister.start(listing)
        self._update()

    @Slot()
    def _looked(self) -> None:
        if self._outdated:
            self._look()
        else:
            self._update()

    @Slot()
    def _update(self) -> None:
        if self._leaving and not self.runner.running and not self.lister.running:
            self.done(0)
            return
        busy = self.runner.running or self._leaving
        row = self.table.chosen
        info = row.info if row else None
        fetched = row is not None and info is not None and not info.embedded
        brought = [item for item in self.table.rows if item.path is not None and not item.info.embedded]
        self._about.setText(f"{translated(info.summary)}\n{translated(info.licence)}" if info else "")
        self.download_button.setEnabled(not busy and fetched and row is not None and row.state == "absent")
        self.file_button.setEnabled(not busy and fetched)
        self.remove_button.setEnabled(not busy and fetched and row is not None and bool(row.path or row.partial))
        self.folder_button.setEnabled(not busy)
        self.export_button.setEnabled(not busy and bool(brought))
        self.proxy.setEnabled(not busy)

    # questions

    @Slot()
    def _keep_proxy(self) -> None:
        text = self.proxy.text().strip() or None
        if text != self._settings.proxy:
            self._settings.proxy = text
            try:
                self._settings.save()
            except OSError as error:
                reason = error.strerror or str(error)
                self.banner.say(self.tr("The proxy could not be saved: {reason}.").format(reason=reason), error=True)

    @Slot()
    def _ask_for_file(self) -> None:
        kinds = self.tr("Weights (*.pth *.pt *.safetensors)")
        file, _ = QFileDialog.getOpenFileName(self, self.tr("Import weights"), "", kinds)
        if file:
            self.import_file(Path(file))

    @Slot()
    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder with weights"))
        if folder:
            self.import_folder(Path(folder))

    @Slot()
    def _ask_where_to_export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder to copy weights to"))
        if folder:
            self.export_to(Path(folder))

    @Slot()
    def _ask_to_remove(self) -> None:
        row = self.table.chosen
        if row is not None:
            self._doomed = row.info.id
            text = self.tr(
                "Remove the weights of {name} from this computer? Models that were trained with them go on working; "
                "new ones need them again."
            )
            text = text.format(name=translated(row.info.title))
            ask(self, text, self.tr("Remove"), self._remove, destructive=True)

    @Slot()
    def _remove(self) -> None:
        try:
            remove_weights(self._doomed)
        except InspectorError as error:
            self._failed(error)
        self._look()
