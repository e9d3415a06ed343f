"""A source that is lost, silent, late or frozen: never a PASS, told once, and opened again."""

from __future__ import annotations

import pytest

from inspector.errors import CameraError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.regions import Region
from inspector.station.grabbing import GrabLimits
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.status import State
from tests.support.station import Collector, ManualClock, MeanEngine, Script, picture, running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def script(clock: ManualClock) -> Script:
    return Script(clock)


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def loop(script: Script, clock: ManualClock, collector: Collector) -> InspectionLoop:
    settings = LoopSettings(tick=0.02, queue=100, grab=GrabLimits(frozen_after=3, bad_frames=3))
    return InspectionLoop(
        script.camera, MeanEngine, Region(), Thresholds(100, 200), listeners=[collector], settings=settings, clock=clock
    )


def lost() -> CameraError:
    return CameraError("camera_not_found", source="fake:1")


def test_a_lost_source_is_told_once_and_opened_again_with_growing_delays(
    loop: InspectionLoop, script: Script, clock: ManualClock, collector: Collector
) -> None:
    with running(loop):
        script.frames(1)
        collector.wait_count(1)
        script.opening = [lost() for _ in range(6)]
        script.error("camera_lost")
        script.frames(2)
        inspections = collector.wait_count(3)
        collector.wait_state(State.RUNNING, 2)
    assert [item.fault for item in inspections] == [None, "camera_lost", None]
    assert [item.verdict for item in inspections] == [Verdict.PASS, Verdict.NOT_INSPECTED, Verdict.PASS]
    assert clock.waits == [0.5, 1, 2, 4, 8, 10, 10]
    assert script.opened == script.closed == 8
    attempts = [status for status in collector.statuses if status.state is State.RECONNECTING]
    assert [status.fault.code for status in attempts if status.fault] == ["camera_lost"] + ["camera_not_found"] * 6
    assert attempts[0].retry_at == 1000.5


def test_delays_begin_anew_after_a_good_frame(
    loop: InspectionLoop, script: Script, clock: ManualClock, collector: Collector
) -> None:
    with running(loop):
        for number in range(1, 4):
            script.frames(number)
            script.error("camera_lost")
        collector.wait_state(State.RECONNECTING, 3)
    assert clock.waits[:3] == [0.5, 0.5, 0.5]


def test_a_source_that_is_missing_at_the_start_is_waited_for(
    loop: InspectionLoop, script: Script, collector: Collector
) -> None:
    script.opening = [lost(), lost()]
    with running(loop):
        script.frames(1)
        inspections = collector.wait_count(2)
        collector.wait_state(State.RUNNING)
    assert [item.fault for item in inspections] == ["camera_not_found", None]


def test_an_address_that_means_nothing_is_not_tried_again(
    loop: InspectionLoop, script: Script, collector: Collector
) -> None:
    script.opening = [CameraError("camera_address", source="usb:x", reason="not a number")]
    with running(loop):
        status = collector.wait_state(State.FAILED)
    assert status.fault is not None
    assert status.fault.code == "camera_address"
    assert script.opened == 1


def test_a_live_source_that_times_out_is_lost(loop: InspectionLoop, script: Script, collector: Collector) -> None:
    with running(loop):
        script.error("camera_timeout", seconds=2)
        script.frames(1)
        inspections = collector.wait_count(2)
    assert [item.fault for item in inspections] == ["camera_timeout", None]
    assert script.opened == 2


def test_a_source_that_waits_may_have_nothing_to_show(
    loop: InspectionLoop, script: Script, collector: Collector
) -> None:
    script.live = False
    with running(loop):
        script.error("camera_timeout", seconds=2)
        script.frames(1)
        inspections = collector.wait_count(1)
    assert inspections[0].verdict is Verdict.PASS
    assert script.opened == 1


def test_one_damaged_picture_is_one_part_and_several_reopen_the_source(
    loop: InspectionLoop, script: Script, collector: Collector
) -> None:
    with running(loop):
        script.error("camera_bad_frame", reason="empty")
        script.frames(1)
        collector.wait_count(2)
        assert script.opened == 1
        for _ in range(3):
            script.error("camera_bad_frame", reason="empty")
        script.frames(2)
        inspections = collector.wait_count(6)
    assert [item.fault for item in inspections] == ["camera_bad_frame", None] + ["camera_bad_frame"] * 3 + [None]
    assert script.opened == 2


def test_a_folder_is_not_read_again_for_damaged_pictures(
    loop: InspectionLoop, script: Script, collector: Collector
) -> None:
    script.live = False
    with running(loop):
        for _ in range(5):
            script.error("camera_bad_frame", reason="empty")
        script.frames(1)
        inspections = collector.wait_count(6)
    assert [item.fault for item in inspections] == ["camera_bad_frame"] * 5 + [None]
    assert script.opened == 1


def test_an_old_frame_is_not_judged(
    loop: InspectionLoop, script: Script, clock: ManualClock, collector: Collector
) -> None:
    with running(loop):
        script.frame(picture(1), at=clock.now() - 1.5)
        inspection = collector.wait_count(1)[0]
    assert (inspection.verdict, inspection.fault) == (Verdict.NOT_INSPECTED, "frame_stale")
    assert inspection.latency_ms == pytest.approx(1500)


def test_age_means_nothing_for_a_source_that_waits(
    loop: InspectionLoop, script: Script, clock: ManualClock, collector: Collector
) -> None:
    script.live = False
    with running(loop):
        script.frame(picture(1), at=clock.now() - 1.5)
        assert collector.wait_count(1)[0].verdict is Verdict.PASS


def test_a_silent_source_is_told_once_and_recovers(
    loop: InspectionLoop, script: Script, clock: ManualClock, collector: Collector
) -> None:
    with running(loop):
        script.frames(1)
        collector.wait_count(1)
        clock.advance(7)
        status = collector.wait_state(State.RECONNECTING)
        clock.advance(7)
        script.frames(2)
        inspections = collector.wait_count(3)
        collector.wait_state(State.RUNNING, 2)
    assert status.fault is not None
    assert (status.fault.code, status.retry_at) == ("camera_stalled", None)
    assert [item.fault for item in inspections] == [None, "camera_stalled", None]


def test_a_frozen_picture_is_not_judged_and_the_source_opened_until_it_moves(
    loop: InspectionLoop, script: Script, clock: ManualClock, collector: Collector
) -> None:
    with running(loop):
        for count in (1, 2):
            script.frames(7)
            collector.wait_count(count)
        script.frames(7, 7, 7, 8)
        inspections = collector.wait_count(4)
        collector.wait_state(State.RUNNING, 2)
    assert [item.fault for item in inspections] == [None, None, "camera_frozen", None]
    assert inspections[2].frame is not None
    assert clock.waits == [0.5, 1, 2]


def test_the_same_file_twice_is_not_frozen(loop: InspectionLoop, script: Script, collector: Collector) -> None:
    script.live = False
    with running(loop):
        script.frames(7, 7, 7, 7)
        inspections = collector.wait_count(4)
    assert {item.verdict for item in inspections} == {Verdict.PASS}
