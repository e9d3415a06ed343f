"""Taking backbone weights into the program's own folder, as jobs, because checking them needs torch."""

from __future__ import annotations

from pathlib import Path

from inspector.features.weights import import_weights
from inspector.features.weights_transfer import ImportedFile, import_folder
from inspector.jobs.base import Job
from inspector.tasks import CancelToken, Progress


class WeightsImportJob(Job):
    """Which backbone, and the file that holds its weights (.pth or .safetensors)."""

    backbone: str
    file: Path


def import_backbone_weights(job: WeightsImportJob, progress: Progress, cancel: CancelToken) -> Path:
    """Check and keep the weights; where they lie now. Raises `WeightsError` as `features.weights.import_weights`."""
    progress(0, 0, "importing")
    cancel.raise_if_cancelled()
    return import_weights(job.backbone, job.file)


class WeightsFolderJob(Job):
    """A folder with files of weights."""

    folder: Path


def import_weights_folder(job: WeightsFolderJob, progress: Progress, cancel: CancelToken) -> list[ImportedFile]:
    """Keep whatever belongs to a known backbone; see `features.weights_transfer.import_folder`."""
    return import_folder(job.folder, progress, cancel)
