"""Training from the pane, for real: success, failure, cancel, close while running, and the form it starts from."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.errors import InspectorError
from inspector.features.registry import DEFAULT_BACKBONE, backbone_infos
from inspector.imaging.files import write_image
from inspector.imaging.simulation import render
from inspector.jobs.estimate import SLOWEST_PACE
from inspector.jobs.train import TrainingJob
from inspector.runtime.bundle import load_bundle
from inspector.runtime.manifest import TilingPart
from inspector.tasks import CancelToken, no_progress
from inspector.ui.context import AppContext
from inspector.ui.panes.training import TrainingPane

WAIT = 10_000
TRAINING_MS = 120_000
GOOD, DEFECTS = 6, 2


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(GOOD):
        write_image(folder / "good" / f"good {index}.png", render("washer", 3, index).image)
    for index in range(DEFECTS):
        write_image(folder / "bad" / f"stain {index}.png", render("washer", 3, 100 + index, kind="stain").image)
    return folder


@pytest.fixture
def project(tmp_path: Path, pictures: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "Prüflinge", "Prüflinge")
    for name, label in (("good", Label.GOOD), ("bad", Label.DEFECT)):
        made.samples.import_paths([pictures / name], no_progress, CancelToken(), label)
    yield made
    made.close()


@pytest.fixture
def pane(project: Project, context: AppContext, qtbot: QtBot) -> Iterator[TrainingPane]:
    context.set_project(project)
    shown = TrainingPane(context)
    qtbot.addWidget(shown)
    shown.resize(1140, 700)
    shown.show()
    shown.trainer.form.image_size.setValue(64)
    next(item for item in shown.trainer.form.presets.buttons() if item.property("preset") == "quick").setChecked(True)
    qtbot.waitUntil(shown.trainer.start.isEnabled, timeout=WAIT)
    yield shown
    shown.shutdown()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def start(pane: TrainingPane, qtbot: QtBot) -> None:
    """Begin, and wait until the child has said something."""
    with qtbot.waitSignal(pane.trainer.run.runner.progress, timeout=TRAINING_MS):
        pane.trainer.start.click()


@pytest.mark.slow
def test_training_brings_a_model_with_results(
    pane: TrainingPane, project: Project, context: AppContext, qtbot: QtBot
) -> None:
    errors: list[object] = []
    context.failed.connect(errors.append)
    assert "6 good pictures" in pane.trainer._material.text()
    assert "few" in pane.trainer._warning.text()
    qtbot.waitUntil(pane.trainer.expected.isVisible, timeout=WAIT)
    with qtbot.waitSignals([pane.trainer.run.runner.finished, context.models_changed], timeout=TRAINING_MS):
        pane.trainer.start.click()
    assert errors == []
    (row,) = project.models.rows()
    assert (row.name, row.active) == ("PaDiM 1", True)
    assert pane.trainer.plot.points
    assert context.settings.training_pace != 1.0
    qtbot.waitUntil(lambda: pane.result.result is not None, timeout=WAIT)
    assert len(pane.result.result.evidence.learned) == GOOD
    assert len(pane.result.result.evidence.defect) == DEFECTS
    assert pane.result.figures.escapes.count.text().endswith(f"of {DEFECTS}")
    assert load_bundle(row.folder).manifest.image_size == 64
    pane.result.images.view.selectRow(1)
    qtbot.waitUntil(lambda: pane.result.picture._heatmap is not None, timeout=WAIT)
    assert pane.result.picture._heatmap.overlay is not None
    assert pane.trainer.start.isEnabled()
    assert pane.trainer.start.text() == "Start training"


def test_cancel_answers_within_a_second_and_leaves_nothing(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    start(pane, qtbot)
    assert pane.trainer.start.text() == "Cancel training"
    asked = time.monotonic()
    with qtbot.waitSignals([pane.trainer.run.runner.cancelled, pane.trainer.run.runner.finished], timeout=WAIT):
        pane.trainer.start.click()
    assert time.monotonic() - asked < 1.0 + 0.5  # what the kill and the clean-up take on a busy machine
    assert children() == []
    assert project.models.rows() == []
    assert list((project.folder / "models").iterdir()) == []
    assert pane.trainer.start.isEnabled()
    assert pane.trainer.start.text() == "Start training"


def test_failure_is_told_and_the_pane_can_be_used_again(
    pane: TrainingPane, project: Project, context: AppContext, qtbot: QtBot
) -> None:
    for sample in project.dataset().samples:
        sample.path.write_bytes(b"no picture")
    told: list[InspectorError] = []
    context.failed.connect(told.append)
    with qtbot.waitSignal(pane.trainer.run.runner.finished, timeout=TRAINING_MS):
        pane.trainer.start.click()
    assert [error.code for error in told] == ["training_none_readable"]
    assert project.models.rows() == []
    assert pane.trainer.start.isEnabled()
    assert pane.trainer.strip.isHidden()


def test_closing_while_training_runs_ends_the_child(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    start(pane, qtbot)
    assert len(children()) == 1
    pane.shutdown()
    assert children() == []
    assert not pane.trainer.run.runner.running
    assert project.models.rows() == []


def test_switching_projects_ends_training(
    pane: TrainingPane, context: AppContext, qtbot: QtBot, tmp_path: Path
) -> None:
    start(pane, qtbot)
    context.set_project(Project.create(tmp_path / "other", "Other"))
    assert children() == []
    assert pane.trainer.start.text() == "Start training"
    context.set_project(None)


def test_choices_make_a_valid_job(pane: TrainingPane, project: Project) -> None:
    form = pane.trainer.form
    form.method.setCurrentIndex(form.method.findData("padim"))
    form.layers.by_method.setChecked(False)
    job = TrainingJob(dataset=project.folder, out=project.models.new_folder(), **form.choices)
    assert (job.detector, job.preset, job.image_size, job.backbone) == ("padim", "quick", 64, DEFAULT_BACKBONE)
    assert job.layers == form.backbone.info.default_layers
    assert job.parameters == {}


def test_the_estimate_follows_the_choices(pane: TrainingPane, qtbot: QtBot) -> None:
    expected, form = pane.trainer.expected, pane.trainer.form
    qtbot.waitUntil(lambda: expected.isVisible() and bool(expected.cost.text()), timeout=WAIT)
    small = expected.cost.text()
    assert re.fullmatch(r"About \d+ (s|min) and \d+\.\d GB of memory\.", small)
    assert expected.shortage.isHidden()
    form.image_size.setValue(1024)
    qtbot.waitUntil(lambda: expected.cost.text() != small, timeout=WAIT)
    form.image_size.setValue(64)
    qtbot.waitUntil(lambda: expected.cost.text() == small, timeout=WAIT)
    form.layers.by_method.setChecked(False)
    for row in range(form.layers.list.count()):
        form.layers.list.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert expected.isHidden()


def test_more_memory_than_is_free_is_said(pane: TrainingPane, qtbot: QtBot) -> None:
    expected = pane.trainer.expected
    form = pane.trainer.form
    form.method.setCurrentIndex(form.method.findData("padim"))
    # 550 dimensions at 16,384 positions: 60 GB of sums.
    form.parameters.field("dimensions").set_value(550)
    form.image_size.setValue(1024)
    qtbot.waitUntil(lambda: "GB are free" in expected.shortage.text(), timeout=WAIT)
    assert expected.shortage.isVisibleTo(expected)


def test_without_good_pictures_there_is_no_estimate(
    pane: TrainingPane, project: Project, context: AppContext, qtbot: QtBot
) -> None:
    qtbot.waitUntil(pane.trainer.expected.isVisible, timeout=WAIT)
    project.samples.set_label(project.samples.ids(), Label.UNSURE)
    context.samples_changed.emit()
    qtbot.waitUntil(pane.trainer.expected.isHidden, timeout=WAIT)


def test_a_training_teaches_how_fast_this_computer_is(pane: TrainingPane, context: AppContext, qtbot: QtBot) -> None:
    expected = pane.trainer.expected
    qtbot.waitUntil(lambda: expected.isVisible() and bool(expected.cost.text()), timeout=WAIT)
    expected.training_started()
    expected.training_ended(seconds=1e6)
    assert context.settings.training_pace == SLOWEST_PACE


def test_tiles_are_off_until_chosen_and_a_method_that_learns_places_is_warned_of(
    pane: TrainingPane, project: Project
) -> None:
    form = pane.trainer.form
    assert form.choices["tiling"] is None
    assert "small defects" in form.tiles.remark.text()
    form.method.setCurrentIndex(form.method.findData("padim"))
    form.tiles.choose(256)
    assert "Choose PatchCore" in form.tiles.remark.text()
    form.method.setCurrentIndex(form.method.findData("patchcore"))
    assert "Choose PatchCore" not in form.tiles.remark.text()
    job = TrainingJob(dataset=project.folder, out=project.models.new_folder(), **form.choices)
    assert job.tiling == TilingPart(size=256, overlap=64)
    assert TrainingJob.model_validate_json(job.model_dump_json()) == job


def test_missing_weights_keep_training_from_starting(pane: TrainingPane, qtbot: QtBot) -> None:
    form = pane.trainer.form
    name = next(info.id for info in backbone_infos() if not info.embedded)
    form.backbone.choose(name)
    assert not pane.trainer.start.isEnabled()
    assert form.backbone.download.isVisibleTo(form)
    form.backbone.choose(DEFAULT_BACKBONE)
    assert pane.trainer.start.isEnabled()
    assert not form.backbone.download.isVisibleTo(form)


def test_a_wrong_weights_file_is_refused_with_a_sentence(
    pane: TrainingPane, context: AppContext, qtbot: QtBot, tmp_path: Path
) -> None:
    form = pane.trainer.form
    form.backbone.choose("squeezenet1_1")
    file = tmp_path / "weights.pth"
    file.write_bytes(b"nothing of the kind")
    told: list[InspectorError] = []
    context.failed.connect(told.append)
    with qtbot.waitSignal(form.backbone.runner.finished, timeout=TRAINING_MS):
        form.backbone.import_file(file)
    assert [error.code for error in told] == ["weights_damaged"]
    assert not pane.trainer.start.isEnabled()


def test_the_window_never_loads_torch() -> None:
    code = "import sys, inspector.ui.panes.training; print('torch' in sys.modules, 'sklearn' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["False", "False"]
