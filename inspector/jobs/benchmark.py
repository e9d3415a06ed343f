"""Benchmark: several methods on several data sets, trained and evaluated alike, as one table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from inspector.data.sources import load_dataset
from inspector.detectors.registry import DEFAULT_DETECTOR
from inspector.errors import InspectorError
from inspector.jobs.base import Job
from inspector.jobs.evaluate import EvaluationJob, EvaluationResult, evaluate
from inspector.jobs.figures import RateFigure
from inspector.jobs.output import check_output_folder, write_output
from inspector.jobs.train import TrainingJob, TrainingResult, train
from inspector.messages import sentence
from inspector.tasks import CancelToken, Progress

OnRow = Callable[["BenchmarkRow"], None]


class BenchmarkJob(Job):
    """Every detector on every data set; tables and bundles go to the folder `out`."""

    datasets: tuple[Path, ...]
    detectors: tuple[str, ...] = (DEFAULT_DETECTOR,)
    out: Path
    preset: Literal["standard", "quick"] = "standard"
    backbone: str | None = None
    weights: Path | None = None
    layers: tuple[str, ...] = ()
    image_size: int = 256
    seed: int = 0


class BenchmarkRow(BaseModel):
    """One pairing. `problem` says why there are no figures."""

    dataset: str
    detector: str
    backbone: str | None = None
    images: int | None = None
    n_good: int | None = None
    n_defect: int | None = None
    image_auroc: float | None = None
    average_precision: float | None = None
    pixel_auroc: float | None = None
    aupro: float | None = None
    f1: float | None = None
    false_accept: RateFigure | None = None
    false_reject: RateFigure | None = None
    fit_s: float | None = None
    peak_rss_mb: float | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    problem: str | None = None


Train = Callable[[TrainingJob, Progress, CancelToken], TrainingResult]


def benchmark(
    job: BenchmarkJob,
    progress: Progress,
    cancel: CancelToken,
    on_row: OnRow | None = None,
    train_by: Train = train,
) -> list[BenchmarkRow]:
    """Train and evaluate every pairing, and write `results.json`, `results.csv` and `results.md` after each.

    Methods that learn from other products are given the other data sets. A pairing that cannot be done is a row with
    its problem. `train_by` may train in a process of its own, so that peak memory belongs to one pairing. Raises
    `Cancelled`, `DatasetError` for a data set that is not there, and `output_failed`.
    """
    names = {path: load_dataset(path).name for path in job.datasets}
    check_output_folder(job.out)
    rows: list[BenchmarkRow] = []
    for path in job.datasets:
        for detector in job.detectors:
            row = _row(job, path, names[path], detector, progress, cancel, train_by)
            rows.append(row)
            write_tables(job.out, rows)
            if on_row is not None:
                on_row(row)
    return rows


def _row(
    job: BenchmarkJob,
    path: Path,
    name: str,
    detector: str,
    progress: Progress,
    cancel: CancelToken,
    train_by: Train,
) -> BenchmarkRow:
    shared = job.model_dump(include={"preset", "backbone", "weights", "layers", "image_size", "seed"})
    bundle = job.out / "bundles" / f"{name}-{detector}"
    others = tuple(other for other in job.datasets if other != path)
    try:
        wanted = TrainingJob(dataset=path, out=bundle, detector=detector, others=others, **shared)
        trained = train_by(wanted, progress, cancel)
        evaluated = evaluate(EvaluationJob(bundle=bundle, dataset=path), progress, cancel)
    except InspectorError as error:
        return BenchmarkRow(dataset=name, detector=detector, problem=sentence(error))
    return _figures(name, trained, evaluated)


def _figures(name: str, trained: TrainingResult, evaluated: EvaluationResult) -> BenchmarkRow:
    given = {"dataset", "detector", "median_ms", "p95_ms", "problem"}
    wanted = set(BenchmarkRow.model_fields) - given
    return BenchmarkRow(
        dataset=name,
        detector=trained.detector,
        median_ms=evaluated.timing.median_ms,
        p95_ms=evaluated.timing.p95_ms,
        **trained.model_dump(include=wanted & {"backbone", "images", "fit_s", "peak_rss_mb"}),
        **evaluated.model_dump(include=wanted - {"backbone", "images", "fit_s", "peak_rss_mb"}),
    )


def write_tables(folder: Path, rows: list[BenchmarkRow]) -> None:
    """The rows as JSON, CSV and Markdown."""
    content = [row.model_dump(mode="json") for row in rows]
    flat = [_flat(row) for row in rows]
    write_output(folder / "results.json", json.dumps(content, indent=2, ensure_ascii=False))
    write_output(folder / "results.csv", _csv(flat))
    write_output(folder / "results.md", _markdown(flat))


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(row: BenchmarkRow) -> dict[str, str]:
    return {name: _text(value) for name, value in row}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, RateFigure):
        return f"{value.count}/{value.n} [{value.low:.3f}, {value.high:.3f}]"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _markdown(rows: list[dict[str, str]]) -> str:
    titles = list(rows[0])
    lines = [titles, ["---"] * len(titles), *(list(row.values()) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
