"""Triggered inspection: exactly one inspection for each trigger, of a frame captured after it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.regions import Region
from inspector.station.gate import Gate, Mode
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.status import State
from tests.support.station import LONG, Collector, ManualClock, MeanEngine, Script, picture, running


@pytest.fixture
def script() -> Script:
    return Script(ManualClock())


def make_loop(script: Script, engine: MeanEngine, collector: Collector, mode: Mode = Mode.TRIGGERED) -> InspectionLoop:
    settings = LoopSettings(mode=mode, tick=0.02, queue=100)
    return InspectionLoop(
        script.camera,
        lambda: engine,
        Region(),
        Thresholds(100, 200),
        listeners=[collector],
        settings=settings,
        clock=script.clock,
    )


def test_only_the_frame_after_the_trigger_is_judged(script: Script) -> None:
    collector, engine = Collector(), MeanEngine()
    with running(make_loop(script, engine, collector)) as loop:
        script.frames(1, 2)
        collector.wait_state(State.RUNNING)
        at = script.clock.now()
        trigger = loop.trigger()
        script.frame(picture(3), at=at)  # captured before or with the trigger
        script.frame(picture(4), at=at + 0.01)
        script.frame(picture(5), at=at + 0.02)
        inspection = collector.wait_count(1)[0]
        assert inspection.trigger_id == trigger
        assert inspection.frame is not None
        assert inspection.frame.trigger_id == trigger
    assert engine.seen == [4]


def test_a_trigger_too_early_is_answered(script: Script) -> None:
    collector, engine = Collector(), MeanEngine()
    engine.gate.clear()
    with running(make_loop(script, engine, collector), engine) as loop:
        collector.wait_state(State.RUNNING)
        first = loop.trigger()
        second = loop.trigger()
        script.frame(picture(4), at=script.clock.now() + 0.01)
        engine.gate.set()
        inspections = {item.trigger_id: item for item in collector.wait_count(2)}
    assert inspections[first].verdict is Verdict.PASS
    assert inspections[second].fault == "trigger_overrun"


def test_while_one_part_is_judged_the_next_can_be_triggered(script: Script) -> None:
    collector, engine = Collector(), MeanEngine()
    engine.gate.clear()
    with running(make_loop(script, engine, collector), engine) as loop:
        collector.wait_state(State.RUNNING)
        for value in (1, 2):
            loop.trigger()
            script.frame(picture(value), at=script.clock.now() + 0.01)
            if value == 1:
                assert engine.began.acquire(timeout=LONG)
        engine.gate.set()
        collector.wait_count(2)
    assert engine.seen == [1, 2]


def test_a_trigger_without_a_frame_is_answered(script: Script) -> None:
    collector = Collector()
    clock = script.clock
    assert isinstance(clock, ManualClock)
    with running(make_loop(script, MeanEngine(), collector)) as loop:
        collector.wait_state(State.RUNNING)
        trigger = loop.trigger()
        clock.advance(3.5)
        inspection = collector.wait_count(1)[0]
    assert (inspection.trigger_id, inspection.fault) == (trigger, "trigger_timeout")


@pytest.mark.parametrize("armed", [True, False], ids=["before", "after"])
def test_a_trigger_of_a_lost_source_is_answered_with_the_fault(script: Script, armed: bool) -> None:
    collector = Collector()
    with running(make_loop(script, MeanEngine(), collector)) as loop:
        collector.wait_state(State.RUNNING)
        if armed:
            trigger = loop.trigger()
        script.error("camera_lost")
        collector.wait_state(State.RECONNECTING)
        if not armed:
            trigger = loop.trigger()
        collector.wait(lambda: any(item.trigger_id == trigger for item in collector.inspections), "the answer")
    answers = [item for item in collector.inspections if item.trigger_id == trigger]
    assert [item.fault for item in answers] == ["camera_lost"]


def test_a_damaged_frame_answers_the_trigger(script: Script) -> None:
    collector = Collector()
    with running(make_loop(script, MeanEngine(), collector)) as loop:
        collector.wait_state(State.RUNNING)
        trigger = loop.trigger()
        script.error("camera_bad_frame", reason="empty")
        inspection = collector.wait_count(1)[0]
    assert (inspection.trigger_id, inspection.fault) == (trigger, "camera_bad_frame")


def test_a_trigger_before_it_runs_is_answered(script: Script) -> None:
    collector = Collector()
    loop = make_loop(script, MeanEngine(), collector)
    loop.trigger()
    with running(loop):
        inspection = collector.wait_count(1)[0]
    assert inspection.fault == "trigger_not_ready"


def test_a_folder_gives_one_picture_for_each_trigger(script: Script) -> None:
    script.live = False
    collector, engine = Collector(), MeanEngine()
    for value in (1, 2, 3):
        script.frame(picture(value), at=script.clock.now() + 0.01)
    with running(make_loop(script, engine, collector)) as loop:
        collector.wait_state(State.RUNNING)
        for count in (1, 2):
            loop.trigger()
            collector.wait_count(count)
        assert script.unread == 1
    assert engine.seen == [1, 2]


def test_in_free_run_there_is_nothing_to_trigger(script: Script) -> None:
    loop = make_loop(script, MeanEngine(), Collector(), Mode.FREE_RUN)
    with running(loop), pytest.raises(RuntimeError):
        loop.trigger()


EVENTS = st.lists(st.sampled_from(["trigger", "frame", "old frame", "taken", "lost", "late"]), max_size=40)


@given(EVENTS)
def test_every_armed_trigger_has_one_end_and_no_frame_is_older_than_its_trigger(events: list[str]) -> None:
    """Whatever the order of events, an armed trigger is admitted, expired or withdrawn once."""
    script = Script(ManualClock())
    clock = script.clock
    assert isinstance(clock, ManualClock)
    gate = Gate(Mode.TRIGGERED)
    armed: dict[str, float] = {}
    ended: list[str] = []
    in_flight = False
    for event in events:
        clock.advance(1)
        now = clock.now()
        if event == "trigger":
            trigger = gate.new_trigger(now)
            waiting = len(armed) > len(ended)
            assert gate.arm(trigger) is not (waiting or in_flight)
            if not (waiting or in_flight):
                armed[trigger.id] = now
        elif event in ("frame", "old frame"):
            script.frame(picture(0, 2), at=now if event == "frame" else now - 50)
            frame = script.next()
            assert not isinstance(frame, Exception)
            admitted = gate.admit(frame)
            if admitted is not None:
                assert admitted.trigger_id is not None
                assert admitted.monotonic > armed[admitted.trigger_id]
                ended.append(admitted.trigger_id)
                in_flight = True
        elif event == "taken":
            gate.taken()
            in_flight = False
        else:
            gone = gate.withdraw() if event == "lost" else gate.expired(now - 3)
            if gone is not None:
                ended.append(gone.id)
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(armed)
    assert len(armed) - len(ended) in (0, 1)
