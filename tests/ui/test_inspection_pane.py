"""The inspection pane with a real model, real files and the real loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.cameras.base import CameraSource
from inspector.data.layout import ProjectLayout
from inspector.data.project import Project
from inspector.detectors.base import Prediction
from inspector.errors import CameraError
from inspector.evaluation.judge import Thresholds, Verdict, judge_score
from inspector.imaging.frame import Crop
from inspector.runtime.bundle import load_bundle
from inspector.station.inspection import Inspection
from inspector.station.records import RecordStore
from inspector.station.status import LoopStatus, State
from inspector.ui.context import AppContext
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.panes.inspection import InspectionPane
from inspector.ui.panes.inspection.parts import live_part
from tests.support.brightness import FAIL, REVIEW, add_brightness_model, write_pictures

WAIT = 15_000


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project.create(tmp_path / "Prüfling", "Prüfling")
    add_brightness_model(project, tmp_path / "scratch")
    yield project
    project.close()


@pytest.fixture
def pane(project: Project, context: AppContext, qtbot: QtBot) -> Iterator[InspectionPane]:
    context.project = project
    pane = InspectionPane(context)
    qtbot.addWidget(pane)
    pane.resize(1280, 700)
    pane.show()
    qtbot.waitUntil(lambda: pane.model.bundle is not None and pane.controls.source.box.count() > 4, timeout=WAIT)
    yield pane
    pane.shutdown()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


def run_folder(pane: InspectionPane, qtbot: QtBot, folder: Path, *values: int) -> None:
    """Inspect a folder of pictures to its end."""
    pane.controls.source.select(CameraSource("folder", f"{write_pictures(folder, *values)}?watch=0"))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.session.active, timeout=WAIT)
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)


def verdicts(pane: InspectionPane) -> list[Verdict]:
    return [item.verdict for item in pane.strip.items]


def figure(pane: InspectionPane, name: str) -> str:
    return pane.counters.figures[name].text()


def test_a_folder_is_inspected_to_its_end(pane: InspectionPane, qtbot: QtBot, pictures: Path, project: Project) -> None:
    run_folder(pane, qtbot, pictures, 50, 150, 250)
    assert verdicts(pane) == [Verdict.PASS, Verdict.REVIEW, Verdict.FAIL]
    assert pane.tile.verdict is None
    assert pane.controls.state.text() == "Source ended"
    assert pane.banner.isHidden()
    assert (figure(pane, "inspected"), figure(pane, "passed"), figure(pane, "failed")) == ("3", "1", "1")
    assert figure(pane, "yield") == "33.3%"
    with closing(RecordStore(ProjectLayout(project.folder).records)) as store:
        records = store.newest(10)
    assert [(record.number, record.verdict.value, record.score) for record in reversed(records)] == [
        (1, "pass", pytest.approx(50)), (2, "review", pytest.approx(150)), (3, "fail", pytest.approx(250)),
    ]  # fmt: skip
    assert {record.model_name for record in records} == {"Brightness"}


def test_while_it_runs_the_tile_tells_the_newest_verdict(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 250))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.FAIL, timeout=WAIT)
    write_pictures(pictures, 50, first=1)
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    assert pane.controls.start.text() == "Stop"
    assert not pane.controls.source.isEnabled()
    pane.controls.start.click()
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)
    assert pane.tile.verdict is None
    assert pane.controls.start.text() == "Start"


def test_moving_a_threshold_judges_again_without_the_engine(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    run_folder(pane, qtbot, pictures, 50, 150, 250)
    pane.strip.chosen.emit(pane.strip.items[1].number)
    pane.thresholds.histogram.fail.spin.setValue(120)
    assert verdicts(pane) == [Verdict.PASS, Verdict.FAIL, Verdict.FAIL]
    assert pane.view.held_text.text() == "Part 2, not live: FAIL, score 150"
    assert figure(pane, "failed") == "1"  # what was judged then was judged then


def test_thresholds_are_saved_after_asking_and_can_be_brought_back(
    pane: InspectionPane, qtbot: QtBot, project: Project
) -> None:
    active = project.models.active()
    assert active is not None
    assert not pane.thresholds.save.isEnabled()
    pane.thresholds.histogram.fail.spin.setValue(120)
    with qtbot.waitSignal(pane.model.changed, timeout=WAIT):
        pane.thresholds.save.click()
        accept_question(pane)
    stored = load_bundle(active.folder).manifest.thresholds
    assert (stored.review, stored.fail, stored.method) == (REVIEW, 120, "manual")
    assert (stored.n_good, stored.n_defect) == (3, 1)
    with qtbot.waitSignal(pane.model.changed, timeout=WAIT):
        pane.thresholds.undo.click()
    assert load_bundle(active.folder).manifest.thresholds.fail == FAIL
    assert pane.thresholds.thresholds == Thresholds(REVIEW, FAIL)
    assert pane.thresholds.undo.isHidden()


def accept_question(pane: InspectionPane) -> None:
    dialogs = pane.findChildren(MessageDialog)
    assert len(dialogs) == 1
    dialogs[0].accept()


def test_discarding_brings_the_stored_thresholds_back(pane: InspectionPane) -> None:
    pane.thresholds.histogram.fail.spin.setValue(120)
    assert "not yet stored" in pane.thresholds.origin.text()
    pane.thresholds.discard.click()
    assert pane.thresholds.histogram.thresholds() == (REVIEW, FAIL)
    assert not pane.thresholds.unsaved


def test_while_the_source_is_lost_a_late_verdict_is_not_the_state_of_the_line(
    pane: InspectionPane, qtbot: QtBot, pictures: Path
) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    part = pane.history.newest
    assert part is not None
    pane.session.bridge.status_arrived.emit(LoopStatus(State.RECONNECTING, CameraError("camera_lost", source="usb:0")))
    assert pane.tile.verdict is Verdict.NOT_INSPECTED
    pane.session.bridge.parts_arrived.emit([part])
    assert pane.tile.verdict is Verdict.NOT_INSPECTED
    pane.session.bridge.status_arrived.emit(LoopStatus(State.RUNNING))
    pane.session.bridge.parts_arrived.emit([part])
    assert pane.tile.verdict is Verdict.PASS


def test_a_missing_source_is_told_and_inspected_when_it_is_back(
    pane: InspectionPane, qtbot: QtBot, pictures: Path
) -> None:
    pane.controls.source.select(CameraSource("folder", str(pictures)))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.NOT_INSPECTED, timeout=WAIT)
    assert "There is no source at" in pane.banner.text.text()
    assert pane.banner.retry.text().startswith("Reconnecting")
    assert pane.controls.state.text() == "Reconnecting…"
    write_pictures(pictures, 50)
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    assert pane.banner.isHidden()
    assert figure(pane, "not_inspected") == "1"


def test_a_part_can_be_looked_at_while_live_goes_on(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 250, 50))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: len(pane.strip.items) == 2, timeout=WAIT)
    area = pane.strip.slot_of(1)
    assert area is not None
    qtbot.mouseClick(pane.strip, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    assert pane.view.held_text.text() == "Part 1, not live: FAIL, score 250"
    assert pane.tile.verdict is Verdict.PASS
    write_pictures(pictures, 150, first=2)
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.REVIEW, timeout=WAIT)
    assert len(pane.strip.items) == 2  # it stands still while a part is held
    qtbot.mouseClick(pane.view.back, Qt.MouseButton.LeftButton)
    assert pane.view.held.isHidden()
    assert verdicts(pane) == [Verdict.FAIL, Verdict.PASS, Verdict.REVIEW]


def test_space_triggers_one_part_at_a_time(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50, 150, 250))))
    pane.controls.triggered.setChecked(True)
    pane.setFocus()
    qtbot.keyClick(pane, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: pane.controls.state.text() == "Running", timeout=WAIT)
    for count in (1, 2):
        qtbot.keyClick(pane, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda count=count: len(pane.strip.items) == count, timeout=WAIT)
    assert verdicts(pane) == [Verdict.PASS, Verdict.REVIEW]


def test_another_active_model_ends_the_run(
    pane: InspectionPane, qtbot: QtBot, pictures: Path, project: Project, tmp_path: Path, context: AppContext
) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    add_brightness_model(project, tmp_path / "scratch", "another")
    with qtbot.waitSignal(context.status, timeout=WAIT) as told:
        context.models_changed.emit()
    assert told.args is not None
    assert "another model" in told.args[0]
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)


def test_news_of_models_leaves_unsaved_thresholds_alone(
    pane: InspectionPane, qtbot: QtBot, context: AppContext
) -> None:
    pane.thresholds.histogram.fail.spin.setValue(120)
    with qtbot.waitSignal(pane.model.changed, timeout=WAIT):
        context.models_changed.emit()
    assert pane.thresholds.thresholds == Thresholds(REVIEW, 120)


def test_without_a_model_nothing_can_be_started(
    pane: InspectionPane, qtbot: QtBot, project: Project, context: AppContext
) -> None:
    active = project.models.active()
    assert active is not None
    project.models.remove(active.id)
    with qtbot.waitSignal(pane.model.changed, timeout=WAIT):
        context.models_changed.emit()
    assert not pane.controls.start.isEnabled()
    assert "No model" in pane.thresholds.origin.text()


def test_a_model_that_was_damaged_meanwhile_is_told(
    pane: InspectionPane, qtbot: QtBot, project: Project, pictures: Path, context: AppContext
) -> None:
    active = project.models.active()
    assert active is not None
    (active.folder / "model.onnx").write_bytes(b"damaged")
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    with qtbot.waitSignals([context.failed, pane.session.ended], timeout=WAIT):
        pane.controls.start.click()
    assert pane.controls.start.isEnabled()
    assert pane.controls.state.text() == "Stopped"


def test_counters_are_reset_after_asking(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    run_folder(pane, qtbot, pictures, 50, 150)
    assert figure(pane, "inspected") == "2"
    pane.counters.reset.click()
    accept_question(pane)
    assert figure(pane, "inspected") == "0"


def test_the_simulated_line_tells_the_truth(pane: InspectionPane, qtbot: QtBot) -> None:
    pane.controls.source.select(CameraSource("simulated", "washer?seed=5&defects=0.5&fps=0"))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tally.defects > 0 and pane.tally.good > 0, timeout=WAIT)
    pane.controls.start.click()
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)
    assert not pane.counters.truth.isHidden()
    assert f"of {pane.tally.defects} defects" in pane.counters.truth.text()


def test_the_source_and_the_look_are_remembered(
    pane: InspectionPane, qtbot: QtBot, pictures: Path, context: AppContext
) -> None:
    run_folder(pane, qtbot, pictures, 50)
    pane.display.opacity.setValue(80)
    pane.display.heatmap.setChecked(False)
    assert context.settings.inspection_source == ("folder", f"{pictures}?watch=0")
    assert context.settings.heatmap_opacity == 0.8
    again = InspectionPane(context)
    qtbot.addWidget(again)
    assert again.controls.source.source == CameraSource("folder", f"{pictures}?watch=0")
    assert not again.display.look.heatmap
    again.shutdown()


def test_closing_while_it_runs_leaves_nothing(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    pane.shutdown()
    assert not pane.session.active


@pytest.mark.parametrize("moment", ["preparing", "stopping"])
def test_closing_while_it_starts_or_stops_leaves_nothing(
    pane: InspectionPane, qtbot: QtBot, pictures: Path, moment: str
) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    pane.controls.start.click()
    if moment == "stopping":
        qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
        pane.controls.start.click()
    pane.shutdown()


def test_leaving_the_project_ends_the_run(
    pane: InspectionPane, qtbot: QtBot, pictures: Path, project: Project, context: AppContext
) -> None:
    failures: list[object] = []
    context.failed.connect(failures.append)
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    context.models_changed.emit()
    context.set_project(None)
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)
    qtbot.waitUntil(lambda: pane.model.bundle is None, timeout=WAIT)
    assert pane.strip.items == []
    assert pane.tile.verdict is None
    assert not pane.controls.start.isEnabled()
    assert failures == []


def test_showing_a_part_costs_the_window_little(pane: InspectionPane) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (1200, 1600, 3), dtype=np.uint8)
    anomaly_map = np.zeros((1200, 1600), np.float32)
    anomaly_map[100:300, 100:300] = 250
    verdict = judge_score(250, Thresholds(REVIEW, FAIL))
    inspection = Inspection(
        1, None, Crop(pixels), Prediction(250, anomaly_map), Thresholds(REVIEW, FAIL), verdict, "brightness", 1.0
    )
    part = live_part(inspection).drawn_as(pane.display.look)  # in the delivery thread
    pane._running = "brightness"
    costs = []
    for _ in range(5):
        before = time.thread_time()
        pane.session.bridge.parts_arrived.emit([part])
        pane.repaint()
        costs.append(time.thread_time() - before)
    assert pane.tile.verdict is Verdict.FAIL
    assert sorted(costs)[2] < 0.05


def test_stop_right_after_start(pane: InspectionPane, qtbot: QtBot, pictures: Path) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(pictures, 50))))
    with qtbot.waitSignal(pane.session.ended, timeout=WAIT):
        pane.start()
        pane.stop()
    assert pane.controls.start.text() == "Start"
    assert pane.controls.start.isEnabled()
