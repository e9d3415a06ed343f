"""The demo without its window: train for each simulated product, inspect a stream, tell verdict and truth."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import fmean
from typing import Literal

import numpy as np
from pydantic import BaseModel

from inspector.evaluation.image_metrics import Confusion
from inspector.evaluation.judge import Verdict
from inspector.jobs.demo_parts import DemoJob, DemoProject, Train, prepare_demo, prepare_product, train_in_child
from inspector.jobs.demo_stream import DemoVerdict, JudgedPart, OnVerdict, Stream, inspect_stream
from inspector.jobs.evaluate import InferenceTiming, timing
from inspector.jobs.figures import Figures, RateFigure, figures
from inspector.jobs.train import TrainingResult
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.engines import chosen_engine
from inspector.runtime.manifest import ThresholdPart
from inspector.tasks import CancelToken, Progress

__all__ = ["DemoJob", "DemoProject", "DemoResult", "DemoVerdict", "OnVerdict", "prepare_demo", "run_demo"]


class DemoImage(BaseModel):
    """One inspected part. `path` is its source and number, as in `simulated:washer?seed=1&defects=0.3#12`; `score` is
    None where it was not inspected."""

    path: str
    label: Literal["good", "defect"]
    kind: str | None
    score: float | None
    verdict: Verdict


class DemoTiming(InferenceTiming):
    """Also from capture to verdict, milliseconds."""

    latency_median_ms: float
    latency_p95_ms: float


class ProductResult(Figures):
    """One product's stream; figures are over `verdicts` less those not inspected. `training` has the held-out ones."""

    product: str
    title: str
    model_id: str
    detector: str
    backbone: str | None
    engine: str
    thresholds: ThresholdPart
    verdicts: dict[Verdict, int]
    timing: DemoTiming
    images: list[DemoImage]
    training: TrainingResult | None


class DemoResult(Figures):
    """What `demo --json` writes: what `evaluate` writes, and the same for each product.

    Counts and rates are over all products. Raw scores of different models cannot be put in one order, so
    `image_auroc`, `average_precision`, `pixel_auroc` and `aupro` are means over the products.
    """

    products: list[ProductResult]
    thresholds: dict[str, ThresholdPart]
    verdicts: dict[Verdict, int]
    timing: DemoTiming
    images: list[DemoImage]
    total_s: float


def run_demo(
    job: DemoJob,
    progress: Progress,
    cancel: CancelToken,
    on_verdict: OnVerdict | None = None,
    train_by: Train = train_in_child,
) -> DemoResult:
    """Train on good parts only, inspect a stream of good and defective ones, and compare with the truth.

    Without `job.folder` everything is made afresh and removed at the end. Raises what `prepare_demo` and
    `inspect_stream` raise.
    """
    if job.folder is None:
        with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as scratch:
            return run_demo(job.model_copy(update={"folder": Path(scratch)}), progress, cancel, on_verdict, train_by)
    started = time.perf_counter()
    done: list[tuple[ProductResult, Stream]] = []
    for product in job.chosen():
        project = prepare_product(job, product, progress, cancel, train_by)
        bundle = load_bundle(project.bundle)
        stream = inspect_stream(bundle, project.line, job.stream, progress, cancel, on_verdict or _nobody)
        done.append((_product_result(project, bundle, stream), stream))
    return _overall(done, time.perf_counter() - started)


def _nobody(verdict: DemoVerdict) -> None:
    """Nobody watches."""


def _product_result(project: DemoProject, bundle: Bundle, stream: Stream) -> ProductResult:
    manifest = bundle.manifest
    good, defect = _scores(stream, "good"), _scores(stream, "defect")
    found = figures(good, defect, manifest.thresholds.build(), stream.pixels)
    source = f"simulated:{project.line.address}"
    return ProductResult(
        **found.model_dump(),
        product=project.product.id,
        title=project.product.title,
        model_id=manifest.id,
        detector=manifest.detector,
        backbone=manifest.backbone.name if manifest.backbone else None,
        engine=chosen_engine(bundle, "auto"),
        thresholds=manifest.thresholds,
        verdicts=_counted(stream.parts),
        timing=_timing([stream]),
        images=[_image(source, part) for part in stream.parts],
        training=project.training,
    )


def _scores(stream: Stream, label: str) -> list[float]:
    return [part.score for part in stream.parts if part.score is not None and part.truth.label == label]


def _counted(parts: list[JudgedPart]) -> dict[Verdict, int]:
    counts = Counter(part.verdict for part in parts)
    return {verdict: counts[verdict] for verdict in Verdict}


def _image(source: str, part: JudgedPart) -> DemoImage:
    return DemoImage(
        path=f"{source}#{part.sequence}",
        label=part.truth.label,
        kind=part.truth.kind,
        score=part.score,
        verdict=part.verdict,
    )


def _timing(streams: list[Stream]) -> DemoTiming:
    """Over all parts of these streams; `load_s` is the mean of one engine's loading."""
    parts = [part for stream in streams for part in stream.parts]
    inference = timing(
        streams[0].provider,
        fmean(stream.load_seconds for stream in streams),
        [part.inference_ms for part in parts if part.inference_ms is not None],
    )
    median, p95 = np.percentile([part.latency_ms for part in parts], [50, 95])
    return DemoTiming(
        **inference.model_dump(), latency_median_ms=round(float(median), 3), latency_p95_ms=round(float(p95), 3)
    )


def _overall(done: list[tuple[ProductResult, Stream]], seconds: float) -> DemoResult:
    results = [result for result, _ in done]
    confusion = {
        label: {
            verdict: sum(result.confusion[label][verdict] for result in results)
            for verdict in (Verdict.PASS, Verdict.REVIEW, Verdict.FAIL)
        }
        for label in ("good", "defect")
    }
    judged = Confusion(confusion["good"], confusion["defect"])
    return DemoResult(
        image_auroc=_mean([result.image_auroc for result in results]),
        average_precision=_mean([result.average_precision for result in results]),
        pixel_auroc=_mean([result.pixel_auroc for result in results]),
        aupro=_mean([result.aupro for result in results]),
        f1=judged.f1,
        n_good=sum(result.n_good for result in results),
        n_defect=sum(result.n_defect for result in results),
        n_pixel_images=sum(result.n_pixel_images for result in results),
        n_regions=sum(result.n_regions for result in results),
        confusion={label: {str(name): count for name, count in counts.items()} for label, counts in confusion.items()},
        false_accept=RateFigure.of(judged.escapes),
        false_reject=RateFigure.of(judged.overkill),
        reviewed=RateFigure.of(judged.reviewed),
        products=results,
        thresholds={result.product: result.thresholds for result in results},
        verdicts=_counted([part for _, stream in done for part in stream.parts]),
        timing=_timing([stream for _, stream in done]),
        images=[image for result in results for image in result.images],
        total_s=round(seconds, 3),
    )


def _mean(values: list[float | None]) -> float | None:
    """None where any is missing: a mean over some would be another figure."""
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None
