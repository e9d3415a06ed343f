"""Thumbnails for what is in view: decoded by background threads, the newest wishes first, kept while they fit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from inspector.data.samples import SampleStore
from inspector.errors import ImageError
from inspector.ui.pictures import to_qimage
from inspector.ui.workers import JobQueue

KEPT = 800
"""Thumbnails kept in memory: a few screens of the largest monitor, below 120 MB."""
WISHES = 400
THREADS = 2


class Thumbnails(QObject):
    """A cache of pixmaps by sample id. `get` answers at once; `ready` follows where it had to say None."""

    ready = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: SampleStore | None = None
        self._pixmaps: OrderedDict[int, QPixmap] = OrderedDict()
        self._errors: dict[int, ImageError] = {}
        self._queue = JobQueue("thumbnails", self, threads=THREADS, newest_first=True, limit=WISHES)
        self._queue.done.connect(self._received)
        self._queue.failed.connect(self._refused)

    def set_store(self, store: SampleStore | None) -> None:
        """Forget everything and load from another project."""
        self._queue.clear()
        self._store = store
        self._pixmaps.clear()
        self._errors.clear()

    def get(self, sample_id: int) -> QPixmap | None:
        """The thumbnail, or None while it is being loaded or cannot be."""
        pixmap = self._pixmaps.get(sample_id)
        store = self._store
        if pixmap is not None:
            self._pixmaps.move_to_end(sample_id)
        elif store is not None and sample_id not in self._errors:
            self._queue.submit((store, sample_id), lambda: to_qimage(store.thumbnail(sample_id)))
        return pixmap

    def error(self, sample_id: int) -> ImageError | None:
        """Why a sample has no thumbnail."""
        return self._errors.get(sample_id)

    def close(self) -> None:
        """End the threads."""
        self._queue.clear()
        self._queue.close()

    @Slot(object, object)
    def _received(self, key: tuple[SampleStore, int], image: QImage) -> None:
        store, sample_id = key
        if store is self._store:
            self._pixmaps[sample_id] = QPixmap.fromImage(image)
            while len(self._pixmaps) > KEPT:
                self._pixmaps.popitem(last=False)
            self.ready.emit(sample_id)

    @Slot(object, object)
    def _refused(self, key: tuple[SampleStore, int], error: Any) -> None:
        store, sample_id = key
        if store is self._store and isinstance(error, ImageError):
            self._errors[sample_id] = error
            self.ready.emit(sample_id)
