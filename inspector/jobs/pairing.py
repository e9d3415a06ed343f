"""One pairing of a benchmark: a method trained on a data set, its figures, its time and its memory, as one row."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel

from inspector import __version__
from inspector.data.dataset import Dataset, Label
from inspector.data.sources import load_dataset
from inspector.detectors.registry import detector_type
from inspector.errors import Cancelled, ImageError, InspectorError
from inspector.evaluation.auroc_interval import auroc_interval
from inspector.jobs.base import Job
from inspector.jobs.evaluate import InferenceTiming, timing
from inspector.jobs.figures import RateFigure
from inspector.jobs.process import run_in_child
from inspector.jobs.train import TrainingJob, TrainingResult, train
from inspector.messages import sentence
from inspector.runtime.bundle import Bundle, load_bundle, partial_outputs
from inspector.runtime.engines import open_engine
from inspector.tasks import CancelToken, Progress

logger = logging.getLogger(__name__)

_TIMED, _WARM_UP = 60, 3
_FIGURES = (
    "image_auroc", "average_precision", "pixel_auroc", "aupro", "f1", "false_accept", "false_reject",
    "n_good", "n_defect", "n_pixel_images", "n_regions", "good_scores",
)  # fmt: skip


class Pairing(Job):
    """What is asked for. `pictures` stands for the data set's contents: other pictures or labels, another pairing."""

    dataset: Path
    name: str
    pictures: str
    detector: str
    seed: int
    preset: Literal["standard", "quick"]
    backbone: str | None
    weights: Path | None
    layers: tuple[str, ...]
    image_size: int
    others: tuple[Path, ...] = ()
    out: Path

    @property
    def key(self) -> str:
        """The same for the same request by the same version of the program, wherever its results go."""
        text = f"{__version__} {self.model_dump_json(exclude={'out'})}"
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    @property
    def bundle(self) -> Path:
        """Where the trained model goes."""
        plain = re.sub(r"[^\w.-]+", "_", f"{self.name}-{self.detector}-{self.seed}")
        return self.out / "bundles" / f"{plain}-{self.key[:8]}"

    @property
    def title(self) -> str:
        """What a person calls the method; the id where there is no such method."""
        return title_of(self.detector)

    def partial_outputs(self) -> list[Path]:
        """What a kill while saving leaves."""
        return partial_outputs(self.bundle)


class BenchmarkRow(BaseModel):
    """One pairing with its figures. `problem` says why there are none, `pixel_note` why there are none of pixels.

    `auroc_low` and `auroc_high` are the 95 % interval of `image_auroc`. `good_scores` says where the scores of good
    parts come from, as in training's figures. `fit_s` is the method's fit, `total_s` all of training; `peak_rss_mb` is
    the most memory training held, in a process of its own; `n_timed` pictures were timed one at a time.
    """

    dataset: str
    source: Path
    detector: str
    title: str
    seed: int
    preset: str
    image_size: int
    backbone: str | None = None
    images: int | None = None
    good_scores: str | None = None
    n_good: int | None = None
    n_defect: int | None = None
    image_auroc: float | None = None
    auroc_low: float | None = None
    auroc_high: float | None = None
    average_precision: float | None = None
    n_pixel_images: int | None = None
    n_regions: int | None = None
    pixel_auroc: float | None = None
    aupro: float | None = None
    pixel_note: str | None = None
    f1: float | None = None
    false_accept: RateFigure | None = None
    false_reject: RateFigure | None = None
    fit_s: float | None = None
    total_s: float | None = None
    peak_rss_mb: float | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    n_timed: int | None = None
    bundle_bytes: int | None = None
    bundle: Path | None = None
    review: float | None = None
    fail: float | None = None
    scores_good: list[float] = []
    scores_defect: list[float] = []
    problem: str | None = None


Work = Callable[[Pairing, Progress, CancelToken], BenchmarkRow]


def perform(pairing: Pairing, progress: Progress, cancel: CancelToken) -> BenchmarkRow:
    """Do it in a process of its own, so that the peak of memory belongs to it; a failure is a row with its problem.

    Raises `Cancelled` within a second of being asked.
    """
    try:
        return run_in_child(train_and_measure, pairing, progress, cancel)
    except Cancelled:
        raise
    except InspectorError as error:
        return failed_row(pairing, sentence(error))
    except Exception as error:
        logger.exception("a pairing failed")
        kind = InspectorError("benchmark_bug", reason=f"{type(error).__name__}: {error}".splitlines()[0])
        return failed_row(pairing, sentence(kind))


