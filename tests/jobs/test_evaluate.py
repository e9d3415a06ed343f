"""Evaluation and prediction: figures against the rows they come from, what is left out, and what is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import BundleError, Cancelled, DatasetError
from inspector.evaluation.judge import Verdict
from inspector.imaging.files import read_image
from inspector.jobs.evaluate import EvaluationJob, EvaluationResult, evaluate
from inspector.jobs.predict import PredictionJob, predict
from inspector.jobs.train import TrainingResult
from inspector.runtime.bundle import load_bundle, pack, save_thresholds
from inspector.tasks import CancelToken, no_progress
from tests.support.parts import SIZE, write_good


@pytest.fixture(scope="module")
def evaluated(trained: TrainingResult, dataset: Path) -> EvaluationResult:
    return evaluate(EvaluationJob(bundle=trained.out, dataset=dataset), no_progress, CancelToken())


def test_figures_are_those_of_the_images_listed(evaluated: EvaluationResult) -> None:
    assert evaluated.excluded_training_images == 10
    assert len(evaluated.images) == 8
    good = np.array([image.score for image in evaluated.images if image.label == "good"])
    defect = np.array([image.score for image in evaluated.images if image.label == "defect"])
    pairs = (defect[:, None] > good).mean() + (defect[:, None] == good).mean() / 2
    assert evaluated.image_auroc == pytest.approx(pairs)
    assert (evaluated.n_good, evaluated.n_defect) == (len(good), len(defect)) == (4, 4)
    passed = sum(image.verdict == Verdict.PASS for image in evaluated.images if image.label == "defect")
    assert evaluated.false_accept.count == evaluated.confusion["defect"]["pass"] == passed
    assert evaluated.false_accept.n == 4
    assert evaluated.false_accept.low <= passed / 4 <= evaluated.false_accept.high
    for image in evaluated.images:
        assert (image.verdict == Verdict.FAIL) == (image.score >= evaluated.thresholds.fail)


def test_training_and_evaluation_agree(evaluated: EvaluationResult, trained: TrainingResult) -> None:
    stored = {row.name: row.score for row in load_bundle(trained.out).scores if not row.cross_validated}
    assert {image.path.name: image.score for image in evaluated.images} == stored
    assert evaluated.model_dump(include=set(trained.metrics)) == {
        key: value for key, value in trained.metrics.items() if key != "good_scores"
    }


def test_what_the_json_holds(evaluated: EvaluationResult) -> None:
    plain = evaluated.model_dump(mode="json")
    assert plain.keys() >= {
        "image_auroc", "pixel_auroc", "aupro", "f1", "thresholds", "confusion", "false_accept", "false_reject",
        "timing", "images",
    }  # fmt: skip
    assert plain["false_reject"].keys() == {"count", "n", "rate", "low", "high"}
    assert plain["timing"].keys() == {"provider", "load_s", "median_ms", "p95_ms"}
    assert 0 < plain["timing"]["median_ms"] <= plain["timing"]["p95_ms"]
    assert plain["images"][0].keys() >= {"path", "label", "score", "verdict"}


def test_both_engines_and_both_forms_give_the_same(
    evaluated: EvaluationResult, trained: TrainingResult, dataset: Path, tmp_path: Path
) -> None:
    pack(trained.out, tmp_path / "m.inspector")
    job = EvaluationJob(bundle=tmp_path / "m.inspector", dataset=dataset, engine="torch")
    by_torch = evaluate(job, no_progress, CancelToken())
    assert (by_torch.engine, evaluated.engine) == ("torch", "onnx")
    spread = np.ptp([image.score for image in evaluated.images])
    for one, other in zip(evaluated.images, by_torch.images, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-3 * spread)


def test_thresholds_in_force_judge(trained: TrainingResult, dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(trained.out, tmp_path / "m")
    part = trained.thresholds.model_copy(update={"review": -1.0, "fail": 1e9, "method": "manual"})
    save_thresholds(tmp_path / "m", part)
    result = evaluate(EvaluationJob(bundle=tmp_path / "m", dataset=dataset), no_progress, CancelToken())
    assert {image.verdict for image in result.images} == {Verdict.REVIEW}
    assert result.reviewed.count == result.reviewed.n == 8
    assert result.false_accept.count == result.false_reject.count == 0


def test_nothing_unseen_is_told(trained: TrainingResult, dataset: Path) -> None:
    job = EvaluationJob(bundle=trained.out, dataset=dataset / "train" / "good")
    with pytest.raises(DatasetError) as caught:
        evaluate(job, no_progress, CancelToken())
    assert (caught.value.code, caught.value.parameters["excluded"]) == ("evaluation_no_images", 10)


def test_heatmaps_keep_their_places(trained: TrainingResult, dataset: Path, tmp_path: Path) -> None:
    job = EvaluationJob(bundle=trained.out, dataset=dataset, heatmaps=tmp_path / "maps")
    evaluate(job, no_progress, CancelToken())
    written = sorted(item.relative_to(tmp_path / "maps").as_posix() for item in (tmp_path / "maps").rglob("*.png"))
    assert written[:4] == [f"test/good/{index}.png" for index in range(100, 104)]
    assert written[4:] == [f"test/paint/{index}.png" for index in range(4)]
    overlay = read_image(tmp_path / "maps" / "test" / "paint" / "0.png")
    assert overlay.shape == (SIZE, SIZE, 3)
    assert (overlay != read_image(dataset / "test" / "paint" / "0.png")).any()


def test_unreadable_images_are_listed(trained: TrainingResult, dataset: Path, tmp_path: Path) -> None:
    copied = tmp_path / "data"
    shutil.copytree(dataset, copied)
    (copied / "test" / "good" / "broken.png").write_text("no picture")
    result = evaluate(EvaluationJob(bundle=trained.out, dataset=copied), no_progress, CancelToken())
    assert [item.path.name for item in result.skipped] == ["broken.png"]
    assert len(result.images) == 8


def test_cancel_is_answered(trained: TrainingResult, dataset: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        evaluate(EvaluationJob(bundle=trained.out, dataset=dataset), no_progress, cancel)


def test_predictions_come_in_the_order_named(trained: TrainingResult, dataset: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    spoilt = dataset / "test" / "paint" / "0.png"
    paths = (spoilt, broken, dataset / "test" / "good", tmp_path / "nowhere.png", spoilt)
    job = PredictionJob(bundle=trained.out, paths=paths, heatmaps=tmp_path / "maps")
    result = predict(job, no_progress, CancelToken())
    names = ["0.png", "broken.png", "100.png", "101.png", "102.png", "103.png", "nowhere.png"]
    assert [image.path.name for image in result.images] == names
    assert [image.path.name for image in result.not_inspected] == ["broken.png", "nowhere.png"]
    assert all(image.score is None and str(image.path) in (image.reason or "") for image in result.not_inspected)
    assert result.images[0].verdict == Verdict.FAIL
    assert len(list((tmp_path / "maps").rglob("*.png"))) == 5


def test_prediction_of_nothing(trained: TrainingResult, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="prediction_no_images"):
        predict(PredictionJob(bundle=trained.out, paths=(tmp_path,)), no_progress, CancelToken())


def test_a_network_that_is_no_network(trained: TrainingResult, tmp_path: Path) -> None:
    """Hashes fit, but what they belong to cannot be run: the sentence is the same as for any damage."""
    from tests.support.bundles import write_bundle

    write_bundle(tmp_path / "m", tmp_path / "scratch")
    parts = write_good(tmp_path / "parts", 1)
    with pytest.raises(BundleError) as caught:
        predict(PredictionJob(bundle=tmp_path / "m", paths=(parts,)), no_progress, CancelToken())
    assert caught.value.parameters["file"] == "model.onnx"
