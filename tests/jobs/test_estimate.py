"""The arithmetic of what a training will take, and where it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.data.dataset import Dataset, Label, Sample, Split
from inspector.data.sources import load_dataset
from inspector.detectors.parameters import declarations
from inspector.detectors.registry import detector_ids, detector_type
from inspector.features.registry import backbone_infos
from inspector.imaging.regions import Region
from inspector.imaging.tiling import Tiling
from inspector.jobs.estimate import (
    FASTEST_PACE,
    SLOWEST_PACE,
    Pictures,
    TrainingEstimate,
    estimate,
    gigabytes,
    learned_pace,
    machine_speed,
    pictures,
    pictures_of,
    rounded,
)
from inspector.jobs.fitting import make_detector
from inspector.jobs.train import TrainingJob
from inspector.messages import sentence
from inspector.settings import Settings, load_settings
from tests.detectors.parts import ids

SPEED = 1e11
FOUND = Pictures(learned=50, held_out=20, pixels=384 * 384, crops=((384, 384),))


def told(
    detector: str,
    found: Pictures = FOUND,
    pace: float = 1.0,
    speed: float = SPEED,
    tiling: Tiling | None = None,
    **choices,
) -> TrainingEstimate:
    job = TrainingJob(dataset=Path(), out=Path(), detector=detector, **choices)
    return estimate(make_detector(job), job.folds, found, speed, pace, tiling)


@pytest.mark.parametrize("detector", detector_ids())
def test_more_work_takes_longer(detector: str) -> None:
    plain = told(detector)
    assert told(detector, replace(FOUND, learned=60)).seconds > plain.seconds
    assert told(detector, replace(FOUND, held_out=30)).seconds > plain.seconds
    assert told(detector, replace(FOUND, pixels=FOUND.pixels * 4)).seconds > plain.seconds
    assert told(detector, image_size=384).seconds > plain.seconds
    larger = told(detector, image_size=384).peak_bytes
    # Whole pictures are points of the same size whatever theirs is: most is taken by the export.
    assert larger > plain.peak_bytes if detector_type(detector).has_map else larger == plain.peak_bytes
    quick = told(detector, preset="quick").seconds
    has_quick = any(item.quick is not None for item in declarations(detector_type(detector).parameters_type))
    assert quick < plain.seconds if has_quick else quick == plain.seconds
    assert told(detector, preset="quick").peak_bytes <= plain.peak_bytes
    if detector_type(detector).needs_backbone:
        assert told(detector, backbone="wide_resnet50_2").seconds > plain.seconds
        assert told(detector, backbone="wide_resnet50_2").peak_bytes >= plain.peak_bytes


@pytest.mark.parametrize("detector", ids("cross_validated"))
def test_more_folds_take_longer(detector: str) -> None:
    assert told(detector, folds=10).seconds > told(detector).seconds


@pytest.mark.parametrize("detector", detector_ids())
def test_computers_differ(detector: str) -> None:
    plain = told(detector)
    assert plain.seconds < told(detector, speed=SPEED / 10).seconds < 10 * plain.seconds
    assert told(detector, pace=2.0).seconds == pytest.approx(2 * plain.seconds)
    assert told(detector, pace=1e9).seconds == pytest.approx(SLOWEST_PACE * plain.seconds)
    assert told(detector, pace=-1.0).seconds == pytest.approx(FASTEST_PACE * plain.seconds)


WITH_FEATURES = [name for name in detector_ids() if detector_type(name).needs_backbone]


@pytest.mark.parametrize("info", backbone_infos(), ids=lambda info: info.id)
@pytest.mark.parametrize("detector", WITH_FEATURES)
def test_every_backbone_and_layer(detector: str, info) -> None:
    """An hour and 16 GB at most; of what is trained by many steps the quick preset a day and 64 GB, since a batch of a
    large network's finest layers takes as much."""
    trained = detector_type(detector).calibration == "held_out"
    longest, most, preset = (86_400, 2**36, "quick") if trained else (3600, 2**34, "standard")
    for layers in ((), *((layer,) for layer in info.layers)):
        expected = told(detector, backbone=info.id, layers=layers, preset=preset)
        assert 5 < expected.seconds < longest
        assert 2**28 < expected.peak_bytes < most


@pytest.mark.parametrize("detector", ids("held_out"))
def test_the_quick_preset_takes_minutes_and_the_papers_schedule_longer(detector: str) -> None:
    assert 5 < told(detector, preset="quick").seconds < 1200
    assert told(detector).seconds > 2 * told(detector, preset="quick").seconds


