"""The inspection loop: what is judged, in which order, and how it ends."""

from __future__ import annotations

import logging
import threading

import numpy as np
import pytest

from inspector.errors import BundleError, StationError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.regions import Region
from inspector.runtime.engine import Engine
from inspector.station.delivery import Listener
from inspector.station.inspection import Inspection
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.status import LoopStatus, State
from tests.support.station import LONG, Collector, ManualClock, MeanEngine, Script, picture, running

THRESHOLDS = Thresholds(100, 200)


def make_loop(
    script: Script, engine: MeanEngine, *listeners: Listener, region: Region | None = None, queue: int = 1000
) -> InspectionLoop:
    return InspectionLoop(
        script.camera,
        lambda: engine,
        region or Region(),
        THRESHOLDS,
        listeners=listeners,
        settings=LoopSettings(tick=0.02, queue=queue),
        clock=script.clock,
    )


@pytest.fixture
def script() -> Script:
    return Script(ManualClock())


def test_each_score_has_its_verdict(script: Script) -> None:
    script.live = False
    collector = Collector()
    script.frames(50, 100, 150, 200, 201)
    with running(make_loop(script, MeanEngine(), collector)) as loop:
        verdicts = [item.verdict for item in collector.wait_count(5)]
        counts = loop.counters.read()
    assert verdicts == [Verdict.PASS, Verdict.REVIEW, Verdict.REVIEW, Verdict.REVIEW, Verdict.FAIL]
    assert [item.number for item in collector.inspections] == [1, 2, 3, 4, 5]
    assert {item.model_id for item in collector.inspections} == {"model-1"}
    assert (counts.passed, counts.review, counts.failed, counts.not_inspected) == (1, 3, 1, 0)
    assert counts.yield_rate == pytest.approx(0.2)


def test_the_newest_frame_wins_while_the_engine_is_busy(script: Script) -> None:
    collector, engine = Collector(), MeanEngine()
    engine.gate.clear()
    with running(make_loop(script, engine, collector), engine) as loop:
        script.frames(1)
        assert engine.began.acquire(timeout=LONG)
        script.frames(2, 3, 4)
        # The camera's next read shows that the frames before it are in the mailbox.
        script.error("camera_bad_frame", reason="")
        collector.wait(lambda: any(item.fault for item in collector.inspections), "the bad frame")
        engine.gate.set()
        collector.wait_count(3)
        assert loop.dropped == 2
    assert engine.seen == [1, 4]


def test_a_source_that_waits_loses_no_frame(script: Script) -> None:
    script.live = False
    collector, engine = Collector(), MeanEngine()
    script.frames(*range(1, 31))
    script.end()
    with running(make_loop(script, engine, collector)):
        collector.wait_state(State.ENDED)
    assert engine.seen == list(range(1, 31))
    assert [status.state for status in collector.statuses] == [
        State.STARTING, State.RUNNING, State.ENDED, State.STOPPED,
    ]  # fmt: skip
    assert engine.closed
    assert script.opened == script.closed == 1


def test_thresholds_hold_from_the_next_frame_on(script: Script) -> None:
    script.live = False
    collector = Collector()
    with running(make_loop(script, MeanEngine(), collector)) as loop:
        script.frames(150)
        before = collector.wait_count(1)[0]
        loop.set_thresholds(Thresholds(160, 160))
        script.frames(150)
        after = collector.wait_count(2)[1]
    assert (before.verdict, after.verdict) == (Verdict.REVIEW, Verdict.PASS)
    assert after.thresholds == Thresholds(160, 160)


def test_rejudging_needs_no_engine_and_never_passes_what_was_not_inspected(script: Script) -> None:
    collector = Collector()
    with running(make_loop(script, MeanEngine(), collector)):
        script.frames(150)
        judged = collector.wait_count(1)[0]
        script.error("camera_lost")
        fault = collector.wait_count(2)[1]
    lenient = Thresholds(1000, 1000)
    assert InspectionLoop.rejudge(judged, lenient).verdict is Verdict.PASS
    assert InspectionLoop.rejudge(judged, lenient).prediction is judged.prediction
    assert InspectionLoop.rejudge(fault, lenient).verdict is Verdict.NOT_INSPECTED


def test_only_the_region_is_judged(script: Script) -> None:
    collector = Collector()
    pixels = picture(10)
    pixels[8:24, 8:24] = 250
    with running(make_loop(script, MeanEngine(), collector, region=Region((8, 8, 16, 16)))):
        script.frame(pixels)
        inspection = collector.wait_count(1)[0]
    assert inspection.verdict is Verdict.FAIL
    assert inspection.crop is not None
    assert inspection.crop.origin == (8, 8)


def test_a_frame_without_the_region_is_not_inspected(script: Script) -> None:
    collector = Collector()
    with running(make_loop(script, MeanEngine(), collector, region=Region((8, 8, 40, 40)))):
        script.frame(picture(0))
        inspection = collector.wait_count(1)[0]
        script.frame(np.zeros((48, 48, 3), np.uint8))
        good = collector.wait_count(2)[1]
    assert (inspection.verdict, inspection.fault) == (Verdict.NOT_INSPECTED, "region_outside")
    assert good.verdict is Verdict.PASS


