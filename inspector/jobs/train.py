"""Training: from labelled samples to a model bundle with thresholds, an exported network and figures."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from inspector.data.dataset import Dataset, Label, Sample, SampleImages, Split
from inspector.data.sources import load_dataset
from inspector.data.tiles import TileImages, largest_by_picture
from inspector.detectors.base import BackboneChoice, Detector, DetectorSettings
from inspector.detectors.parameters import build
from inspector.detectors.registry import DEFAULT_DETECTOR, detector_type
from inspector.errors import DatasetError, ImageError
from inspector.evaluation.calibration import DEFAULT_TARGET_REJECT_RATE, from_good
from inspector.features.registry import DEFAULT_BACKBONE
from inspector.imaging.files import image_size
from inspector.imaging.frame import Image
from inspector.imaging.regions import Region
from inspector.imaging.tiling import Tiling
from inspector.jobs.base import Job
from inspector.jobs.description import (
    cross_validated_rows,
    describe,
    held_out_rows,
    remarks,
    tiling_remarks,
    training_part,
)
from inspector.jobs.estimate import TrainingEstimate
from inspector.jobs.figures import figures
from inspector.jobs.measures import StageClock, peak_rss_mb
from inspector.jobs.samples import Skipped, content_hash, distinct_samples, hash_samples, readable_samples
from inspector.jobs.scoring import Scoring, score_samples
from inspector.runtime.bundle import check_target, partial_outputs, save_bundle
from inspector.runtime.container import size_of
from inspector.runtime.manifest import Manifest, ParityPart, RegionPart, ThresholdPart, TilingPart
from inspector.runtime.tiled_engine import in_tiles
from inspector.tasks import CancelToken, Progress


class TrainingJob(Job):
    """What to learn from, how, and where the bundle goes (a folder, or a file ending in `.inspector`).

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
    skipped: list[Skipped]
    remarks: list[str] = []
    """What makes the thresholds doubtful, as sentences."""
    estimate: TrainingEstimate | None = None
    """What was said before it started, where somebody asked."""


@dataclass
class _Fitted:
    """A fitted detector with the samples it has learned from, those that turned out to be unreadable, and what of
    both is looked at."""

    detector: Detector
    learned: list[Sample]
    skipped: list[Skipped]
    region: Region
    tiling: Tiling | None
    seconds: float = 0.0

    def material(self) -> Sequence[Image]:
        """What was learned from, read when asked for: crops, or all their tiles. Raises `ImageError` where tiles are
        wanted of a file that is no picture."""
        return self._crops() if self.tiling is None else self._tiles(self.tiling)

    def good_scores(self, folds: int, progress: Progress, cancel: CancelToken) -> NDArray[np.float64]:
        """Cross-validated scores of what was learned from, one for each sample: that of its most unusual tile."""
        if self.tiling is None:
            return self.detector.cross_validated_scores(self._crops(), folds, progress, cancel)
        tiles = self._tiles(self.tiling)
        groups = tiles.groups
        return largest_by_picture(self.detector.cross_validated_scores(tiles, folds, progress, cancel, groups), groups)

    def _crops(self) -> SampleImages:
        return SampleImages(self.learned, lambda image: self.region.crop(image).pixels)

    def _tiles(self, tiling: Tiling) -> TileImages:
        return TileImages(self._crops(), [self.region.size_in(*image_size(item.path)) for item in self.learned], tiling)


def train(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
    """Fit, calibrate, export, score what was held out, and save, in this order.

    Every good TRAIN sample is learned from; copies and images that cannot be read are listed in the result. Thresholds
    come from cross-validated scores of the good samples alone. Raises `InspectorError` and `Cancelled`.
    """
    started = time.perf_counter()
    clock = StageClock(progress)
    clock(0, 0, "loading")
    check_target(job.out)
    dataset = load_dataset(job.dataset)
    if job.region is not None:
        dataset = replace(dataset, region=job.region.build())
    fitted = _fit(job, dataset, clock, cancel)
    good_scores = fitted.good_scores(job.folds, clock, cancel)
    thresholds = _thresholds(job, good_scores)
    with tempfile.TemporaryDirectory(prefix="export-") as scratch:
        network = Path(scratch) / "model.onnx"
        manifest = _export(job, fitted, thresholds, network, clock, cancel)
        held_out = _score_held_out(job, manifest, network, dataset, clock, cancel)
        manifest.metrics = _metrics(held_out, good_scores, thresholds)
        rows = cross_validated_rows(fitted.learned, good_scores) + held_out_rows(held_out.scored)
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
        images=len(fitted.learned),
        thresholds=thresholds,
        bundle_bytes=size_of(job.out),
        detector=manifest.detector,
        backbone=manifest.backbone.name if manifest.backbone else None,
        tiling=job.tiling,
        metrics=manifest.metrics,
        parity=manifest.parity,
        skipped=[*fitted.skipped, *held_out.skipped],
        remarks=[*tiling_remarks(fitted.detector, job.tiling), *remarks(good_scores)],
    )


