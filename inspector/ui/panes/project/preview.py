"""The current sample, large: its picture with the outline of the defect where one is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDateTime, QLocale, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.data.rows import SampleRow
from inspector.data.samples import SampleStore
from inspector.errors import InspectorError
from inspector.imaging.files import read_image, read_mask
from inspector.imaging.frame import Image
from inspector.ui.texts import error_sentence
from inspector.ui.theme import colours_of
from inspector.ui.widgets.image_view import ImageView
from inspector.ui.workers import JobQueue


@dataclass(frozen=True)
class _Loaded:
    image: Image
    contours: Sequence[NDArray[Any]] = ()


class Preview(QWidget):
    """Loads in the background and shows only the newest wish; the picture before stays until then."""

    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted: SampleRow | None = None
        self._queue = JobQueue("preview", self, newest_first=True, limit=1)
        self._queue.done.connect(self._received)
        self._queue.failed.connect(self._refused)
        self.view = ImageView(self)
        self._caption = QLabel(self)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._details = QLabel(self)
        self._details.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._caption)
        layout.addWidget(self._details)
        self.show_sample(None, None, 0)

    def show_sample(self, store: SampleStore | None, row: SampleRow | None, selected: int) -> None:
        """Show a sample, or nothing; `selected` samples are spoken of in the caption."""
        before, self._wanted = self._wanted, row
        several = self.tr("Selected: {count}").format(count=selected)
        self._caption.setText(several if selected > 1 else _short(row.name) if row is not None else "")
        self._details.setText("" if row is None else self._describe(row))
        if store is None or row is None:
            self._queue.clear()
            self.view.set_placeholder(self.tr("Select a sample to look at it closely."))
            self.view.set_image(None)
        elif before is None or (before.id, before.sha256, before.has_mask) != (row.id, row.sha256, row.has_mask):
            self._queue.submit(row, lambda: _load(store, row))

    def close_down(self) -> None:
        """End the loading thread."""
        self._queue.clear()
        self._queue.close()

    def _describe(self, row: SampleRow) -> str:
        added = QLocale().toString(
            QDateTime.fromSecsSinceEpoch(int(row.added_at.timestamp())), QLocale.FormatType.ShortFormat
        )
        return f"{row.width} × {row.height} · {added}"

    @Slot(object, object)
    def _received(self, row: SampleRow, loaded: _Loaded) -> None:
        if self._wanted is not None and row.id == self._wanted.id:
            self.view.set_image(loaded.image)
            self.view.set_contours(loaded.contours, QColor(colours_of(self).review))

    @Slot(object, object)
    def _refused(self, row: SampleRow, error: Any) -> None:
        if self._wanted is None or row.id != self._wanted.id:
            return
        self.view.set_image(None)
        if isinstance(error, InspectorError):
            self.view.set_placeholder(error_sentence(error))
        else:
            self.failed.emit(error)


def _load(store: SampleStore, row: SampleRow) -> _Loaded:
    image = read_image(row.path)
    mask_path = store.mask_path(row.id) if row.has_mask else None
    if mask_path is None:
        return _Loaded(image)
    mask = read_mask(mask_path).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return _Loaded(image, contours)


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:28]}…{name[-28:]}"
