"""The benchmark's table: one row for each pairing, with figures or with what went wrong."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from inspector.errors import DatasetError, TrainingError
from inspector.jobs.benchmark import BenchmarkJob, BenchmarkRow, benchmark
from inspector.jobs.train import TrainingJob, TrainingResult
from inspector.tasks import CancelToken, Progress, no_progress


def test_every_pairing_is_a_row(dataset: Path, trained: TrainingResult, tmp_path: Path) -> None:
    jobs: list[TrainingJob] = []

    def train_by(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
        """Hand out the model that is there already; one method fails."""
        jobs.append(job)
        if job.detector == "padim":
            raise TrainingError("out_of_memory")
        shutil.copytree(trained.out, job.out)
        return trained

    job = BenchmarkJob(datasets=(dataset,), detectors=("patchcore", "padim"), out=tmp_path / "b", image_size=64, seed=3)
    told: list[BenchmarkRow] = []
    rows = benchmark(job, no_progress, CancelToken(), told.append, train_by)
    assert rows == told
    assert [(item.detector, item.image_size, item.seed) for item in jobs] == [("patchcore", 64, 3), ("padim", 64, 3)]
    good, failed = rows
    assert (good.image_auroc, good.n_good, good.n_defect, good.images) == (1, 4, 4, 10)
    assert good.fit_s == trained.fit_s
    assert good.median_ms is not None
    assert good.problem is None
    assert failed.image_auroc is None
    assert "not enough memory" in str(failed.problem)
    stored = json.loads((tmp_path / "b" / "results.json").read_text(encoding="utf-8"))
    assert stored == [row.model_dump(mode="json") for row in rows]
    with (tmp_path / "b" / "results.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["detector"] for row in table] == ["patchcore", "padim"]
    assert table[0]["false_accept"].startswith(f"{good.false_accept.count}/4 [" if good.false_accept else "?")
    assert len((tmp_path / "b" / "results.md").read_text(encoding="utf-8").splitlines()) == 4


def test_a_data_set_that_is_not_there_is_told_first(tmp_path: Path, dataset: Path) -> None:
    with pytest.raises(DatasetError):
        benchmark(BenchmarkJob(datasets=(dataset, tmp_path / "no"), out=tmp_path / "b"), no_progress, CancelToken())
    assert not (tmp_path / "b").exists()
