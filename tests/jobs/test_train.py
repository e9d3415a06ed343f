"""Training as a whole: what goes into the bundle, and what becomes of data sets that make it hard."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.detectors.base import Detector
from inspector.errors import BundleError, Cancelled, DatasetError, TrainingError
from inspector.evaluation.calibration import from_good
from inspector.imaging.files import read_image, write_image
from inspector.imaging.regions import Region
from inspector.jobs import fitting
from inspector.jobs.measures import peak_rss_mb
from inspector.jobs.train import TrainingResult, train
from inspector.messages import STAGES, sentence
from inspector.runtime.bundle import load_bundle
from inspector.runtime.container import file_hash
from inspector.runtime.engines import open_engine
from inspector.runtime.manifest import RegionPart, TilingPart
from inspector.tasks import CancelToken, no_progress
from tests.support.parts import quick_job, quick_training, write_good


def test_the_result_says_what_was_done(trained: TrainingResult) -> None:
    assert trained.images == 10
    assert 0 < trained.fit_s <= trained.total_s
    assert set(trained.stages) <= set(STAGES)
    assert {"loading", "exporting", "scoring", "saving"} <= set(trained.stages)
    assert sum(trained.stages.values()) == pytest.approx(trained.total_s, abs=0.1)
    assert 50 < trained.peak_rss_mb <= peak_rss_mb() + 1
    assert trained.bundle_bytes == sum(item.stat().st_size for item in trained.out.iterdir())
    assert trained.skipped == []


def test_the_bundle_describes_its_training(trained: TrainingResult, dataset: Path) -> None:
    bundle = load_bundle(trained.out)
    manifest = bundle.manifest
    learned = sorted((dataset / "train" / "good").iterdir())
    assert manifest.training.images_sha256 == [file_hash(path) for path in learned]
    assert manifest.parity is not None
    assert manifest.parity.max_score_difference <= manifest.parity.tolerance
    assert manifest.backbone is not None
    assert manifest.backbone.name == trained.backbone
    assert manifest.software.keys() >= {"inspector", "python", "torch", "onnxruntime", "numpy"}
    assert manifest.metrics == trained.metrics


def test_thresholds_come_from_cross_validated_good_scores_alone(trained: TrainingResult) -> None:
    bundle = load_bundle(trained.out)
    own = [row for row in bundle.scores if row.cross_validated]
    assert len(own) == 10
    assert all(row.label == "good" and row.split == "train" for row in own)
    expected = from_good(np.array([row.score for row in own]), 0.01).thresholds
    part = trained.thresholds
    assert (part.review, part.fail) == (expected.review, expected.fail)
    assert (part.method, part.good_scores, part.n_good, part.n_defect) == ("good_quantile", "cross_validated", 10, 0)


def test_held_out_samples_are_scored_and_told_with_their_number(trained: TrainingResult) -> None:
    others = [row for row in load_bundle(trained.out).scores if not row.cross_validated]
    assert sorted((row.label, row.kind) for row in others) == [("defect", "paint")] * 4 + [("good", None)] * 4
    metrics = trained.metrics
    assert (metrics["n_good"], metrics["n_defect"], metrics["n_pixel_images"], metrics["n_regions"]) == (4, 4, 8, 4)
    assert metrics["image_auroc"] == 1
    assert metrics["pixel_auroc"] > 0.9
    assert metrics["aupro"] > 0.8
    assert metrics["good_scores"] == "held_out"
    assert metrics["false_accept"]["n"] == 4


def test_same_seed_same_scores_and_a_copy_of_a_training_image_is_no_test(
    trained: TrainingResult, dataset: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "data"
    shutil.copytree(dataset, copied)
    shutil.copy(copied / "train" / "good" / "000.png", copied / "test" / "good" / "same.png")
    again = quick_training(copied, tmp_path / "m")
    assert load_bundle(again.out).scores == load_bundle(trained.out).scores
    assert again.metrics == trained.metrics
    assert again.model_id != trained.model_id


def test_good_images_alone_suffice_and_bad_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files are broken, training starts again only once."""
    folder = write_good(tmp_path / "parts", 5)
    whole = (folder / "001.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").touch()
    (folder / "letter.jpg").write_text("Dear Sir or Madam")
    made: list[Detector] = []
    make = fitting.make_detector
    monkeypatch.setattr(fitting, "make_detector", lambda job: made.append(make(job)) or made[-1])
    result = quick_training(folder, tmp_path / "m.inspector", review_rate=0.2)
    assert len(made) == 2
    assert result.images == 5
    assert {item.path.name for item in result.skipped} == {"empty.png", "cut.png", "letter.jpg"}
    assert all(str(item.path) in item.reason for item in result.skipped)
    assert result.metrics["image_auroc"] is None
    assert result.metrics["good_scores"] == "cross_validated"
    assert result.thresholds.review < result.thresholds.fail
    assert load_bundle(tmp_path / "m.inspector").manifest.training.images == 5
    assert {item.name for item in tmp_path.iterdir()} == {"parts", "m.inspector"}


