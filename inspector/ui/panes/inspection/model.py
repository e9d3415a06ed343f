"""The model that inspects: which one it is, its stored scores, and the thresholds as the pane has them now."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.dataset import Label
from inspector.evaluation.judge import Thresholds
from inspector.runtime.bundle import Bundle, load_bundle, save_thresholds
from inspector.runtime.manifest import ThresholdPart
from inspector.tasks import CancelToken, Progress
from inspector.ui.context import AppContext
from inspector.ui.workers import TaskRunner


class ActiveModel(QObject):
    """Follows the project's active model; reads and writes its bundle in workers."""

    changed = Signal()
    """Another model (or none), or other thresholds in its bundle."""
    saved = Signal()
    """The thresholds were written into the bundle."""

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.bundle: Bundle | None = None
        self.title = ""
        self._again = False
        self._undo: list[ThresholdPart] = []
        self._reader = TaskRunner(self)
        self._reader.result.connect(self._show)
        self._reader.failed.connect(self._failed)
        self._reader.finished.connect(self._read_ended)
        self._writer = TaskRunner(self)
        self._writer.result.connect(self._written)
        self._writer.failed.connect(context.failed)
        context.project_changed.connect(self._project_changed)
        context.models_changed.connect(self.read)

    @property
    def stored(self) -> Thresholds | None:
        """The thresholds in the bundle."""
        return self.bundle.manifest.thresholds.build() if self.bundle is not None else None

    @property
    def can_undo(self) -> bool:
        """True if thresholds were saved here that can be taken back."""
        return bool(self._undo)

    def scores(self, label: Label) -> list[float]:
        """Raw scores of the samples with this label, stored at training."""
        rows = self.bundle.scores if self.bundle is not None else ()
        return [row.score for row in rows if row.label is label]

    @Slot()
    def read(self) -> None:
        """Look for the active model again."""
        if self._reader.running:
            self._again = True
            return
        project = self._context.project
        if project is None:
            self._show(None)
            return

        def task(progress: Progress, cancel: CancelToken) -> tuple[str, Bundle] | None:
            row = project.models.active()
            return None if row is None else (row.name, load_bundle(row.folder, verify=False))

        self._reader.start(task)

    def save(self, thresholds: Thresholds) -> None:
        """Write thresholds set by hand into the bundle; `undo` takes them back."""
        if self.bundle is None or self._writer.running:
            return
        before = self.bundle.manifest.thresholds
        self._undo.append(before)
        counts = {"n_good": len(self.scores(Label.GOOD)), "n_defect": len(self.scores(Label.DEFECT))}
        values = {"review": thresholds.review, "fail": thresholds.fail, "method": "manual", "target_reject_rate": None}
        self._write(before.model_copy(update={**values, **counts}))

    def undo(self) -> None:
        """Write back the thresholds from before the last `save`."""
        if self._undo and not self._writer.running:
            self._write(self._undo.pop())

    def shutdown(self) -> None:
        """End the workers; a write that has begun is finished."""
        self._reader.stop()
        self._writer.stop()

    def _write(self, part: ThresholdPart) -> None:
        assert self.bundle is not None
        folder = self.bundle.folder

        def task(progress: Progress, cancel: CancelToken) -> Path:
            save_thresholds(folder, part)
            return folder

        self._writer.start(task)

    @Slot()
    def _project_changed(self) -> None:
        self._undo.clear()
        self.read()

    @Slot(object)
    def _show(self, found: tuple[str, Bundle] | None) -> None:
        before = self.bundle
        self.title, self.bundle = found if found is not None else ("", None)
        if before is None or self.bundle is None or before.manifest.id != self.bundle.manifest.id:
            self._undo.clear()
        self.changed.emit()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        if self._again:
            return  # of a project that was closed meanwhile, perhaps; it is read again anyway
        self._show(None)
        self._context.failed.emit(error)

    @Slot()
    def _read_ended(self) -> None:
        if self._again:
            self._again = False
            self.read()

    @Slot(object)
    def _written(self, folder: Path) -> None:
        self.saved.emit()
        self._context.models_changed.emit()
