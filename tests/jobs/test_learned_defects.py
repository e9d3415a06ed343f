"""Defects that a data set gives to training: one method learns from them, no other one sees them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inspector.data.dataset import Label
from inspector.data.sources import load_dataset
from inspector.detectors.registry import detector_ids, detector_type
from inspector.errors import TrainingError
from inspector.imaging.files import write_image
from inspector.jobs import fitting
from inspector.jobs.evaluate import EvaluationJob, evaluate
from inspector.runtime.bundle import load_bundle
from inspector.runtime.container import file_hash
from inspector.tasks import CancelToken, no_progress
from tests.support.parts import quick_job, quick_training, spoilt

SMALL = {"steps": 2, "width": 4, "blocks": 1, "critic_width": 4}


@pytest.fixture(scope="module")
def given(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set with two defects below train/."""
    root = tmp_path_factory.mktemp("given") / "washers"
    shutil.copytree(dataset, root)
    (root / "train" / "painted").mkdir()
    for number in range(2):
        write_image(root / "train" / "painted" / f"{number}.png", spoilt(300 + number)[0])
    return root


def hashes(root: Path) -> set[str]:
    return {file_hash(path) for path in (root / "train" / "painted").iterdir()}


def test_defects_that_were_learned_from_are_not_judged(given: Path, tmp_path: Path) -> None:
    quick_training(given, tmp_path / "m", detector="cyclegan", parameters=SMALL)
    bundle = load_bundle(tmp_path / "m")
    assert hashes(given) <= set(bundle.manifest.training.images_sha256)
    assert not hashes(given) & {row.sha256 for row in bundle.scores}
    assert sum(row.label is Label.DEFECT for row in bundle.scores) == 4
    result = evaluate(EvaluationJob(bundle=tmp_path / "m", dataset=given), no_progress, CancelToken())
    assert sum(image.label is Label.DEFECT for image in result.images) == 4


def test_other_methods_judge_them(given: Path, tmp_path: Path) -> None:
    quick_training(given, tmp_path / "m", detector="padim")
    bundle = load_bundle(tmp_path / "m")
    assert not hashes(given) & set(bundle.manifest.training.images_sha256)
    assert hashes(given) < {row.sha256 for row in bundle.scores}


@pytest.mark.parametrize("detector_id", detector_ids())
def test_only_methods_that_need_defects_are_given_any(given: Path, tmp_path: Path, detector_id: str) -> None:
    job = quick_job(given, tmp_path / "m", detector=detector_id)
    detector = fitting.make_detector(job)
    found = fitting._defects(detector, job, load_dataset(given), no_progress, CancelToken())
    assert {sample.sha256 for sample in found} == (hashes(given) if detector_type(detector_id).needs_defects else set())


def test_without_defects_for_training_it_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as error:
        quick_training(dataset, tmp_path / "m", detector="cyclegan", parameters=SMALL)
    assert error.value.code == "training_needs_defects"