def failed_row(pairing: Pairing, problem: str) -> BenchmarkRow:
    """A row that has no figures, and why."""
    return BenchmarkRow(**_asked(pairing), problem=problem)


def train_and_measure(pairing: Pairing, progress: Progress, cancel: CancelToken) -> BenchmarkRow:
    """Train, take the figures that training found on what was held out, and time single pictures by the engine."""
    shared = pairing.model_dump(
        include={"dataset", "detector", "seed", "preset", "backbone", "weights", "layers", "image_size", "others"}
    )
    trained = train(TrainingJob(out=pairing.bundle, name=pairing.title, **shared), progress, cancel)
    bundle = load_bundle(pairing.bundle)
    dataset = load_dataset(pairing.dataset)
    timed, count = _latency(bundle, dataset, progress, cancel)
    good, defect = _scores(bundle, trained)
    interval = auroc_interval(np.array(good), np.array(defect)) or (None, None)
    asked = _asked(pairing) | {"backbone": trained.backbone}
    return BenchmarkRow(
        **asked,
        **{name: trained.metrics[name] for name in _FIGURES},
        **trained.model_dump(include={"images", "fit_s", "total_s", "peak_rss_mb", "bundle_bytes"}),
        auroc_low=interval[0],
        auroc_high=interval[1],
        pixel_note=pixel_note(pairing, bundle, trained),
        median_ms=timed.median_ms,
        p95_ms=timed.p95_ms,
        n_timed=count,
        bundle=pairing.bundle,
        review=trained.thresholds.review,
        fail=trained.thresholds.fail,
        scores_good=good,
        scores_defect=defect,
    )


def title_of(detector_id: str) -> str:
    """A method's title, or the id itself where no method has it."""
    try:
        return detector_type(detector_id).title
    except InspectorError:
        return detector_id


def _asked(pairing: Pairing) -> dict[str, Any]:
    given = pairing.model_dump(include={"detector", "seed", "preset", "image_size", "backbone"})
    return {"dataset": pairing.name, "source": pairing.dataset, "title": pairing.title, **given}


def _scores(bundle: Bundle, trained: TrainingResult) -> tuple[list[float], list[float]]:
    """The very scores that stand behind the figures."""
    held_out = trained.metrics["good_scores"] == "held_out"
    good = [row.score for row in bundle.scores if row.label == Label.GOOD and row.cross_validated != held_out]
    return good, [row.score for row in bundle.scores if row.label == Label.DEFECT]


def pixel_note(pairing: Pairing, bundle: Bundle, trained: TrainingResult) -> str | None:
    """Why a pairing has no figures of pixels, as a sentence; None where it has."""
    if not bundle.manifest.has_map:
        return sentence(InspectorError("benchmark_no_map", method=pairing.title))
    if trained.metrics["pixel_auroc"] is None:
        return sentence(InspectorError("benchmark_no_masks", dataset=pairing.name))
    return None


def _latency(bundle: Bundle, dataset: Dataset, progress: Progress, cancel: CancelToken) -> tuple[InferenceTiming, int]:
    """Milliseconds of pictures one at a time, spread over the data set, after a warm-up that is not counted."""
    places = np.unique(np.linspace(0, len(dataset.samples) - 1, _TIMED).round().astype(int))
    samples = [dataset.samples[place] for place in places]
    region = bundle.manifest.region.build()
    engine = open_engine(bundle, cancel=cancel)
    taken: list[float] = []
    try:
        for done, sample in enumerate(samples[:_WARM_UP] + samples):
            cancel.raise_if_cancelled()
            try:
                crop = region.crop(sample.read()).pixels
            except ImageError:
                logger.info("%s was not timed", sample.path)  # training has listed it as left out
                continue
            milliseconds = engine.infer(crop).timing.total_ms
            if done >= _WARM_UP:
                taken.append(milliseconds)
            progress(done + 1, len(samples) + _WARM_UP, "timing")
    finally:
        engine.close()
    return timing(engine.provider, engine.load_seconds, taken), len(taken)