@pytest.mark.parametrize("failure", [ValueError("shape"), StationError("engine_failed", reason="shape")])
def test_an_engine_error_is_not_inspected_and_the_next_frame_is_judged(
    script: Script, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Collector()
    with caplog.at_level(logging.CRITICAL), running(make_loop(script, MeanEngine([failure]), collector)):
        script.frames(1)
        collector.wait_count(1)
        script.frames(2)
        first, second = collector.wait_count(2)
    assert (first.verdict, first.fault, first.prediction) == (Verdict.NOT_INSPECTED, "engine_failed", None)
    assert isinstance(first.error, StationError)
    assert first.error.parameters == {"reason": "shape"}
    assert second.verdict is Verdict.PASS


def test_a_model_that_cannot_be_loaded_fails_the_loop(script: Script) -> None:
    def broken() -> Engine:
        raise BundleError("bundle_missing", path="m")

    collector = Collector()
    loop = InspectionLoop(script.camera, broken, Region(), THRESHOLDS, listeners=[collector], clock=script.clock)
    with running(loop):
        script.frames(1)
        status = collector.wait_state(State.FAILED)
    assert status.fault is not None
    assert status.fault.code == "bundle_missing"
    assert collector.inspections == []


def test_a_crash_in_a_thread_is_told(script: Script) -> None:
    collector = Collector()
    with running(make_loop(script, MeanEngine(), collector)):
        script.raises(ZeroDivisionError("a bug"))
        status = collector.wait_state(State.FAILED)
    assert status.fault is not None
    assert status.fault.code == "loop_crashed"


def test_paused_frames_are_not_judged(script: Script) -> None:
    collector, engine = Collector(), MeanEngine()
    with running(make_loop(script, engine, collector)) as loop:
        script.frames(1)
        collector.wait_count(1)
        loop.pause()
        script.frames(2, 3)
        script.error("camera_lost")  # a fault is told while paused, and shows that the frames before it were read
        collector.wait_count(2)
        loop.resume()
        script.frames(4)
        collector.wait_count(3)
    assert engine.seen == [1, 4]


def test_stop_ends_a_source_that_waits_for_a_busy_engine(script: Script) -> None:
    script.live = False
    collector, engine = Collector(), MeanEngine()
    engine.gate.clear()
    loop = make_loop(script, engine, collector)
    script.frames(1, 2, 3)
    loop.start()
    assert engine.began.acquire(timeout=LONG)
    threading.Timer(0.05, engine.gate.set).start()
    assert loop.stop()
    assert collector.inspections == []
    assert loop.status.state is State.STOPPED


def test_stop_does_not_wait_for_ever(script: Script) -> None:
    engine = MeanEngine()
    engine.gate.clear()
    settings = LoopSettings(stop_timeout=0.05)
    loop = InspectionLoop(script.camera, lambda: engine, Region(), THRESHOLDS, settings=settings, clock=script.clock)
    loop.start()
    script.frames(1)
    script.end()
    assert engine.began.acquire(timeout=LONG)
    assert not loop.stop()
    engine.gate.set()
    for thread in threading.enumerate():
        if thread.name.startswith("inspector-"):
            thread.join(LONG)


def test_a_loop_is_started_once(script: Script) -> None:
    loop = make_loop(script, MeanEngine())
    with running(loop), pytest.raises(RuntimeError):
        loop.start()


def test_a_loop_that_was_never_started_can_be_stopped(script: Script) -> None:
    assert make_loop(script, MeanEngine(), Collector()).stop()


class Broken:
    """A listener that always fails."""

    def __init__(self) -> None:
        self.calls = 0

    def inspected(self, inspection: Inspection) -> None:
        self.calls += 1
        raise ValueError("a bug in a listener")

    def status_changed(self, status: LoopStatus) -> None:
        raise ValueError("a bug in a listener")


def test_a_failing_listener_harms_nobody(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    script.live = False
    broken, collector = Broken(), Collector()
    script.frames(1, 2, 3)
    with running(make_loop(script, MeanEngine(), broken, collector)):
        collector.wait_count(3)
    assert broken.calls == 3
    assert [record.message for record in caplog.records].count("a listener of the inspection loop failed") == 1


class Stuck(Collector):
    """A listener that hangs until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def inspected(self, inspection: Inspection) -> None:
        assert self.go.wait(LONG)
        super().inspected(inspection)


def test_a_hanging_listener_delays_no_verdict_and_misses_only_the_oldest(script: Script) -> None:
    script.live = False
    stuck, collector, engine = Stuck(), Collector(), MeanEngine()
    script.frames(*range(1, 21))
    loop = make_loop(script, engine, stuck, collector, queue=3)
    with running(loop):
        script.end()
        collector.wait_state(State.ENDED)
        stuck.go.set()
        stuck.wait_state(State.ENDED)
    assert engine.seen == list(range(1, 21))
    assert [item.number for item in stuck.inspections][-3:] == [18, 19, 20]
    assert len(stuck.inspections) <= 4
