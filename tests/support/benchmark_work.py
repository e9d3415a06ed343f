"""Pairings that cost nothing, for tests of what is around them; workers import them by name."""

from __future__ import annotations

from pathlib import Path

from inspector.jobs.pairing import BenchmarkRow, Pairing
from inspector.jobs.process import run_in_child
from inspector.tasks import CancelToken, Progress
from tests.support import child_work


def quick(pairing: Pairing, progress: Progress, cancel: CancelToken) -> BenchmarkRow:
    """Figures out of nothing; `broken` fails. Each call leaves a line in the data set's folder."""
    progress(1, 2, "learning")
    with (pairing.dataset / "calls.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{pairing.detector} {pairing.seed}\n")
    row = figures(pairing)
    return row.model_copy(update={"image_auroc": None, "problem": "It broke."}) if pairing.detector == "broken" else row


def figures(pairing: Pairing) -> BenchmarkRow:
    return BenchmarkRow(
        dataset=pairing.name, source=pairing.dataset, detector=pairing.detector, title=pairing.title,
        seed=pairing.seed, preset=pairing.preset, image_size=pairing.image_size, n_good=4, n_defect=3,
        image_auroc=0.9, auroc_low=0.7, auroc_high=0.97, median_ms=12.5, p95_ms=20.0, fit_s=1.5, peak_rss_mb=300.0,
        bundle_bytes=2_000_000, review=2.0, fail=2.5, scores_good=[1.0, 1.5, 1.7, 2.1], scores_defect=[2.6, 3.0, 4.0],
    )  # fmt: skip


def calls(dataset: Path) -> list[str]:
    file = dataset / "calls.txt"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def endless(pairing: Pairing, progress: Progress, cancel: CancelToken) -> BenchmarkRow:
    """In a child process that never listens."""
    progress(0, 1, "learning")
    run_in_child(child_work.ignore_cancel, child_work.PathJob(path=pairing.dataset), progress, cancel)
    raise AssertionError("it ended")
