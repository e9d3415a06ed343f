"""Taking a file of backbone weights into the program's own folder, as a job, because checking it needs torch."""

from __future__ import annotations

from pathlib import Path

from inspector.jobs.base import Job
from inspector.tasks import CancelToken, Progress


class WeightsImportJob(Job):
    """Which backbone, and the file that holds its weights (.pth or .safetensors)."""

    backbone: str
    file: Path


def import_backbone_weights(job: WeightsImportJob, progress: Progress, cancel: CancelToken) -> Path:
    """Check and keep the weights; where they lie now. Raises `WeightsError` as `features.weights.import_weights`."""
    from inspector.features.weights import import_weights

    progress(0, 0, "importing")
    cancel.raise_if_cancelled()
    return import_weights(job.backbone, job.file)
