"""The demo end to end on real parts, camera, loop and engine; only its size is small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.data.sources import load_dataset
from inspector.errors import CameraError, Cancelled, StationError
from inspector.evaluation.judge import Verdict
from inspector.imaging.simulation import SimulatedLine, products, render
from inspector.jobs.demo import DemoJob, DemoProject, DemoResult, DemoVerdict, prepare_demo, run_demo
from inspector.jobs.demo_parts import write_dataset
from inspector.jobs.demo_stream import inspect_stream
from inspector.jobs.train import TrainingJob, TrainingResult, train
from inspector.runtime.bundle import load_bundle
from inspector.tasks import CancelToken, Progress, no_progress

WASHER = products()[0]
SMALL = {"products": ("washer",), "good": 4, "held_out": 2, "stream": 8, "defects": 0.5}


def quick_training(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
    """Small pictures and few folds, in this process: what the demo does with a model does not depend on them."""
    return train(job.model_copy(update={"image_size": 96, "preset": "quick", "folds": 2}), progress, cancel)


def never_train(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
    raise AssertionError("there is a model already")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoJob, DemoProject]:
    job = DemoJob(folder=tmp_path_factory.mktemp("demo"), **SMALL)
    return job, prepare_demo(job, no_progress, CancelToken(), quick_training)[0]


def test_the_data_set_has_good_parts_to_learn_and_all_kinds_of_defects_held_out(tmp_path: Path) -> None:
    job = DemoJob(products=("washer",), good=3, held_out=4)
    write_dataset(tmp_path, job, WASHER, no_progress, CancelToken())
    dataset = load_dataset(tmp_path)
    assert len(dataset.select(Label.GOOD, Split.TRAIN)) == 3
    assert len(dataset.select(Label.GOOD, Split.TEST)) == 4
    defects = dataset.select(Label.DEFECT)
    assert {sample.kind for sample in defects} == set(WASHER.kinds)
    assert all(mask is not None and mask.any() for mask in (sample.read_mask() for sample in defects))
    first = min(dataset.select(Label.GOOD, Split.TRAIN), key=lambda sample: sample.path)
    assert np.array_equal(first.read(), render("washer", 0, 0).image)


def test_a_prepared_project_is_one_an_engineer_could_have_made(prepared: tuple[DemoJob, DemoProject]) -> None:
    job, made = prepared
    project = Project.open(made.folder)
    try:
        assert project.name == WASHER.title
        assert project.samples.counts()[Label.GOOD] == job.good + job.held_out
        assert project.samples.counts()[Label.DEFECT] == job.held_out
        active = project.models.active()
        assert active is not None
        assert active.folder == made.bundle
    finally:
        project.close()
    assert made.training is not None
    assert made.training.images == job.good, "learned from good parts only, and from all of them"


def test_a_finished_project_is_used_again(prepared: tuple[DemoJob, DemoProject]) -> None:
    job, made = prepared
    again = prepare_demo(job, no_progress, CancelToken(), never_train)[0]
    assert again.bundle == made.bundle
    assert again.training is None


def test_a_cancelled_preparation_is_finished_later(tmp_path: Path) -> None:
    job = DemoJob(folder=tmp_path, **SMALL)
    cancel = CancelToken()

    def cancelled_training(job: TrainingJob, progress: Progress, token: CancelToken) -> TrainingResult:
        cancel.cancel()
        return quick_training(job, progress, token)

    with pytest.raises(Cancelled):
        prepare_demo(job, no_progress, cancel, cancelled_training)
    made = prepare_demo(job, no_progress, CancelToken(), quick_training)[0]
    assert made.training is not None
    assert made.training.images == job.good


def test_the_stream_tells_verdict_and_truth_of_every_part_in_order(prepared: tuple[DemoJob, DemoProject]) -> None:
    job, _ = prepared
    heard: list[DemoVerdict] = []
    stages: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        stages.append((done, total, stage))

    result = run_demo(job, progress, CancelToken(), heard.append, never_train)
    line = SimulatedLine("washer", job.seed + 1, job.defects)
    frames = [verdict.inspection.frame for verdict in heard]
    assert [frame.sequence for frame in frames if frame is not None] == list(range(job.stream))
    for sequence, verdict in enumerate(heard):
        part = line.render(sequence)
        frame = verdict.inspection.frame
        assert frame is not None
        assert np.array_equal(frame.pixels, part.image)
        assert (verdict.truth.label, verdict.truth.kind) == (part.label, part.kind)
    assert stages[-1] == (job.stream, job.stream, "inspecting")
    assert_adds_up(result, heard, job)


def assert_adds_up(result: DemoResult, heard: list[DemoVerdict], job: DemoJob) -> None:
    product = result.products[0]
    defects = [verdict for verdict in heard if verdict.truth.label == "defect"]
    escaped = [verdict for verdict in defects if verdict.inspection.verdict is Verdict.PASS]
    assert result.n_good + result.n_defect == job.stream
    assert (product.false_accept.count, product.false_accept.n) == (len(escaped), len(defects))
    assert sum(result.verdicts.values()) == len(result.images) == job.stream
    assert result.n_pixel_images == job.stream
    assert result.image_auroc == product.image_auroc
    assert result.confusion == product.confusion
    assert result.thresholds == {"washer": product.thresholds}
    assert [image.score for image in result.images] == [
        verdict.inspection.prediction.score for verdict in heard if verdict.inspection.prediction is not None
    ]
    written = DemoResult.model_validate_json(result.model_dump_json())
    assert written == result


def test_the_stream_ends_at_once_when_cancelled(prepared: tuple[DemoJob, DemoProject]) -> None:
    job, _ = prepared
    cancel = CancelToken()
    heard: list[DemoVerdict] = []

    def one_is_enough(verdict: DemoVerdict) -> None:
        heard.append(verdict)
        cancel.cancel()

    with pytest.raises(Cancelled):
        run_demo(job, no_progress, cancel, one_is_enough, never_train)
    assert len(heard) == 1


def test_a_loop_that_cannot_go_on_says_why(prepared: tuple[DemoJob, DemoProject], tmp_path: Path) -> None:
    _, made = prepared
    bundle = load_bundle(made.bundle)
    outside = bundle.manifest.region.model_copy(update={"roi": (0, 0, 4000, 4000)})
    elsewhere = type(bundle)(bundle.folder, bundle.manifest.model_copy(update={"region": outside}), bundle.scores)
    heard: list[DemoVerdict] = []
    stream = inspect_stream(elsewhere, made.line, 2, no_progress, CancelToken(), heard.append)
    assert [part.verdict for part in stream.parts] == [Verdict.NOT_INSPECTED] * 2
    assert {verdict.inspection.fault for verdict in heard} == {"region_outside"}
    with pytest.raises((CameraError, StationError)):
        inspect_stream(bundle, SimulatedLine("gearbox"), 1, no_progress, CancelToken(), heard.append)


def test_an_unknown_product_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CameraError) as caught:
        prepare_demo(DemoJob(folder=tmp_path, products=("gearbox",)), no_progress, CancelToken(), never_train)
    assert caught.value.code == "camera_not_found"
