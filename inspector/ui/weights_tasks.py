"""Long work on backbone weights, ready for a `TaskRunner`; what reads weights needs torch and runs in a child."""

from __future__ import annotations

from pathlib import Path

from inspector.features.download import download_weights
from inspector.features.weights import WeightsRow, clear_leftovers, weights_rows
from inspector.features.weights_transfer import ImportedFile, export_folder
from inspector.tasks import CancelToken, Progress
from inspector.ui.workers import Task


def listing(progress: Progress, cancel: CancelToken) -> list[WeightsRow]:
    """What is on this computer, after tidying up."""
    clear_leftovers()
    return weights_rows(cancel)


def downloading(name: str, proxy: str | None) -> Task:
    """Fetch a backbone's official weights; where they lie."""

    def task(progress: Progress, cancel: CancelToken) -> Path:
        return download_weights(name, progress, cancel, proxy)

    return task


def importing(name: str, file: Path) -> Task:
    """Keep a file as a backbone's weights; where they lie."""

    def task(progress: Progress, cancel: CancelToken) -> Path:
        from inspector.jobs.process import run_in_child
        from inspector.jobs.weights import WeightsImportJob, import_backbone_weights

        return run_in_child(import_backbone_weights, WeightsImportJob(backbone=name, file=file), progress, cancel)

    return task


def importing_folder(folder: Path) -> Task:
    """Keep whatever in a folder belongs to a backbone; what became of each file."""

    def task(progress: Progress, cancel: CancelToken) -> list[ImportedFile]:
        from inspector.jobs.process import run_in_child
        from inspector.jobs.weights import WeightsFolderJob, import_weights_folder

        return run_in_child(import_weights_folder, WeightsFolderJob(folder=folder), progress, cancel)

    return task


def exporting_folder(folder: Path) -> Task:
    """Copy what was brought to this computer into a folder; where the copies lie."""

    def task(progress: Progress, cancel: CancelToken) -> list[Path]:
        return export_folder(folder, progress, cancel)

    return task