def test_one_image_is_enough_for_a_first_guess(tmp_path: Path) -> None:
    result = quick_training(write_good(tmp_path / "parts", 1), tmp_path / "m")
    assert result.thresholds.good_scores == "augmented"
    assert result.thresholds.n_good == 1


def test_only_the_region_is_learned_and_judged(dataset: Path, tmp_path: Path) -> None:
    """The painted block lies at x 30 to 60, y 20 to 44: below it nothing is unusual."""
    below = quick_training(dataset, tmp_path / "below", region=RegionPart(roi=(0, 48, 96, 48)))
    manifest = load_bundle(below.out).manifest
    assert manifest.region.roi == (0, 48, 96, 48)
    assert manifest.preprocessing.width > manifest.preprocessing.height
    assert below.metrics["n_regions"] == 0
    assert below.metrics["pixel_auroc"] is None


def test_in_tiles_a_small_defect_is_found_and_pictures_are_counted(dataset: Path, tmp_path: Path) -> None:
    told: dict[str, tuple[int, int]] = {}

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        told[stage] = done, total

    job = quick_job(dataset, tmp_path / "m", tiling=TilingPart(size=48, overlap=16))
    result = train(job, progress, CancelToken())
    bundle = load_bundle(result.out)
    assert bundle.manifest.tiling == job.tiling == result.tiling
    assert (bundle.manifest.preprocessing.height, bundle.manifest.preprocessing.width) == (64, 64)
    assert result.images == bundle.manifest.training.images == result.thresholds.n_good == 10
    assert result.thresholds.good_scores == "cross_validated"
    assert len([row for row in bundle.scores if row.cross_validated]) == 10
    assert told["features"] == told["cross_validation"] == (90, 90)
    assert told["scoring"] == (8, 8)
    assert result.metrics["image_auroc"] == 1
    assert result.metrics["pixel_auroc"] > 0.9
    assert result.remarks == []
    assert "48 × 48 pixels" in (result.out / "report.html").read_text(encoding="utf-8")


def test_tiles_of_a_single_picture_give_a_first_guess_and_a_method_that_learns_places_is_warned_of(
    tmp_path: Path,
) -> None:
    tiling = TilingPart(size=64, overlap=16)
    result = quick_training(write_good(tmp_path / "parts", 1), tmp_path / "m", detector="padim", tiling=tiling)
    assert (result.thresholds.good_scores, result.thresholds.n_good) == ("augmented", 1)
    assert "Choose PatchCore for tiles" in result.remarks[0]
    assert len(result.remarks) == 2


def test_pictures_whose_size_cannot_be_read_are_left_out_of_tiles(tmp_path: Path) -> None:
    folder = write_good(tmp_path / "parts", 3)
    (folder / "letter.jpg").write_text("Dear Sir or Madam")
    result = quick_training(folder, tmp_path / "m", tiling=TilingPart(size=64, overlap=16))
    assert result.images == 3
    assert [item.path.name for item in result.skipped] == ["letter.jpg"]


