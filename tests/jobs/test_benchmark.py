"""The benchmark: one row for each pairing, kept through a kill, on Dask or without it."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from inspector.detectors.registry import detector_ids
from inspector.errors import Cancelled, DatasetError, InspectorError
from inspector.jobs import cluster
from inspector.jobs import pairing as pairing_module
from inspector.jobs.benchmark import BenchmarkJob, BenchmarkResult, benchmark, plan
from inspector.jobs.benchmark_store import stored_rows
from inspector.jobs.pairing import BenchmarkRow, Pairing, perform, pixel_note
from inspector.jobs.train import TrainingResult
from inspector.runtime.bundle import load_bundle
from inspector.tasks import CancelToken, no_progress
from tests.support import benchmark_work
from tests.support.benchmark_work import calls
from tests.support.parts import write_good, write_mvtec


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return write_good(tmp_path / "parts", 2)


@pytest.fixture
def without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "is_there", lambda: False)


def run(job: BenchmarkJob, cancel: CancelToken | None = None) -> BenchmarkResult:
    return benchmark(job, no_progress, cancel or CancelToken(), work=benchmark_work.quick)


def job_for(folder: Path, *detectors: str, **changes: object) -> BenchmarkJob:
    return BenchmarkJob(datasets=(folder,), detectors=detectors, out=folder.parent / "out", **changes)


@pytest.mark.slow
def test_a_real_pairing_has_figures_with_n_and_interval_times_and_memory(tmp_path: Path) -> None:
    folder = write_mvtec(tmp_path / "Wäscher", good=6, held_out=2, defects=2)
    job = job_for(folder, "padim", preset="quick", image_size=64)
    (pairing,) = plan(job)
    stages: list[str] = []
    row = perform(pairing, lambda done, total, stage, value=None: stages.append(stage), CancelToken())
    assert row.problem is None
    assert (row.images, row.n_good, row.n_defect, row.good_scores) == (6, 2, 2, "held_out")
    assert (len(row.scores_good), len(row.scores_defect), row.n_timed) == (2, 2, 10)
    assert row.image_auroc == 1
    assert row.auroc_low == pytest.approx(0.025**0.5)
    assert row.pixel_auroc is not None
    assert row.pixel_note is None
    assert row.false_accept is not None
    assert row.false_accept.n == 2
    assert row.fit_s is not None
    assert row.peak_rss_mb is not None
    assert row.median_ms is not None
    assert row.p95_ms is not None
    assert 0 < row.median_ms <= row.p95_ms
    assert 0 < row.fit_s < (row.total_s or 0)
    assert row.peak_rss_mb > 100
    assert row.bundle is not None
    assert (row.bundle / "manifest.json").is_file()
    assert "timing" in stages


def test_every_pairing_is_a_row_in_every_table(parts: Path) -> None:
    told: list[BenchmarkRow] = []
    job = job_for(parts, "padim", "broken", seeds=2, seed=3)
    result = benchmark(job, no_progress, CancelToken(), told.append, work=benchmark_work.quick)
    asked = [("padim", 3), ("padim", 4), ("broken", 3), ("broken", 4)]
    assert [(row.detector, row.seed) for row in result.rows] == asked
    assert len(told) == 4
    assert [row.problem for row in result.rows] == [None, None, "It broke.", "It broke."]
    assert json.loads((job.out / "results.json").read_text("utf-8")) == [
        row.model_dump(mode="json") for row in result.rows
    ]
    with (job.out / "results.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["image_auroc"] for row in table] == ["0.9000", "0.9000", "", ""]
    assert "scores_good" not in table[0]
    assert len((job.out / "results.md").read_text("utf-8").splitlines()) == 6


def test_what_is_finished_is_not_done_again_but_what_failed_is(parts: Path) -> None:
    run(job_for(parts, "padim", "broken"))
    result = run(job_for(parts, "padim", "broken", "patchcore"))
    assert calls(parts) == ["padim 0", "broken 0", "broken 0", "patchcore 0"]
    assert (len(result.rows), result.reused) == (3, 1)
    assert result.remarks == []


def test_a_cancelled_benchmark_goes_on_where_it_was(parts: Path, without_dask: None) -> None:
    cancel = CancelToken()
    job = job_for(parts, "padim", "patchcore", "stfpm")
    with pytest.raises(Cancelled):
        benchmark(job, no_progress, cancel, lambda row: cancel.cancel(), work=benchmark_work.quick)
    assert calls(parts) == ["padim 0"]
    assert [row.detector for row in stored_rows(job.out)] == ["padim"]
    assert len(run(job).rows) == 3
    assert calls(parts) == ["padim 0", "patchcore 0", "stfpm 0"]


def test_half_a_row_counts_for_nothing(parts: Path) -> None:
    job = job_for(parts, "padim")
    run(job)
    (file,) = (job.out / "rows").glob("*.json")
    file.write_text(file.read_text("utf-8")[:100], encoding="utf-8")
    assert run(job).reused == 0


def test_other_pictures_or_settings_are_another_request_and_that_is_said(parts: Path) -> None:
    run(job_for(parts, "padim"))
    write_good(parts, 1, first=7)
    result = run(job_for(parts, "padim"))
    assert result.reused == 0
    assert "1 finished pairings" in result.remarks[0]
    assert run(job_for(parts, "padim", image_size=64)).reused == 0
    assert len(stored_rows(parts.parent / "out")) == 2  # the newest of each size


def test_a_data_set_that_is_not_there_is_told_first(tmp_path: Path, parts: Path) -> None:
    with pytest.raises(DatasetError):
        run(BenchmarkJob(datasets=(parts, tmp_path / "no"), out=tmp_path / "b"))
    assert not (tmp_path / "b").exists()


def test_several_pairings_at_a_time(parts: Path) -> None:
    news: list[tuple[str, str]] = []
    job = job_for(parts, "padim", "patchcore", "broken", workers=2)
    result = benchmark(
        job,
        no_progress,
        CancelToken(),
        on_news=lambda pairing, stage, done, total: news.append((pairing.detector, stage)),
        work=benchmark_work.quick,
    )
    assert [row.detector for row in result.rows] == ["padim", "patchcore", "broken"]
    assert {stage for _, stage in news} <= {"learning"}


def test_on_a_scheduler_that_runs_already(parts: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    ) as there:
        result = run(job_for(parts, "padim", scheduler=there.scheduler_address))
    assert result.rows[0].image_auroc == 0.9


def test_without_names_all_methods_that_can_learn_are_compared(parts: Path, tmp_path: Path) -> None:
    result = run(job_for(parts))
    methods = {row.detector for row in result.rows}
    assert methods == set(detector_ids()) - {"cyclegan", "regad"}
    assert any("CycleGAN, RegAD" in remark for remark in result.remarks)
    both = BenchmarkJob(datasets=(parts, write_good(tmp_path / "more", 2)), out=tmp_path / "out2")
    assert {item.detector for item in plan(both)} == set(detector_ids()) - {"cyclegan"}


def test_marked_defects_let_more_methods_learn(tmp_path: Path) -> None:
    folder = write_mvtec(tmp_path / "parts", good=2, held_out=1, defects=2)
    (defect, *_) = sorted((folder / "test").glob("[!g]*/*.png"))
    marked = folder / "train" / defect.parent.name
    marked.mkdir()
    defect.rename(marked / defect.name)
    assert "cyclegan" in {item.detector for item in plan(job_for(folder))}


class Watcher:
    """Cancels at the first news, and knows when."""

    def __init__(self) -> None:
        self.token, self.asked_at = CancelToken(), 0.0

    def __call__(self, pairing: Pairing, stage: str, done: int, total: int) -> None:
        if stage == "deaf":
            self.asked_at = time.monotonic()
            self.token.cancel()


def test_cancel_ends_a_deaf_pairing_within_about_a_second(parts: Path) -> None:
    watcher = Watcher()
    with pytest.raises(Cancelled):
        benchmark(job_for(parts, "padim"), no_progress, watcher.token, on_news=watcher, work=benchmark_work.endless)
    assert time.monotonic() - watcher.asked_at < 1.5
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_whoever_asks_for_a_scheduler_needs_dask_and_a_scheduler(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.3)
    with pytest.raises(InspectorError, match="dask_unreachable"):
        run(job_for(parts, "padim", scheduler="tcp://127.0.0.1:9"))
    monkeypatch.setattr(cluster, "is_there", lambda: False)
    with pytest.raises(InspectorError, match="dask_missing"):
        run(job_for(parts, "padim", scheduler="tcp://127.0.0.1:9"))


def test_without_dask_it_works_and_says_so(parts: Path, without_dask: None) -> None:
    result = run(job_for(parts, "padim"))
    assert result.rows[0].problem is None
    assert "inspector[compare]" in result.remarks[0]


def test_the_page_is_complete_and_holds_no_foreign_code(tmp_path: Path) -> None:
    parts = write_good(tmp_path / "<b>nuts & bolts", 2)
    job = job_for(parts, "padim", "patchcore", "broken")
    run(job)
    page = (job.out / "results.html").read_text("utf-8")
    tree = ElementTree.fromstring(page.replace("<!doctype html>", "").replace('<meta charset="utf-8">', ""))
    assert len(tree.findall(".//svg")) == 3  # accuracy against latency, and two pairings' scores
    assert len(tree.findall(".//circle")) == 2
    text = " ".join(tree.itertext())
    assert "0.9000 [0.700, 0.970]" in text
    assert "<b>nuts & bolts, broken: It broke." in text
    assert "http" not in page


def test_why_there_are_no_figures_of_pixels(dataset: Path, trained: TrainingResult) -> None:
    (pairing,) = plan(job_for(dataset, "patchcore"))
    bundle = load_bundle(trained.out)
    assert pixel_note(pairing, bundle, trained) is None
    without_map = replace(bundle, manifest=bundle.manifest.model_copy(update={"has_map": False}))
    assert "draws no map" in str(pixel_note(pairing, without_map, trained))
    unmeasured = trained.model_copy(update={"metrics": trained.metrics | {"pixel_auroc": None}})
    assert "has a mask" in str(pixel_note(pairing, bundle, unmeasured))


@pytest.mark.parametrize(
    ("error", "problem"),
    [(InspectorError("out_of_memory"), "not enough memory"), (ZeroDivisionError("1/0"), "ZeroDivisionError: 1/0")],
)
def test_what_goes_wrong_is_a_row_but_cancelling_is_not(
    parts: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, problem: str
) -> None:
    (pairing,) = plan(job_for(parts, "padim"))
    raised = [error, Cancelled()]
    monkeypatch.setattr(pairing_module, "run_in_child", lambda *_: (_ for _ in ()).throw(raised.pop(0)))
    assert problem in str(perform(pairing, no_progress, CancelToken()).problem)
    with pytest.raises(Cancelled):
        perform(pairing, no_progress, CancelToken())
