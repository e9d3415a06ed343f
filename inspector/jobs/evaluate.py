"""Evaluation: a bundle on labelled images that it has not learned from, by the engine that will inspect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel

from inspector.data.dataset import Dataset, Label, Sample
from inspector.data.sources import load_dataset
from inspector.errors import DatasetError
from inspector.evaluation.judge import Verdict, judge_score
from inspector.jobs.base import Job
from inspector.jobs.figures import Figures, figures
from inspector.jobs.heatmaps import heatmap_remarks, heatmap_writer
from inspector.jobs.samples import Skipped, content_hash, hash_samples
from inspector.jobs.scoring import Scored, Scoring, score_samples
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.engine import Engine
from inspector.runtime.engines import EngineName, chosen_engine, open_engine
from inspector.runtime.manifest import ThresholdPart
from inspector.tasks import CancelToken, Progress


class EvaluationJob(Job):
    """Which bundle on which data set; `heatmaps`: a folder for one PNG overlay per image."""

    bundle: Path
    dataset: Path
    engine: EngineName = "auto"
    heatmaps: Path | None = None


class EvaluatedImage(BaseModel):
    """One judged image."""

    path: Path
    label: Label
    kind: str | None
    score: float
    verdict: Verdict


class InferenceTiming(BaseModel):
    """What the engine computes on, seconds until it was ready, and milliseconds of one image at a time from crop to
    map, decoding not included; None without images."""

    provider: str
    load_s: float
    median_ms: float | None
    p95_ms: float | None


class EvaluationResult(Figures):
    """What `evaluate --json` writes.

    `excluded_training_images` were left out because the bundle has learned from them; `skipped` could not be read.
    """

    bundle: Path
    model_id: str
    detector: str
    dataset: Path
    engine: str
    thresholds: ThresholdPart
    timing: InferenceTiming
    images: list[EvaluatedImage]
    excluded_training_images: int
    skipped: list[Skipped]
    remarks: list[str]
    """What was asked for and could not be given, as sentences."""


def evaluate(job: EvaluationJob, progress: Progress, cancel: CancelToken) -> EvaluationResult:
    """Judge every good and defective sample with the bundle's thresholds.

    Raises `BundleError`, `DatasetError` (`evaluation_no_images` and what loading raises), `Cancelled`.
    """
    progress(0, 0, "loading")
    bundle = load_bundle(job.bundle)
    dataset = load_dataset(job.dataset)
    samples, excluded, unreadable = _unseen(bundle, dataset, progress, cancel)
    engine = open_engine(bundle, job.engine, cancel=cancel)
    heatmaps = heatmap_writer(bundle, job.heatmaps, dataset.source) if job.heatmaps else None
    try:
        region = bundle.manifest.region.build()
        scoring = score_samples(engine.infer, samples, region, progress, cancel, heatmaps)
    finally:
        engine.close()
    scoring.skipped += unreadable
    return _result(job, bundle, dataset, scoring, excluded, engine)


def _unseen(
    bundle: Bundle, dataset: Dataset, progress: Progress, cancel: CancelToken
) -> tuple[list[Sample], int, list[Skipped]]:
    """Labelled samples that were not learned from, how many were, and which cannot be read."""
    labelled = [sample for sample in dataset.samples if sample.label in (Label.GOOD, Label.DEFECT)]
    hashed, unreadable = hash_samples(labelled, progress, cancel)
    learned = set(bundle.manifest.training.images_sha256)
    unseen = [sample for sample in hashed if content_hash(sample) not in learned]
    excluded = len(hashed) - len(unseen)
    if not unseen:
        raise DatasetError("evaluation_no_images", dataset=dataset.name, excluded=excluded)
    return unseen, excluded, unreadable


def _result(
    job: EvaluationJob,
    bundle: Bundle,
    dataset: Dataset,
    scoring: Scoring,
    excluded: int,
    engine: Engine,
) -> EvaluationResult:
    manifest = bundle.manifest
    thresholds = manifest.thresholds.build()
    found = figures(scoring.scores(Label.GOOD), scoring.scores(Label.DEFECT), thresholds, scoring.pixels)
    return EvaluationResult(
        **found.model_dump(),
        bundle=job.bundle,
        model_id=manifest.id,
        detector=manifest.detector,
        dataset=dataset.source,
        engine=chosen_engine(bundle, job.engine),
        thresholds=manifest.thresholds,
        timing=timing(engine.provider, engine.load_seconds, [item.milliseconds for item in scoring.scored]),
        images=[_image(item, judge_score(item.score, thresholds)) for item in scoring.scored],
        excluded_training_images=excluded,
        skipped=scoring.skipped,
        remarks=heatmap_remarks(bundle, job.heatmaps),
    )


def timing(provider: str, load_seconds: float, milliseconds: list[float]) -> InferenceTiming:
    """Median and 95th percentile of single inferences."""
    median, p95 = np.percentile(milliseconds, [50, 95]) if milliseconds else (None, None)
    return InferenceTiming(
        provider=provider,
        load_s=round(load_seconds, 3),
        median_ms=None if median is None else round(float(median), 3),
        p95_ms=None if p95 is None else round(float(p95), 3),
    )


def _image(item: Scored, verdict: Verdict) -> EvaluatedImage:
    sample = item.sample
    return EvaluatedImage(path=sample.path, label=sample.label, kind=sample.kind, score=item.score, verdict=verdict)
