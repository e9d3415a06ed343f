"""Prediction: a bundle's verdicts on pictures that nobody has labelled."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts.files import is_image
from inspector.errors import DatasetError
from inspector.evaluation.judge import Thresholds, Verdict, judge_score
from inspector.jobs.base import Job
from inspector.jobs.evaluate import InferenceTiming, timing
from inspector.jobs.heatmaps import heatmap_remarks, heatmap_writer
from inspector.jobs.scoring import Scoring, score_samples
from inspector.runtime.bundle import load_bundle
from inspector.runtime.engines import EngineName, chosen_engine, open_engine
from inspector.runtime.manifest import ThresholdPart
from inspector.tasks import CancelToken, Progress


class PredictionJob(Job):
    """Which bundle on which images; a folder stands for all images below it. `heatmaps`: a folder for overlays."""

    bundle: Path
    paths: tuple[Path, ...]
    engine: EngineName = "auto"
    heatmaps: Path | None = None


class PredictedImage(BaseModel):
    """One image. What cannot be read is NOT_INSPECTED, with the reason as a sentence, and never counts as PASS."""

    path: Path
    score: float | None
    verdict: Verdict
    milliseconds: float | None
    reason: str | None = None


class PredictionResult(BaseModel):
    """What `predict --json` writes; images in the order in which they were named."""

    bundle: Path
    model_id: str
    engine: str
    thresholds: ThresholdPart
    timing: InferenceTiming
    images: list[PredictedImage]
    remarks: list[str]
    """What was asked for and could not be given, as sentences."""

    @property
    def not_inspected(self) -> list[PredictedImage]:
        """What could not be judged."""
        return [image for image in self.images if image.verdict == Verdict.NOT_INSPECTED]


def predict(job: PredictionJob, progress: Progress, cancel: CancelToken) -> PredictionResult:
    """Judge every image. Raises `BundleError`, `DatasetError` `prediction_no_images`, `Cancelled`."""
    progress(0, 0, "loading")
    bundle = load_bundle(job.bundle)
    files = _files(job.paths)
    engine = open_engine(bundle, job.engine, cancel=cancel)
    samples = [Sample(path, Label.NONE, Split.TEST) for path in files]
    root = _common_folder(files)
    heatmaps = heatmap_writer(bundle, job.heatmaps, root) if job.heatmaps else None
    try:
        scoring = score_samples(engine.infer, samples, bundle.manifest.region.build(), progress, cancel, heatmaps)
    finally:
        engine.close()
    return PredictionResult(
        bundle=job.bundle,
        model_id=bundle.manifest.id,
        engine=chosen_engine(bundle, job.engine),
        thresholds=bundle.manifest.thresholds,
        timing=timing(engine.provider, engine.load_seconds, [item.milliseconds for item in scoring.scored]),
        images=_in_order(files, scoring, bundle.manifest.thresholds.build()),
        remarks=heatmap_remarks(bundle, job.heatmaps),
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    """The images named, each once. A named file is taken whatever it is called: if it is no picture, that is said."""
    found: dict[Path, None] = {}
    for path in paths:
        absolute = path.absolute()
        items = sorted(item for item in absolute.rglob("*") if is_image(item)) if absolute.is_dir() else [absolute]
        found.update(dict.fromkeys(items))
    if not found:
        raise DatasetError("prediction_no_images", path=", ".join(map(str, paths)))
    return list(found)


def _common_folder(files: Sequence[Path]) -> Path:
    try:
        return Path(os.path.commonpath([file.parent for file in files]))
    except ValueError:  # on different drives
        return files[0].parent


def _in_order(files: Sequence[Path], scoring: Scoring, thresholds: Thresholds) -> list[PredictedImage]:
    images = {item.path: _unread(item.path, item.reason) for item in scoring.skipped}
    for item in scoring.scored:
        verdict = judge_score(item.score, thresholds)
        path = item.sample.path
        images[path] = PredictedImage(path=path, score=item.score, verdict=verdict, milliseconds=item.milliseconds)
    return [images[path] for path in files]


def _unread(path: Path, reason: str) -> PredictedImage:
    return PredictedImage(path=path, score=None, verdict=Verdict.NOT_INSPECTED, milliseconds=None, reason=reason)
