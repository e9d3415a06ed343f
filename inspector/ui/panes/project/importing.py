"""Importing pictures: one import at a time in the background, more wishes wait their turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.rows import ImportReport
from inspector.data.samples import SampleStore
from inspector.tasks import CancelToken, Progress
from inspector.ui.throttle import Throttle
from inspector.ui.workers import TaskRunner

REFRESH_MS = 1000


class Importing(QObject):
    """`arrived` comes about once a second while samples are being added, so that they can be shown."""

    arrived = Signal()
    reported = Signal(object)
    """The `ImportReport` of an import that came to its end."""
    cancelled = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = TaskRunner(self)
        self._waiting: deque[tuple[SampleStore, list[Path]]] = deque()
        self._throttle = Throttle(REFRESH_MS, self)
        self._throttle.ready.connect(self._refresh)
        self.runner.progress.connect(self._progressed)
        self.runner.result.connect(self.reported)
        self.runner.failed.connect(self.failed)
        self.runner.cancelled.connect(self._was_cancelled)
        self.runner.finished.connect(self._go_on)

    def start(self, store: SampleStore, paths: Sequence[Path]) -> None:
        """Import files and folders, now or after what is being imported already."""
        self._waiting.append((store, list(paths)))
        if not self.runner.running:
            self._go_on()

    def stop(self) -> None:
        """Cancel and wait; what was copied so far stays."""
        self._waiting.clear()
        self._throttle.drop()
        self.runner.stop()

    @Slot(int, int, str, object)
    def _progressed(self, *_: object) -> None:
        self._throttle.submit(None)

    @Slot(object)
    def _refresh(self, _: object) -> None:
        self.arrived.emit()

    @Slot()
    def _was_cancelled(self) -> None:
        self._waiting.clear()
        self.cancelled.emit()

    @Slot()
    def _go_on(self) -> None:
        self._throttle.drop()
        if self._waiting:
            store, paths = self._waiting.popleft()
            self.runner.start(_import_task(store, paths))


def _import_task(store: SampleStore, paths: list[Path]) -> Callable[[Progress, CancelToken], ImportReport]:
    def task(progress: Progress, cancel: CancelToken) -> ImportReport:
        return store.import_paths(paths, progress, cancel)

    return task
