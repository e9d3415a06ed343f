"""Changes to a project's list of models, made in the background in the order they were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.models import ModelRow, ModelStore
from inspector.data.project import Project
from inspector.runtime.bundle import pack
from inspector.ui.panes.training.model_result import load_result
from inspector.ui.workers import JobQueue


@dataclass(frozen=True)
class _Wish:
    """The key of a job: a later wish for the same replaces one that still waits."""

    what: Literal["list", "load", "change", "export"]
    about: object


class ModelKeeper(QObject):
    """Reads and changes models. `listed(list[ModelRow])`, `loaded(ModelResult)`, `exported(Path)` bring what was asked
    for; `changed` says that the list differs now."""

    listed = Signal(object)
    loaded = Signal(object)
    changed = Signal()
    exported = Signal(object)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        """`queue` has one thread: what is read is never older than what was asked to be written before."""
        super().__init__(parent)
        self._project: Project | None = None
        self._queue = queue
        self._exporting = JobQueue("export", self)
        for source in (self._queue, self._exporting):
            source.done.connect(self._done)
            source.failed.connect(self._refused)

    def set_project(self, project: Project | None) -> None:
        """Work on another project; what was asked of the one before is finished first."""
        self._queue.wait()
        self._project = project
        self.refresh()

    def refresh(self) -> None:
        """Ask for all models."""
        project = self._project
        if project is not None:
            self._queue.submit(_Wish("list", id(project)), project.models.rows)

    def load(self, row: ModelRow) -> None:
        """Ask for everything about one model; an older wish that still waits is dropped."""
        project = self._project
        if project is not None:
            self._queue.submit(_Wish("load", id(project)), lambda: load_result(project.samples, row))

    def activate(self, model_id: int) -> None:
        """Make a model the one that inspects."""
        self._change("activate", lambda models: models.activate(model_id))

    def rename(self, model_id: int, name: str) -> None:
        """Give a model another name."""
        self._change(f"rename {model_id}", lambda models: models.rename(model_id, name))

    def remove(self, model_id: int) -> None:
        """Delete a model."""
        self._change(f"remove {model_id}", lambda models: models.remove(model_id))

    def export(self, row: ModelRow, file: Path) -> None:
        """Pack a model into one file."""

        def job() -> Path:
            pack(row.folder, file)
            return file

        self._exporting.submit(_Wish("export", file), job)

    def close_down(self) -> None:
        """Finish exporting. The queue is closed by whoever made it."""
        self._exporting.close()

    def _change(self, name: str, change: Callable[[ModelStore], None]) -> None:
        project = self._project
        if project is not None:
            self._queue.submit(_Wish("change", name), lambda: change(project.models))

    @Slot(object, object)
    def _done(self, key: object, outcome: object) -> None:
        if not isinstance(key, _Wish):
            return
        if key.what == "export":
            self.exported.emit(outcome)
        elif key.what == "change":
            self.changed.emit()
        elif key.about == id(self._project):  # news of a project that was closed meanwhile are no news
            (self.listed if key.what == "list" else self.loaded).emit(outcome)

    @Slot(object, object)
    def _refused(self, key: object, error: BaseException) -> None:
        if isinstance(key, _Wish):
            self.failed.emit(error)
            if key.what == "change":
                self.refresh()
