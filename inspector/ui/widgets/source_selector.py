"""Choosing what to look at: cameras that are plugged in, addresses, files, folders, simulated lines."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QInputDialog, QLineEdit, QWidget

from inspector.cameras.base import CameraInfo, CameraSource, Kind
from inspector.cameras.registry import KINDS, list_cameras
from inspector.imaging.simulation import products
from inspector.tasks import CancelToken, Progress
from inspector.ui.errors import show_error
from inspector.ui.workers import TaskRunner

VIDEOS = "*.mp4 *.avi *.mov *.mkv *.m4v *.webm *.wmv"


def source_from(stored: tuple[str, str] | None) -> CameraSource | None:
    """A source from the settings; None for a kind that this version does not know."""
    kinds: dict[str, Kind] = {kind: kind for kind in KINDS}
    return CameraSource(kinds[stored[0]], stored[1]) if stored and stored[0] in kinds else None


def _line_name(address: str) -> str:
    """What a simulated line makes, with its options as they are: `Machined washer (defects=0.3)`."""
    product_id, _, options = address.partition("?")
    title = next((product.title for product in products() if product.id == product_id), product_id)
    return f"{title} ({options.replace('&', ', ')})" if options else title


class SourceSelector(QWidget):
    """A list of sources; its last entries open a dialog and add what was chosen there. `changed` when another source
    is selected, by a person or because the list came to be known."""

    changed = Signal()

    def __init__(self, remembered: CameraSource | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._remembered = remembered
        self._lister = TaskRunner(self)
        self._lister.result.connect(self._show_found)
        self._lister.failed.connect(self._not_listed)
        self.box = QComboBox(self)
        self.box.setAccessibleName(self.tr("Source"))
        self.box.setMinimumHeight(48)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(16)
        self.box.activated.connect(self._activated)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, 1)
        self._fill([])

    @property
    def source(self) -> CameraSource | None:
        """What is selected, None while nothing is."""
        chosen = self.box.currentData()
        return chosen if isinstance(chosen, CameraSource) else None

    def select(self, source: CameraSource) -> None:
        """Select a source, adding it to the list if it is not there."""
        place = self._place_of(source)
        if place < 0:
            self.box.insertItem(0, self._title(source), source)
            self._set_tip(0, source)
            place = 0
        self._remembered = source
        self.box.setCurrentIndex(place)
        self.changed.emit()

    @Slot()
    def refresh(self) -> None:
        """Look for cameras, in a worker: probing takes seconds on some computers."""
        if not self._lister.running:
            self._lister.start(_listed)

    def shutdown(self) -> None:
        """End the search."""
        self._lister.stop()

    def _fill(self, found: list[CameraInfo]) -> None:
        """Make the list anew; what was selected stays."""
        keep = self.source or self._remembered
        with QSignalBlocker(self.box):
            self.box.clear()
            for item in found:
                self.box.addItem(self._found_title(item), item.source)
            self.box.insertSeparator(self.box.count())
            self.box.addItem(self.tr("Network camera…"), "url")
            self.box.addItem(self.tr("Video file…"), "video")
            self.box.addItem(self.tr("Watched folder…"), "folder")
            self.box.addItem(self.tr("Look for cameras again"), "refresh")
            self.box.setCurrentIndex(-1)
        if keep is None and found:
            keep = found[0].source
        if keep is not None:
            self.select(keep)
        self.box.setPlaceholderText(self.tr("Choose a source"))

    def _found_title(self, item: CameraInfo) -> str:
        text = self.tr("Simulated: {name}") if item.source.kind == "simulated" else self.tr("Camera: {name}")
        return text.format(name=item.title)

    def _title(self, source: CameraSource) -> str:
        names = {
            "usb": self.tr("Camera {address}"),
            "url": self.tr("Network: {address}"),
            "video": self.tr("Video: {name}"),
            "folder": self.tr("Folder: {name}"),
            "simulated": self.tr("Simulated: {name}"),
        }
        shown = str(source).partition(":")[2]  # without a password
        name = _line_name(source.address) if source.kind == "simulated" else Path(source.address).name
        return names[source.kind].format(address=shown, name=name or source.address)

    def _place_of(self, source: CameraSource) -> int:
        return next((place for place in range(self.box.count()) if self.box.itemData(place) == source), -1)

    def _set_tip(self, place: int, source: CameraSource) -> None:
        self.box.setItemData(place, str(source), Qt.ItemDataRole.ToolTipRole)

    @Slot(int)
    def _activated(self, place: int) -> None:
        chosen = self.box.itemData(place)
        if isinstance(chosen, CameraSource):
            self._remembered = chosen
            self.changed.emit()
            return
        self._back_to_remembered()
        asks = {"url": self._ask_address, "video": self._ask_video, "folder": self._ask_folder}
        asks.get(chosen, self.refresh)()

    def _back_to_remembered(self) -> None:
        self.box.setCurrentIndex(self._place_of(self._remembered) if self._remembered is not None else -1)

    def _ask_address(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.tr("Network camera"))
        dialog.setLabelText(self.tr("Address of the camera's stream, beginning with rtsp:// or http://"))
        dialog.setTextEchoMode(QLineEdit.EchoMode.Normal)
        dialog.setTextValue("rtsp://")
        dialog.setMinimumWidth(520)
        dialog.textValueSelected.connect(self.choose_address)
        dialog.open()

    def _ask_video(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a video file"))
        dialog.setNameFilters([self.tr("Videos ({patterns})").format(patterns=VIDEOS), self.tr("All files (*)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._open_file_dialog(dialog, "video")

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose the folder in which pictures arrive"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._open_file_dialog(dialog, "folder")

    def _open_file_dialog(self, dialog: QFileDialog, kind: Kind) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.choose_video if kind == "video" else self.choose_folder)
        dialog.open()

    @Slot(str)
    def choose_address(self, address: str) -> None:
        """Select a network camera."""
        if address.strip():
            self.select(CameraSource("url", address.strip()))

    @Slot(str)
    def choose_video(self, path: str) -> None:
        """Select a video file."""
        self.select(CameraSource("video", path))

    @Slot(str)
    def choose_folder(self, path: str) -> None:
        """Select a watched folder."""
        self.select(CameraSource("folder", path))

    @Slot(object)
    def _show_found(self, found: list[CameraInfo]) -> None:
        self._fill(found)

    @Slot(object)
    def _not_listed(self, error: Exception) -> None:
        show_error(self, error)


def _listed(progress: Progress, cancel: CancelToken) -> list[CameraInfo]:
    return list_cameras()
