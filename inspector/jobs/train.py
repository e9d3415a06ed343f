"""Training: from labelled samples to a model bundle with thresholds, an exported network and figures."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from inspector.data.dataset import Dataset, Label, Split
from inspector.data.sources import load_dataset
from inspector.detectors.registry import DEFAULT_DETECTOR
from inspector.evaluation.calibration import DEFAULT_TARGET_REJECT_RATE, from_good
from inspector.jobs.base import Job
from inspector.jobs.description import (
    describe,
    held_out_rows,
    remarks,
    tiling_remarks,
    training_part,
    unseen_rows,
)
from inspector.jobs.estimate import TrainingEstimate
from inspector.jobs.figures import figures
from inspector.jobs.fitting import Fitted, UnseenScores, fit
from inspector.jobs.measures import StageClock, peak_rss_mb
from inspector.jobs.samples import Skipped, content_hash, hash_samples
from inspector.jobs.scoring import Scoring, score_samples
from inspector.runtime.bundle import check_target, partial_outputs, save_bundle
from inspector.runtime.container import size_of
from inspector.runtime.manifest import Manifest, ParityPart, RegionPart, ThresholdPart, TilingPart
from inspector.runtime.tiled_engine import in_tiles
from inspector.tasks import CancelToken, Progress


class TrainingJob(Job):
    """What to learn from, how, and where the bundle goes (a folder, or a file ending in `.inspector`).

    `others`: data sets of other products, for methods that learn from them.

    `backbone` None: the default one; `weights` None: embedded or downloaded ones; `layers` empty: the backbone's
    default. `review_rate`, larger than `target_reject_rate`, opens a review band below the fail threshold.
    """

    dataset: Path
    out: Path
    name: str = ""
    detector: str = DEFAULT_DETECTOR
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)
    preset: Literal["standard", "quick"] = "standard"
    backbone: str | None = None
    weights: Path | None = None
    layers: tuple[str, ...] = ()
    image_size: int = Field(default=256, ge=32, le=2048)
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    folds: int = Field(default=5, ge=2)
    target_reject_rate: float = Field(default=DEFAULT_TARGET_REJECT_RATE, gt=0, lt=0.5)
    review_rate: float | None = Field(default=None, gt=0, lt=0.5)
    region: RegionPart | None = None
    """What of each image is judged; None: what the data set says."""
    others: tuple[Path, ...] = ()
    tiling: TilingPart | None = None
    """Overlapping tiles of the region that are learned from and judged one by one; None: the region as a whole."""

    def partial_outputs(self) -> list[Path]:
        """What a kill while saving leaves."""
        return partial_outputs(self.out)


class TrainingResult(BaseModel):
    """What training did; `train --json` writes it. `fit_s` is the detector's fit alone, `total_s` everything;
    `peak_rss_mb` belongs to the process that trained."""

    out: Path
    model_id: str
    fit_s: float
    total_s: float
    stages: dict[str, float]
    peak_rss_mb: float
    images: int
    thresholds: ThresholdPart
    bundle_bytes: int
    detector: str
    backbone: str | None
    tiling: TilingPart | None = None
    metrics: dict[str, Any]
    parity: ParityPart | None
    facts: dict[str, float] = {}
    """What the method found out about itself, see `Detector.facts`."""
    skipped: list[Skipped]
    remarks: list[str] = []
    """What makes the thresholds doubtful, as sentences."""
    estimate: TrainingEstimate | None = None
    """What was said before it started, where somebody asked."""


def train(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
    """Fit, calibrate, export, score what was held out, and save, in this order.

    Every good TRAIN sample takes part; copies and images that cannot be read are listed in the result. Thresholds come
    from scores of good samples alone, by detectors that had not learned from them: see `Detector.calibration`. Raises
    `InspectorError` and `Cancelled`.
    """
    started = time.perf_counter()
    clock = StageClock(progress)
    clock(0, 0, "loading")
    check_target(job.out)
    dataset = load_dataset(job.dataset)
    if job.region is not None:
        dataset = replace(dataset, region=job.region.build())
    fitted = fit(job, dataset, clock, cancel)
    unseen = fitted.unseen_scores(job.folds, clock, cancel)
    thresholds = _thresholds(job, unseen)
    with tempfile.TemporaryDirectory(prefix="export-") as scratch:
        network = Path(scratch) / "model.onnx"
        manifest = _export(job, fitted, thresholds, network, clock, cancel)
        held_out = _score_held_out(job, manifest, network, dataset, clock, cancel)
        manifest.metrics = _metrics(held_out, unseen, thresholds)
        rows = unseen_rows(unseen.samples, unseen.scores) + held_out_rows(held_out.scored)
        clock(0, 1, "saving")
        save_bundle(job.out, manifest, fitted.detector.state(), network, rows)
    clock(1, 1, "saving")
    return TrainingResult(
        out=job.out,
        model_id=manifest.id,
        fit_s=round(fitted.seconds, 3),
        total_s=round(time.perf_counter() - started, 3),
        stages=clock.seconds(),
        peak_rss_mb=round(peak_rss_mb(), 1),
        images=manifest.training.images,
        thresholds=thresholds,
        bundle_bytes=size_of(job.out),
        detector=manifest.detector,
        backbone=manifest.backbone.name if manifest.backbone else None,
        tiling=job.tiling,
        metrics=manifest.metrics,
        parity=manifest.parity,
        facts=manifest.training.facts,
        skipped=[*fitted.skipped, *held_out.skipped],
        remarks=[*tiling_remarks(fitted.detector, job.tiling), *remarks(unseen.scores)],
    )


def _thresholds(job: TrainingJob, unseen: UnseenScores) -> ThresholdPart:
    calibration = from_good(unseen.scores, job.target_reject_rate, job.review_rate)
    return ThresholdPart(
        review=calibration.thresholds.review,
        fail=calibration.thresholds.fail,
        method=calibration.method,
        good_scores=unseen.source,
        n_good=calibration.n_good,
        n_defect=calibration.n_defect,
        target_reject_rate=calibration.target_reject_rate,
    )


def _export(
    job: TrainingJob, fitted: Fitted, thresholds: ThresholdPart, file: Path, progress: Progress, cancel: CancelToken
) -> Manifest:
    """Write the network; the manifest, which lacks only the figures."""
    from inspector.runtime.export import export_network  # imports torch

    progress(0, 1, "exporting")
    parity = export_network(fitted.detector, fitted.pictures(), file)
    cancel.raise_if_cancelled()
    training = training_part(fitted.material, job.seed, fitted.seconds, fitted.detector.facts)
    region = RegionPart.of(fitted.region)
    name = job.name or job.out.stem
    return describe(fitted.detector, name, region, job.tiling, thresholds, training, parity)


def _score_held_out(
    job: TrainingJob, manifest: Manifest, network: Path, dataset: Dataset, progress: Progress, cancel: CancelToken
) -> Scoring:
    """Every labelled sample that was not learned from, by the engine that will inspect.

    What counts is the content: a copy of a training image is no test.
    """
    from inspector.runtime.onnx_engine import OnnxEngine

    others = [*dataset.select(Label.GOOD, Split.TEST), *dataset.select(Label.DEFECT)]
    hashed, unreadable = hash_samples(others, progress, cancel)
    learned = set(manifest.training.images_sha256)
    unseen = [sample for sample in hashed if content_hash(sample) not in learned]
    engine = in_tiles(OnnxEngine(manifest, network, job.out), cancel)
    try:
        scoring = score_samples(engine.infer, unseen, dataset.region, progress, cancel)
    finally:
        engine.close()
    scoring.skipped += unreadable
    return scoring


def _metrics(held_out: Scoring, unseen: UnseenScores, thresholds: ThresholdPart) -> dict[str, Any]:
    """Figures on held-out samples. Without held-out good ones, the scores behind the thresholds stand in, and that is
    said."""
    good, defect = held_out.scores(Label.GOOD), held_out.scores(Label.DEFECT)
    source = "held_out" if good else "calibration" if unseen.source == "held_out" else "cross_validated"
    found = figures(good or unseen.scores.tolist(), defect, thresholds.build(), held_out.pixels)
    return {**found.model_dump(), "good_scores": source}