def make_detector(job: TrainingJob) -> Detector:
    """The unfitted detector a job asks for. Raises `TrainingError` for unknown ids and parameters."""
    kind = detector_type(job.detector)
    choice = BackboneChoice(job.backbone or DEFAULT_BACKBONE, job.weights, job.layers)
    settings = DetectorSettings(choice, job.image_size, job.seed, job.device)
    return kind(settings, build(kind.parameters_type, dict(job.parameters), job.preset))


def _fit(job: TrainingJob, dataset: Dataset, progress: Progress, cancel: CancelToken) -> _Fitted:
    """Fit on all good samples, copies once. Where one turns out to be unreadable, all are checked once and the readable
    ones fitted."""
    good = dataset.select(Label.GOOD, Split.TRAIN)
    if not good:
        raise DatasetError("training_no_good", dataset=dataset.name)
    hashed, unreadable = hash_samples(good, progress, cancel)
    samples, copies = distinct_samples(hashed)
    left_out = [*unreadable, *copies]
    try:
        return _fit_once(job, dataset, samples, left_out, progress, cancel)
    except ImageError:
        readable, damaged = readable_samples(samples, dataset.region, progress, cancel)
        if not damaged:
            raise
    return _fit_once(job, dataset, readable, [*left_out, *damaged], progress, cancel)


def _fit_once(
    job: TrainingJob,
    dataset: Dataset,
    samples: list[Sample],
    left_out: list[Skipped],
    progress: Progress,
    cancel: CancelToken,
) -> _Fitted:
    if not samples:
        reason = left_out[0].reason
        raise DatasetError("training_none_readable", dataset=dataset.name, count=len(left_out), reason=reason)
    tiling = job.tiling.build() if job.tiling else None
    fitted = _Fitted(make_detector(job), samples, left_out, dataset.region, tiling)
    started = time.perf_counter()
    fitted.detector.fit(fitted.material(), progress, cancel)
    fitted.seconds = time.perf_counter() - started
    return fitted


def _thresholds(job: TrainingJob, good_scores: NDArray[np.float64]) -> ThresholdPart:
    calibration = from_good(good_scores, job.target_reject_rate, job.review_rate)
    return ThresholdPart(
        review=calibration.thresholds.review,
        fail=calibration.thresholds.fail,
        method=calibration.method,
        # A single image cannot be held out of its own training: altered copies of it were scored.
        good_scores="cross_validated" if len(good_scores) > 1 else "augmented",
        n_good=calibration.n_good,
        n_defect=calibration.n_defect,
        target_reject_rate=calibration.target_reject_rate,
    )


def _export(
    job: TrainingJob, fitted: _Fitted, thresholds: ThresholdPart, file: Path, progress: Progress, cancel: CancelToken
) -> Manifest:
    """Write the network; the manifest, which lacks only the figures."""
    from inspector.runtime.export import export_network  # imports torch

    progress(0, 1, "exporting")
    parity = export_network(fitted.detector, fitted.material(), file)
    cancel.raise_if_cancelled()
    training = training_part(fitted.learned, job.seed, fitted.seconds)
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


def _metrics(held_out: Scoring, good_scores: NDArray[np.float64], thresholds: ThresholdPart) -> dict[str, Any]:
    """Figures on held-out samples. Without held-out good ones, the cross-validated scores stand in, and that is
    said."""
    good, defect = held_out.scores(Label.GOOD), held_out.scores(Label.DEFECT)
    source = "held_out" if good else "cross_validated"
    found = figures(good or good_scores.tolist(), defect, thresholds.build(), held_out.pixels)
    return {**found.model_dump(), "good_scores": source}