def test_the_patches_bound_what_patchcore_holds() -> None:
    def peak(learned: int, limit: int) -> int:
        return told("patchcore", replace(FOUND, learned=learned), parameters={"max_patches": limit}).peak_bytes

    assert peak(10_000, 50_000) == peak(1_000, 50_000) > peak(10, 50_000)
    assert peak(1_000, 100_000) > peak(1_000, 50_000)


def test_a_larger_bank_takes_longer() -> None:
    plain = told("patchcore")
    assert told("patchcore", parameters={"coreset_ratio": 0.3}).seconds > plain.seconds
    assert told("patchcore", parameters={"conditioning": "none"}).peak_bytes > plain.peak_bytes


def test_padim_holds_no_picture() -> None:
    """What is scored together is bounded, so memory stops growing."""
    assert told("padim", replace(FOUND, learned=100_000)).peak_bytes < 2 * told("padim").peak_bytes + 2**30
    more = told("padim", parameters={"dimensions": 200})
    assert more.peak_bytes > told("padim").peak_bytes
    assert more.seconds > told("padim").seconds


@pytest.mark.parametrize("detector", detector_ids())
def test_every_tile_is_a_picture(detector: str) -> None:
    large = replace(FOUND, crops=((1000, 1000),), pixels=1e6)
    assert told(detector, large, tiling=Tiling(1000, 100)).seconds == pytest.approx(told(detector, large).seconds)
    more = 2 if detector_type(detector).calibration == "cross_validated" else 1
    assert told(detector, large, tiling=Tiling(300, 60)).seconds > more * told(detector, large).seconds


@pytest.mark.parametrize("detector", detector_ids())
def test_a_single_picture(detector: str) -> None:
    assert told(detector, replace(FOUND, learned=1, held_out=0)).seconds < told(detector).seconds


def test_pictures_are_counted_as_training_uses_them(dataset: Path) -> None:
    found = pictures_of(load_dataset(dataset))
    assert found == Pictures(learned=10, held_out=8, pixels=96 * 96, crops=((96, 96),) * 10)


def test_a_region_says_what_is_looked_at_and_the_whole_is_read() -> None:
    region = Region(roi=(10, 10, 100, 50))
    assert pictures(5, 0, [(640, 480), (640, 480)], region) == Pictures(5, 0, 640 * 480, ((50, 100),))


def test_nothing_to_learn_from_is_no_estimate(tmp_path: Path) -> None:
    gone = Sample(tmp_path / "gone.png", Label.GOOD, Split.TRAIN)
    assert pictures_of(Dataset("none", tmp_path, ())) is None
    assert pictures_of(Dataset("gone", tmp_path, (gone,))) is None


def test_short_memory_is_told_in_a_sentence() -> None:
    enough = TrainingEstimate(seconds=1, peak_bytes=2**30, free_bytes=2**30)
    assert enough.shortage is None
    short = enough.model_copy(update={"free_bytes": 2**29})
    assert short.shortage is not None
    assert "about 1.0 GB of memory, and 0.5 GB are free" in sentence(short.shortage)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, 5), (7, 5), (8, 10), (42, 40), (57, 55), (58, 60), (95, 120), (1100, 1080), (1510, 1800), (5000, 4800)],
)
def test_rounding(seconds: float, expected: float) -> None:
    assert rounded(seconds) == expected


def test_rounding_of_memory() -> None:
    assert gigabytes(1) == "0.1"
    assert gigabytes(int(0.94 * 2**30)) == "0.9"


def test_the_pace_follows_what_trainings_really_took() -> None:
    pace = 1.0
    for _ in range(12):
        pace = learned_pace(pace, estimated=30 * pace, actual=60)
    assert pace == pytest.approx(2.0, rel=0.01)
    assert learned_pace(1.0, 30, 30) == 1.0
    assert learned_pace(1.0, 30, 0.0) == 1.0
    assert learned_pace(1.0, 30, 1e9) == SLOWEST_PACE
    assert learned_pace(1.0, 30, 1e-9) == FASTEST_PACE


def test_the_pace_is_kept_and_older_settings_have_one(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"theme": "dark"}', encoding="utf-8")
    assert load_settings(file).training_pace == 1.0
    Settings(training_pace=1.7).save(file)
    assert load_settings(file).training_pace == 1.7


def test_speed_is_measured_once() -> None:
    assert machine_speed() > 1e8
    assert machine_speed() == machine_speed()
