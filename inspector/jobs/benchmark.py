"""Benchmark: several methods on several data sets, trained and measured alike, as one table that survives a kill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from inspector.data.dataset import Dataset, Label, Split
from inspector.data.sources import load_dataset
from inspector.detectors.registry import detector_ids, detector_type
from inspector.errors import InspectorError
from inspector.jobs import cluster
from inspector.jobs.base import Job
from inspector.jobs.benchmark_store import count_others, finished_row, save_row
from inspector.jobs.benchmark_tables import write_tables
from inspector.jobs.cluster import News, Outcomes
from inspector.jobs.output import check_output_folder
from inspector.jobs.pairing import BenchmarkRow, Pairing, Work, perform
from inspector.messages import sentence
from inspector.tasks import CancelToken, Progress

OnRow = Callable[[BenchmarkRow], None]


class BenchmarkJob(Job):
    """Every detector on every data set, with as many seeds from `seed` on; all results go to the folder `out`.

    No `detectors`: all methods that can learn from a data set, those that need marked defects or other products only
    where there are some.
    `scheduler`: the address of a Dask scheduler, whose workers must see data sets and `out` at the same paths; None:
    this computer, with `workers` pairings at a time.
    """

    datasets: tuple[Path, ...]
    detectors: tuple[str, ...] = ()
    out: Path
    preset: Literal["standard", "quick"] = "standard"
    backbone: str | None = None
    weights: Path | None = None
    layers: tuple[str, ...] = ()
    image_size: int = 256
    seed: int = 0
    seeds: int = Field(default=1, ge=1)
    scheduler: str | None = None
    workers: int = Field(default=1, ge=1)


class BenchmarkResult(BaseModel):
    """The rows in the order asked for; `reused` of them were there already. `remarks` are sentences."""

    rows: list[BenchmarkRow]
    reused: int
    remarks: list[str]


def benchmark(
    job: BenchmarkJob,
    progress: Progress,
    cancel: CancelToken,
    on_row: OnRow | None = None,
    on_news: News | None = None,
    work: Work = perform,
) -> BenchmarkResult:
    """Do every pairing that is not finished yet, and renew the tables after each.

    Methods that learn from other products are given the other data sets. A pairing that cannot be done is a row with
    its problem, and is tried again the next time. Raises `Cancelled`,
    `DatasetError` for a data set that is not there, `dask_missing`, `dask_unreachable` and `output_failed`.
    """
    progress(0, 0, "loading")
    pairings = plan(job)
    check_output_folder(job.out)
    rows = {item.key: row for item in pairings if (row := finished_row(job.out, item)) is not None}
    reused = len(rows)
    for row in rows.values():
        _tell(on_row, row)
    waiting = [item for item in pairings if item.key not in rows]
    progress(reused, len(pairings), "comparing")
    for pairing, row in _outcomes(job, waiting, on_news or _no_news, cancel, work) if waiting else ():
        rows[pairing.key] = row
        save_row(job.out, pairing, row)
        write_tables(job.out, _ordered(pairings, rows))
        _tell(on_row, row)
        progress(len(rows), len(pairings), "comparing")
    ordered = _ordered(pairings, rows)
    write_tables(job.out, ordered)
    return BenchmarkResult(rows=ordered, reused=reused, remarks=_remarks(job, pairings))


def plan(job: BenchmarkJob) -> list[Pairing]:
    """All pairings in the order of the table: data sets, methods, seeds. Raises what `load_dataset` raises."""
    found = {path: load_dataset(path) for path in job.datasets}
    shared = job.model_dump(include={"preset", "backbone", "weights", "layers", "image_size", "out"})
    return [
        Pairing(
            dataset=dataset.source,
            name=dataset.name,
            pictures=_fingerprint(dataset),
            detector=detector,
            seed=seed,
            others=_others(job, path, detector),
            **shared,
        )
        for path, dataset in found.items()
        for detector in dict.fromkeys(job.detectors or _able(job, dataset))
        for seed in range(job.seed, job.seed + job.seeds)
    ]


def _able(job: BenchmarkJob, dataset: Dataset) -> list[str]:
    """All methods that can learn from this data set beside the others."""
    marked = bool(dataset.select(Label.DEFECT, Split.TRAIN))
    several = len(set(job.datasets)) > 1
    kinds = {name: detector_type(name) for name in detector_ids()}
    return [
        name
        for name, kind in kinds.items()
        if (marked or not kind.needs_defects) and (several or not kind.needs_others)
    ]


def _outcomes(job: BenchmarkJob, pairings: list[Pairing], news: News, cancel: CancelToken, work: Work) -> Outcomes:
    if job.scheduler is None and not cluster.is_there():
        return cluster.one_by_one(pairings, news, cancel, work)
    return cluster.on_dask(pairings, news, cancel, scheduler=job.scheduler, workers=job.workers, work=work)


def _remarks(job: BenchmarkJob, pairings: list[Pairing]) -> list[str]:
    found = []
    if job.scheduler is None and not cluster.is_there():
        found.append(sentence(InspectorError("benchmark_without_dask")))
    left_out = set(detector_ids()) - {item.detector for item in pairings}
    if left_out and not job.detectors:
        titles = ", ".join(sorted(detector_type(name).title for name in left_out))
        found.append(sentence(InspectorError("benchmark_left_out", methods=titles)))
    others = count_others(job.out, pairings)
    if others:
        found.append(sentence(InspectorError("benchmark_other_request", count=others, folder=str(job.out))))
    return found


def _others(job: BenchmarkJob, path: Path, detector: str) -> tuple[Path, ...]:
    """The other data sets, for a method that learns from other products; the row itself tells of unknown methods."""
    try:
        needed = detector_type(detector).needs_others
    except InspectorError:
        return ()
    return tuple(other.absolute() for other in job.datasets if other != path) if needed else ()


def _fingerprint(dataset: Dataset) -> str:
    """Which pictures there are, how they are labelled and split, and what of them is judged."""
    facts = [
        (str(item.path), item.label.value, item.split.value, item.kind, str(item.mask_path), item.sha256)
        for item in dataset.samples
    ]
    return hashlib.sha256(repr((facts, dataset.region)).encode()).hexdigest()


def _ordered(pairings: Sequence[Pairing], rows: dict[str, BenchmarkRow]) -> list[BenchmarkRow]:
    return [rows[item.key] for item in pairings if item.key in rows]


def _tell(on_row: OnRow | None, row: BenchmarkRow) -> None:
    if on_row is not None:
        on_row(row)


def _no_news(pairing: Pairing, stage: str, done: int, total: int) -> None:
    """Nobody listens."""