def test_nothing_to_learn_from(tmp_path: Path, dataset: Path) -> None:
    empty = tmp_path / "tests_only"
    shutil.copytree(dataset / "test", empty / "test")
    (empty / "train" / "good").mkdir(parents=True)
    with pytest.raises(DatasetError) as caught:
        train(quick_job(empty, tmp_path / "m"), no_progress, CancelToken())
    assert caught.value.code == "training_no_good"
    unreadable = tmp_path / "unreadable"
    unreadable.mkdir()
    (unreadable / "a.png").touch()
    with pytest.raises(DatasetError) as caught:
        train(quick_job(unreadable, tmp_path / "m"), no_progress, CancelToken())
    assert caught.value.code == "training_none_readable"
    assert "a.png" in sentence(caught.value)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"detector": "crystal_ball"}, "detector_unknown"),
        ({"parameters": {"magic": 1}}, "parameter_unknown"),
        ({"parameters": {"coreset_ratio": "much"}}, "parameter_type"),
    ],
)
def test_a_wrong_request_is_refused(tmp_path: Path, changes: dict[str, object], code: str) -> None:
    folder = write_good(tmp_path / "parts", 1)
    with pytest.raises(TrainingError) as caught:
        train(quick_job(folder, tmp_path / "m", **changes), no_progress, CancelToken())
    assert caught.value.code == code


def test_a_place_that_is_taken_is_refused_before_any_work(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    told = []
    with pytest.raises(BundleError, match="bundle_target_occupied"):
        train(quick_job(dataset, tmp_path), lambda *item: told.append(item), CancelToken())
    assert [item[2] for item in told] == ["loading"]


@pytest.mark.parametrize("stage", ["loading", "features", "scoring"])
def test_cancel_is_answered_and_leaves_nothing(dataset: Path, tmp_path: Path, stage: str) -> None:
    cancel = CancelToken()

    def progress(done: int, total: int, name: str, value: float | None = None) -> None:
        if name == stage and done:
            cancel.cancel()

    with pytest.raises(Cancelled):
        train(quick_job(dataset, tmp_path / "m"), progress, cancel)
    assert list(tmp_path.iterdir()) == []


def test_a_project_is_trained_on_its_own_region(tmp_path: Path) -> None:
    with Project.create(tmp_path / "project", "Parts") as project:
        files = [tmp_path / f"{index}.png" for index in range(3)]
        for index, file in enumerate(files):
            write_image(file, np.random.default_rng(index).integers(0, 255, (96, 96, 3), np.uint8))
        project.samples.import_paths(files, no_progress, CancelToken(), Label.GOOD)
        project.region = Region((0, 0, 96, 48), [[(0, 0), (20, 0), (20, 20)]])
        result = quick_training(project.folder, tmp_path / "model")
    region = load_bundle(result.out).manifest.region
    assert region.roi == (0, 0, 96, 48)
    assert region.ignore == [[(0, 0), (20, 0), (20, 20)]]


def test_a_method_that_trains_a_network_is_calibrated_on_what_it_did_not_learn(dataset: Path, tmp_path: Path) -> None:
    small = {"steps": 2, "batch": 2}
    result = quick_training(dataset, tmp_path / "m", detector="stfpm", parameters=small)
    assert result.thresholds.good_scores == "held_out"
    assert result.thresholds.n_good == 2
    bundle = load_bundle(tmp_path / "m")
    training = bundle.manifest.training
    assert (training.images, training.held_out) == (10, 2)
    assert len(training.images_sha256) == 10
    assert set(training.facts) == set(result.facts) == {"validation_loss", "best_step"}
    calibrated = [row for row in bundle.scores if row.cross_validated]
    assert {row.sha256 for row in calibrated} == set(training.images_sha256[8:])
    engine = open_engine(bundle, "torch")
    by_hash = {file_hash(path): path for path in (dataset / "train" / "good").iterdir()}
    for row in calibrated:
        assert engine.infer(read_image(by_hash[row.sha256])).score == pytest.approx(row.score, rel=1e-4)


def test_a_single_good_image_is_scored_by_altered_copies(tmp_path: Path) -> None:
    small = {"steps": 2, "batch": 2}
    folder = write_good(tmp_path / "parts", 1)
    result = quick_training(folder, tmp_path / "m", detector="stfpm", parameters=small)
    assert result.thresholds.good_scores == "augmented"
    assert result.thresholds.n_good == 1
