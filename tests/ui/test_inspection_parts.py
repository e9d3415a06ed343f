"""What is kept, drawn and told of live parts: pieces of the inspection pane on their own."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from inspector.cameras.base import CameraSource
from inspector.detectors.base import Prediction
from inspector.errors import CameraError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.frame import Crop, Frame
from inspector.imaging.simulation import Truth
from inspector.station.inspection import Inspection
from inspector.station.status import LoopStatus, State
from inspector.ui.panes.inspection.bridge import RECENT_SCORES, STRIP, LiveBridge
from inspector.ui.panes.inspection.fault_banner import FaultBanner
from inspector.ui.panes.inspection.history import History
from inspector.ui.panes.inspection.parts import PICTURE_SIDE, LivePart, Look, live_part, shrunk
from inspector.ui.panes.inspection.truth import TruthTally
from inspector.ui.theme import LIGHT
from inspector.ui.widgets.filmstrip import Filmstrip, StripItem
from inspector.ui.widgets.source_selector import SourceSelector, source_from
from inspector.ui.widgets.verdict_tile import PLACES, VerdictTile


def inspection(number: int = 1, score: float = 5.0, side: int = 64, verdict: Verdict = Verdict.PASS) -> Inspection:
    pixels = np.full((side, side, 3), 90, np.uint8)
    anomaly_map = np.zeros((side, side), np.float32)
    anomaly_map[side // 4 : side // 2, side // 4 : side // 2] = score / 2  # a smoothed map peaks below the score
    return Inspection(
        number=number,
        frame=Frame(pixels, datetime.now(UTC), 0.0, number, "usb:0"),
        crop=Crop(pixels),
        prediction=Prediction(score, anomaly_map),
        thresholds=Thresholds(3, 4),
        verdict=verdict,
        model_id="m",
        latency_ms=1.0,
    )


# parts


def test_a_part_is_small_whatever_the_camera() -> None:
    part = live_part(inspection(side=4000))
    assert part.picture is not None
    assert part.anomaly_map is not None
    assert max(part.picture.shape) == max(part.anomaly_map.shape) == PICTURE_SIDE
    assert part.inspection.frame is None
    assert part.inspection.crop is None
    assert part.inspection.prediction == Prediction(5.0, None)


@pytest.mark.parametrize("size", [(3000, 4000), (2601, 999), (7, 5000), (1281, 1280)])
def test_a_shrunk_picture_shows_the_same_places(size: tuple[int, int]) -> None:
    ramp = np.linspace(0, 1, size[1], dtype=np.float32)[None, :] + np.linspace(0, 2, size[0], dtype=np.float32)[:, None]
    small = shrunk(ramp, PICTURE_SIDE)
    assert max(small.shape) == PICTURE_SIDE
    height, width = small.shape
    across, down = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    expected = across[None, :] + 2 * down[:, None]
    assert np.abs(small - expected)[1:-1, 1:-1].max(initial=0) < 2 / PICTURE_SIDE + 1 / min(size)


def test_a_kept_part_does_not_hold_the_cameras_buffer() -> None:
    source = inspection(side=16)
    part = live_part(source)
    assert source.crop is not None
    assert part.picture is not None
    assert not np.shares_memory(part.picture, source.crop.pixels)


def test_contours_surround_what_made_the_part_fail() -> None:
    part = live_part(inspection(score=5.0, side=64))
    (outline,) = part.outlines(4.0)
    assert outline.min(axis=0).tolist() == [16, 16]
    assert outline.max(axis=0).tolist() == [31, 31]
    assert part.outlines(5.5) == []


def test_a_part_without_a_picture_is_drawn_as_nothing() -> None:
    part = live_part(replace(inspection(), frame=None, crop=None, prediction=None, fault="camera_lost"))
    assert (part.picture, part.drawn_as(Look()).drawn, part.outlines(1.0), part.score) == (None, None, [], None)


def test_drawing_is_done_once_for_one_look() -> None:
    look = Look(low=0, high=5)
    part = live_part(inspection()).drawn_as(look)
    assert part.drawn is not None
    assert part.picture is not None
    assert (part.drawn[20, 20] != part.picture[20, 20]).any()
    assert part.drawn_as(replace(look, contours=False)).drawn is part.drawn
    plain = part.drawn_as(replace(look, heatmap=False)).drawn
    assert plain is not None
    assert np.array_equal(plain, part.picture)


def test_judging_again_needs_no_map() -> None:
    part = live_part(inspection(score=5.0))
    assert part.judged_by(Thresholds(6, 6)).verdict is Verdict.PASS
    assert part.judged_by(Thresholds(1, 2)).verdict is Verdict.FAIL


def test_truth_counts_escapes_and_overkill_of_inspected_parts() -> None:
    tally = TruthTally()
    part = live_part(inspection())
    for label, verdict in (
        ("defect", Verdict.PASS), ("defect", Verdict.FAIL), ("defect", Verdict.REVIEW), ("good", Verdict.FAIL),
        ("good", Verdict.PASS), ("good", Verdict.NOT_INSPECTED),
    ):  # fmt: skip
        truth = Truth(label, "dent" if label == "defect" else None)
        tally.add(replace(part, truth=truth, inspection=replace(part.inspection, verdict=verdict)))
    tally.add(replace(part, truth=None))
    assert (tally.escapes, tally.defects, tally.overkill, tally.good) == (1, 3, 1, 2)


# bridge


def test_the_bridge_hands_over_the_newest_parts_and_every_status(qtbot: QtBot) -> None:
    bridge = LiveBridge()
    batches: list[list[LivePart]] = []
    statuses: list[LoopStatus] = []
    threads: set[int] = set()
    bridge.parts_arrived.connect(batches.append)
    bridge.parts_arrived.connect(lambda _: threads.add(threading.get_ident()))
    bridge.status_arrived.connect(statuses.append)
    bridge.start()
    started = time.monotonic()

    def deliver() -> None:
        for number in range(1, 601):
            bridge.inspected(inspection(number, side=8))
        for state in State:
            bridge.status_changed(LoopStatus(state))

    thread = threading.Thread(target=deliver)
    thread.start()
    qtbot.waitUntil(lambda: len(statuses) == len(State), timeout=10_000)
    thread.join()
    bridge.stop()
    numbers = [part.number for batch in batches for part in batch]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 600
    assert max(map(len, batches)) <= STRIP
    assert len(batches) <= (time.monotonic() - started) * 30 + 2
    assert threads == {threading.get_ident()}
    assert [status.state for status in statuses] == list(State)
    assert len(bridge.scores()) == RECENT_SCORES


def test_a_new_run_begins_with_nothing(qtbot: QtBot) -> None:
    bridge = LiveBridge()
    seen: list[list[LivePart]] = []
    bridge.parts_arrived.connect(seen.append)
    bridge.inspected(inspection())
    bridge.start()
    bridge.stop()
    assert seen == []
    assert bridge.scores() == []


# widgets


def colour_at(tile: VerdictTile, x: int, y: int) -> str:
    return tile.grab().toImage().pixelColor(x, y).name()


def test_each_verdict_looks_different_and_only_three_are_filled(qtbot: QtBot) -> None:
    tile = VerdictTile()
    qtbot.addWidget(tile)
    tile.resize(360, 190)
    fills = {}
    for verdict in Verdict:
        tile.show_verdict(verdict, "Part 1")
        fills[verdict] = colour_at(tile, 340, 60)
    assert fills[Verdict.PASS] == LIGHT.passed
    assert fills[Verdict.REVIEW] == LIGHT.review
    assert fills[Verdict.FAIL] == LIGHT.failed
    assert fills[Verdict.NOT_INSPECTED] not in (LIGHT.passed, LIGHT.review, LIGHT.failed)


def test_the_place_of_the_lamp_tells_the_verdict(qtbot: QtBot) -> None:
    tile = VerdictTile()
    qtbot.addWidget(tile)
    tile.resize(360, 190)
    lit = {}
    for verdict in Verdict:
        tile.show_verdict(verdict)
        image = tile.grab().toImage()
        row = 190 - 2 - 34 + 13
        ground = image.pixelColor(300, row - 14).name()
        lamps = [image.pixelColor(round(358 - 18 - 6 - index * 24), row).name() != ground for index in (2, 1, 0)]
        lit[verdict] = lamps
    for index, verdict in enumerate(PLACES):
        assert lit[verdict] == [index == place for place in range(3)]


def test_without_a_verdict_the_tile_says_why(qtbot: QtBot) -> None:
    tile = VerdictTile()
    qtbot.addWidget(tile)
    tile.set_idle_text("Stopped")
    tile.show_verdict(Verdict.PASS)
    tile.show_verdict(None)
    assert tile.verdict is None
    assert tile.accessibleDescription().startswith("Stopped")


def strip_items(count: int) -> list[StripItem]:
    picture = QImage(20, 20, QImage.Format.Format_RGB32)
    picture.fill(0)
    return [StripItem(number, Verdict.PASS, picture, "1") for number in range(1, count + 1)]


@pytest.mark.parametrize("width", [80, 400, 1000])
def test_the_strip_shows_the_newest_on_the_right_and_tells_what_is_tapped(qtbot: QtBot, width: int) -> None:
    strip = Filmstrip()
    qtbot.addWidget(strip)
    strip.resize(width, 112)
    strip.set_items(strip_items(30))
    newest = strip.slot_of(30)
    assert newest is not None
    assert newest.right() == pytest.approx(width)
    assert strip.slot_of(1) is None
    with qtbot.waitSignal(strip.chosen) as told:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=newest.center().toPoint())
    assert told.args == [30]


def test_the_strip_is_walked_by_keys(qtbot: QtBot) -> None:
    strip = Filmstrip()
    qtbot.addWidget(strip)
    strip.set_items(strip_items(3))
    history: list[int] = []
    strip.chosen.connect(history.append)
    strip.chosen.connect(strip.set_chosen)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(strip, key)
    assert history == [3, 2, 1, 1, 2]


def test_history_keeps_a_bounded_number_and_stands_still_while_one_is_held(qtbot: QtBot) -> None:
    strip = Filmstrip()
    qtbot.addWidget(strip)
    history = History(strip)
    history.add([live_part(inspection(number)) for number in range(1, STRIP + 5)])
    assert [item.number for item in strip.items] == list(range(5, STRIP + 5))
    history.hold(7)
    history.add([live_part(inspection(100))])
    assert history.shown is not None
    assert history.shown.number == 7
    assert strip.items[-1].number == STRIP + 4
    history.hold(7)  # tapped again
    assert history.shown.number == 100
    assert strip.items[-1].number == 100


def test_the_banner_counts_down_and_stays_until_all_is_well(qtbot: QtBot) -> None:
    banner = FaultBanner()
    qtbot.addWidget(banner)
    banner.show_fault(CameraError("camera_lost", source="usb:0"), time.monotonic() + 7)
    assert "The connection to usb:0 was lost" in banner.text.text()
    assert banner.retry.text() == "Reconnecting in 7 s"
    banner.show_fault(CameraError("camera_lost", source="usb:0"), time.monotonic() - 1)
    assert banner.retry.text() == "Reconnecting…"
    banner.show_fault(CameraError("camera_lost", source="usb:0"))
    assert banner.retry.isHidden()
    banner.clear()
    assert banner.isHidden()


# sources


def test_addresses_files_and_folders_become_sources(qtbot: QtBot, tmp_path: Path) -> None:
    selector = SourceSelector()
    qtbot.addWidget(selector)
    assert selector.source is None
    told: list[CameraSource | None] = []
    selector.changed.connect(lambda: told.append(selector.source))
    selector.choose_address(" rtsp://user:secret@cam/1 ")
    assert "secret" not in selector.box.currentText()
    selector.choose_video(str(tmp_path / "line.mp4"))
    selector.choose_folder(str(tmp_path))
    selector.choose_address("rtsp://user:secret@cam/1")
    count = selector.box.count()
    assert told == [
        CameraSource("url", "rtsp://user:secret@cam/1"),
        CameraSource("video", str(tmp_path / "line.mp4")),
        CameraSource("folder", str(tmp_path)),
        CameraSource("url", "rtsp://user:secret@cam/1"),
    ]
    selector.choose_address("  ")
    assert selector.box.count() == count


def test_the_list_of_cameras_keeps_what_was_selected(qtbot: QtBot) -> None:
    selector = SourceSelector(CameraSource("usb", "7"))
    qtbot.addWidget(selector)
    selector.refresh()
    qtbot.waitUntil(lambda: selector.box.findText("Simulated: Machined washer") >= 0, timeout=15_000)
    assert selector.source == CameraSource("usb", "7")
    selector.shutdown()


def test_a_kind_of_a_newer_version_is_not_remembered() -> None:
    assert source_from(("telepathy", "1")) is None
    assert source_from(("usb", "1")) == CameraSource("usb", "1")
    assert source_from(None) is None


def test_no_threshold_has_no_contours() -> None:
    assert live_part(inspection()).outlines(math.inf) == []
