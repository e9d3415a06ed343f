"""Running one training: in a child process, watched from a worker thread, its model kept in the project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.models import ModelRow
from inspector.data.project import Project
from inspector.tasks import CancelToken, Progress
from inspector.ui.workers import TaskRunner

if TYPE_CHECKING:
    from inspector.jobs.train import TrainingResult


@dataclass(frozen=True)
class Trained:
    """A finished training: the project's row for the model, and what training told."""

    row: ModelRow
    result: TrainingResult


class TrainingRun(QObject):
    """One training at a time. After `start`: `trained` or a failure or cancellation from `runner`, then its
    `finished`."""

    trained = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = TaskRunner(self)
        self.runner.result.connect(self._pass_on)

    def start(self, project: Project, choices: dict[str, Any]) -> None:
        """Train on all of a project's samples with these fields of a `TrainingJob`."""

        def task(progress: Progress, cancel: CancelToken) -> Trained:
            return _train(project, choices, progress, cancel)

        self.runner.start(task)

    @Slot(object)
    def _pass_on(self, trained: Trained) -> None:
        self.trained.emit(trained)


def _train(project: Project, choices: dict[str, Any], progress: Progress, cancel: CancelToken) -> Trained:
    """Everything slow happens here, imports included. The first model becomes the active one."""
    from inspector.detectors.registry import detector_type
    from inspector.jobs.process import run_in_child
    from inspector.jobs.train import TrainingJob, train

    models = project.models
    job = TrainingJob(
        dataset=project.folder,
        out=models.new_folder(),
        name=next_name(detector_type(choices["detector"]).title, models.rows()),
        **choices,
    )
    result = run_in_child(train, job, progress, cancel)
    row = models.add(job.out)
    if models.active() is None:
        models.activate(row.id)
    return Trained(next(item for item in models.rows() if item.id == row.id), result)


def next_name(title: str, rows: list[ModelRow]) -> str:
    """`PatchCore 3`: the first number that is not taken."""
    taken = {row.name for row in rows}
    return next(name for place in range(1, len(rows) + 2) if (name := f"{title} {place}") not in taken)
