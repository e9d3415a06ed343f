"""Running a comparison and looking at finished ones, in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.layout import ProjectLayout
from inspector.data.project import Project
from inspector.tasks import CancelToken, Progress
from inspector.ui.panes.training.training_run import next_name
from inspector.ui.texts import number, stage_name
from inspector.ui.workers import JobQueue, TaskRunner

if TYPE_CHECKING:
    from inspector.jobs.benchmark import BenchmarkJob, BenchmarkResult
    from inspector.jobs.pairing import BenchmarkRow, Pairing


class ComparisonRun(QObject):
    """One comparison at a time. Its results lie in the project's folder and are there when it is opened again."""

    row_done = Signal(object)
    """A `BenchmarkRow`."""
    news = Signal(str)
    """What is being worked on, in words."""
    finished = Signal(object)
    """The `BenchmarkResult`, after all rows."""
    stored = Signal(object)
    """All `BenchmarkRow`s of the project's folder, in answer to `load`."""
    exported = Signal(object)
    """The file."""
    kept = Signal(str)
    """The name of the model that is now one of the project's."""
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = TaskRunner(self)
        self.runner.result.connect(self.finished)
        self.runner.failed.connect(self.failed)
        self._queue = JobQueue("comparing", self)
        self._queue.done.connect(self._done)
        self._queue.failed.connect(self._refused)

    def start(self, project: Project, choices: dict[str, Any]) -> None:
        """Compare with these fields of a `BenchmarkJob`; what is finished already is only told."""
        out = comparison_folder(project)

        def task(progress: Progress, cancel: CancelToken) -> BenchmarkResult:
            from inspector.jobs.benchmark import BenchmarkJob, benchmark

            job: BenchmarkJob = BenchmarkJob(out=out, **choices)
            return benchmark(job, progress, cancel, self.row_done.emit, self._tell)

        self.runner.start(task)

    def load(self, project: Project) -> None:
        """Ask for what is finished."""
        folder = comparison_folder(project)

        def job() -> list[BenchmarkRow]:
            from inspector.jobs.benchmark_store import stored_rows

            return stored_rows(folder)

        self._queue.submit("stored", job)

    def export(self, rows: list[BenchmarkRow], file: Path) -> None:
        """Write rows as CSV or HTML, by the file's name."""

        def job() -> Path:
            from inspector.jobs.benchmark_report import benchmark_report
            from inspector.jobs.benchmark_tables import as_csv
            from inspector.jobs.output import write_output

            write_output(file, as_csv(rows) if file.suffix.lower() == ".csv" else benchmark_report(rows))
            return file

        self._queue.submit("exported", job)

    def keep(self, project: Project, row: BenchmarkRow) -> None:
        """Make a pairing's model one of the project's."""
        bundle = row.bundle
        if bundle is None:
            return

        def job() -> str:
            models = project.models
            name = next_name(row.title, models.rows())
            models.rename(models.add(bundle).id, name)
            return name

        self._queue.submit("kept", job)

    def stop(self) -> None:
        """End what runs; news of it do not arrive any more."""
        self.runner.stop()
        self._queue.clear()
        self._queue.wait()

    def close_down(self) -> None:
        """End for good."""
        self.stop()
        self._queue.close()

    def _tell(self, pairing: Pairing, stage: str, done: int, total: int) -> None:
        text = self.tr("{method} on {data}: {stage}").format(
            method=pairing.title, data=pairing.name, stage=stage_name(stage)
        )
        if total > 1:
            text += self.tr(", {done} of {total}").format(done=number(done), total=number(total))
        self.news.emit(text)

    @Slot(object, object)
    def _done(self, key: object, outcome: object) -> None:
        signals: dict[object, Callable[[Any], None]] = {
            "stored": self.stored.emit,
            "exported": self.exported.emit,
            "kept": self.kept.emit,
        }
        signals[key](outcome)

    @Slot(object, object)
    def _refused(self, key: object, error: BaseException) -> None:
        self.failed.emit(error)


def comparison_folder(project: Project) -> Path:
    """Where a project's comparisons are kept."""
    return ProjectLayout(project.folder).comparison
