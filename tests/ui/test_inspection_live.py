"""The camera's own picture in the inspection pane, and where the time goes: a scripted live source, a real model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from inspector.cameras.base import Camera, CameraSource
from inspector.data.project import Project
from inspector.evaluation.judge import Verdict
from inspector.imaging.frame import Frame, Image
from inspector.station.clock import Clock
from inspector.ui.context import AppContext
from inspector.ui.panes.inspection import InspectionPane
from inspector.ui.panes.inspection.bridge import STALE_S, LiveBridge
from inspector.ui.panes.inspection.live_camera import LiveCamera
from tests.support.brightness import add_brightness_model, write_pictures
from tests.support.station import ManualClock, Script, picture

WAIT = 15_000


def frame(value: int, at: float, side: int = 32) -> Frame:
    return Frame(picture(value, side), datetime.now(UTC), at, value, "usb:0")


class Watched:
    """A bridge whose timer never beats, and what it hands over."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bridge = LiveBridge(clock=self.clock)
        self.pictures: list[Image | None] = []
        self.bridge.picture_arrived.connect(self.pictures.append)

    def values(self) -> list[int | None]:
        self.bridge.pull()
        return [None if item is None else int(item[0, 0, 0]) for item in self.pictures]


def test_only_the_newest_picture_is_handed_over_and_only_once(qtbot: QtBot) -> None:
    watched = Watched()
    watched.bridge.set_watching(True)
    for value in (1, 2, 3):
        watched.bridge.frame_seen(frame(value, watched.clock.now()))
    assert watched.values() == [3]
    assert watched.values() == [3]


def test_pictures_are_small_and_not_copied_without_need(qtbot: QtBot) -> None:
    watched = Watched()
    watched.bridge.set_watching(True)
    small = frame(1, watched.clock.now())
    watched.bridge.frame_seen(small)
    watched.values()
    assert watched.pictures[-1] is small.pixels
    watched.bridge.frame_seen(frame(2, watched.clock.now(), side=2600))
    watched.values()
    assert watched.pictures[-1] is not None
    assert watched.pictures[-1].shape == (1280, 1280, 3)


def test_nothing_is_handed_over_while_nobody_watches(qtbot: QtBot) -> None:
    watched = Watched()
    watched.bridge.frame_seen(frame(1, watched.clock.now()))
    assert watched.values() == []
    watched.bridge.set_watching(True)
    watched.bridge.frame_seen(frame(2, watched.clock.now()))
    watched.bridge.set_watching(False)
    assert watched.values() == []


def test_what_is_old_is_not_live(qtbot: QtBot) -> None:
    watched = Watched()
    watched.bridge.set_watching(True)
    watched.bridge.frame_seen(frame(1, watched.clock.now()))
    assert watched.values() == [1]
    watched.clock.advance(STALE_S / 2)
    assert watched.values() == [1]
    watched.clock.advance(STALE_S)
    assert watched.values() == [1, None]
    assert watched.values() == [1, None]
    watched.bridge.frame_seen(frame(2, watched.clock.now() - 2 * STALE_S))
    assert watched.values() == [1, None]
    watched.bridge.frame_seen(frame(3, watched.clock.now()))
    assert watched.values() == [1, None, 3]


def test_a_picture_of_a_lost_or_ended_source_is_not_shown(qtbot: QtBot) -> None:
    bridge = LiveBridge()
    camera = LiveCamera(bridge, wanted=True)
    bridge.picture_arrived.emit(picture(1))  # a straggler of the run before
    assert not camera.shown
    camera.begin()
    bridge.picture_arrived.emit(picture(2))
    assert camera.shown
    assert camera.picture is not None
    camera.set_lost(True)
    bridge.picture_arrived.emit(picture(3))
    assert camera.shown
    assert camera.picture is None
    camera.set_lost(False)
    bridge.picture_arrived.emit(picture(4))
    assert camera.picture is not None
    camera.end()
    assert not camera.shown
    assert camera.picture is None


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project.create(tmp_path / "Prüfling", "Prüfling")
    add_brightness_model(project, tmp_path / "scratch")
    yield project
    project.close()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    script = Script(Clock())

    def opened(source: CameraSource, read_timeout: float) -> Camera:
        return script.camera()

    monkeypatch.setattr("inspector.ui.panes.inspection.session.open_camera", opened)
    return script


@pytest.fixture
def pane(project: Project, context: AppContext, qtbot: QtBot) -> Iterator[InspectionPane]:
    context.project = project
    context.settings.show_camera = True
    pane = InspectionPane(context)
    qtbot.addWidget(pane)
    pane.resize(1280, 700)
    pane.show()
    qtbot.waitUntil(lambda: pane.model.bundle is not None and pane.controls.source.box.count() > 4, timeout=WAIT)
    yield pane
    pane.shutdown()


def shown_brightness(pane: InspectionPane) -> int:
    """Of the middle of the large picture."""
    view = pane.view.picture
    return view.grab().toImage().pixelColor(view.width() // 2, view.height() // 2).red()


def press(pane: InspectionPane, *, triggered: bool) -> None:
    pane.controls.source.select(CameraSource("usb", "0"))
    pane.controls.triggered.setChecked(triggered)
    pane.controls.start.click()


def wait_camera(pane: InspectionPane, qtbot: QtBot, value: int) -> None:
    qtbot.waitUntil(
        lambda: pane.camera.picture is not None and int(pane.camera.picture[0, 0, 0]) == value, timeout=WAIT
    )


def test_the_camera_is_shown_without_a_verdict_until_it_is_lost(
    pane: InspectionPane, script: Script, qtbot: QtBot
) -> None:
    press(pane, triggered=True)
    script.frames(250)
    wait_camera(pane, qtbot, 250)
    assert shown_brightness(pane) == 250
    assert pane.view.camera_note.isVisible()
    assert pane.tile.verdict is None  # no part was triggered, nothing was judged
    assert pane.strip.items == []
    script.error("camera_lost")
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.NOT_INSPECTED, timeout=WAIT)
    assert pane.camera.picture is None
    assert not pane.view.picture.has_image
    assert pane.view.camera_note.isHidden()
    script.frames(120)  # after the source was opened again
    wait_camera(pane, qtbot, 120)
    assert shown_brightness(pane) == 120


def test_the_tile_goes_on_and_a_part_can_be_looked_at(pane: InspectionPane, script: Script, qtbot: QtBot) -> None:
    press(pane, triggered=False)
    script.frames(250)
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.FAIL and pane.camera.shown, timeout=WAIT)
    pane.strip.chosen.emit(pane.strip.items[0].number)
    assert pane.view.camera_note.isHidden()
    assert pane.view.held.isVisible()
    script.frames(50)
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.PASS, timeout=WAIT)
    wait_camera(pane, qtbot, 50)
    assert shown_brightness(pane) != 50  # the held part stays
    pane.view.back.click()
    script.frames(60)
    wait_camera(pane, qtbot, 60)
    assert shown_brightness(pane) == 60


def test_what_is_shown_is_a_choice_that_is_remembered(
    pane: InspectionPane, script: Script, qtbot: QtBot, context: AppContext
) -> None:
    press(pane, triggered=False)
    script.frames(50)
    wait_camera(pane, qtbot, 50)
    pane.display.shown.setCurrentIndex(0)
    assert not context.settings.show_camera
    assert pane.view.camera_note.isHidden()
    qtbot.waitUntil(lambda: pane.history.newest is not None, timeout=WAIT)
    assert pane.view.picture.has_image
    pane.display.shown.setCurrentIndex(1)
    assert context.settings.show_camera
    script.frames(60)
    wait_camera(pane, qtbot, 60)


def test_a_source_that_waits_shows_its_parts_whatever_was_chosen(
    pane: InspectionPane, qtbot: QtBot, tmp_path: Path
) -> None:
    pane.controls.source.select(CameraSource("folder", str(write_pictures(tmp_path / "pictures", 250))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.FAIL, timeout=WAIT)
    assert not pane.camera.shown
    assert pane.view.picture.has_image
    assert pane.view.camera_note.isHidden()


def test_after_the_run_the_last_part_is_shown(pane: InspectionPane, script: Script, qtbot: QtBot) -> None:
    press(pane, triggered=False)
    script.frames(250)
    qtbot.waitUntil(lambda: pane.tile.verdict is Verdict.FAIL and pane.camera.shown, timeout=WAIT)
    with qtbot.waitSignal(pane.session.ended, timeout=WAIT):
        pane.controls.start.click()
    assert not pane.camera.shown
    assert pane.view.camera_note.isHidden()
    assert pane.view.picture.has_image


def test_a_camera_picture_costs_the_window_little(pane: InspectionPane) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    pane.camera.begin()
    costs = []
    for _ in range(5):
        before = time.thread_time()
        pane.session.bridge.picture_arrived.emit(pixels)
        pane.view.repaint()
        costs.append(time.thread_time() - before)
    assert pane.view.camera_note.isVisible()
    assert sorted(costs)[2] < 0.02


# timing


def cells(pane: InspectionPane, stage: str) -> list[str]:
    return [cell.text() for cell in pane.timing.cells[stage]]


def test_timing_is_shown_on_request_in_the_place_of_the_thresholds(
    pane: InspectionPane, qtbot: QtBot, tmp_path: Path
) -> None:
    assert pane.timing.isHidden()
    pane.counters.timing.click()
    assert pane.timing.isVisible()
    assert pane.thresholds.isHidden()
    assert cells(pane, "infer") == ["–"] * 3
    pane.controls.source.select(CameraSource("folder", str(write_pictures(tmp_path / "pictures", 50, 150, 250))))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: cells(pane, "display")[0] != "–" and cells(pane, "infer")[0] != "–", timeout=WAIT)
    for stage in pane.timing.cells:
        assert all(float(text) >= 0 for text in cells(pane, stage)), stage
    assert float(cells(pane, "total")[0]) > 0
    assert "0 pictures skipped" in pane.timing.summary.text()
    pane.reset_counters()
    assert cells(pane, "infer") == ["–"] * 3
    pane.controls.thresholds.click()
    assert pane.timing.isHidden()
    assert pane.thresholds.isVisible()
    assert not pane.counters.timing.isChecked()


def test_only_a_verdict_that_is_drawn_is_timed(pane: InspectionPane, script: Script, qtbot: QtBot) -> None:
    press(pane, triggered=False)
    script.frames(50)
    qtbot.waitUntil(lambda: "display" in pane.session.stages(), timeout=WAIT)
    part = pane.history.newest
    assert part is not None
    pane.tile.repaint()
    assert pane.session.stages()["display"].n == 1  # the same verdict drawn again
    pane.hide()
    later = replace(part, inspection=replace(part.inspection, number=part.number + 1))
    pane.session.bridge.parts_arrived.emit([later])
    pane.show()
    pane.tile.repaint()
    assert pane.session.stages()["display"].n == 1  # it came while nobody could see it
