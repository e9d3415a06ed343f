"""The picture at the camera's rate: every frame of a live source is offered, and nobody waits for who looks at it."""

from __future__ import annotations

import threading

import pytest

from inspector.evaluation.judge import Thresholds
from inspector.imaging.frame import Frame
from inspector.imaging.regions import Region
from inspector.station.gate import Mode
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.status import State
from inspector.station.viewing import Viewer
from tests.support.station import LONG, Collector, ManualClock, MeanEngine, Script, running


class Watcher:
    """Keeps what it sees. While `go` is not set it hangs; `fails` makes it raise afterwards."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.fails = False
        self.seen: list[int] = []
        self._changed = threading.Condition()

    def frame_seen(self, frame: Frame) -> None:
        with self._changed:
            self.seen.append(int(frame.pixels[0, 0, 0]))
            self._changed.notify_all()
        assert self.go.wait(LONG)
        if self.fails:
            raise ValueError("a bug in a viewer")

    def wait_seen(self, *values: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.seen == list(values), LONG), self.seen


@pytest.fixture
def script() -> Script:
    return Script(ManualClock())


def make_loop(
    script: Script, engine: MeanEngine, viewer: Viewer, collector: Collector, mode: Mode = Mode.FREE_RUN
) -> InspectionLoop:
    return InspectionLoop(
        script.camera,
        lambda: engine,
        Region(),
        Thresholds(100, 200),
        listeners=[collector],
        viewer=viewer,
        settings=LoopSettings(mode=mode, tick=0.02, queue=100, stop_timeout=LONG),
        clock=script.clock,
    )


def test_frames_are_seen_while_the_engine_is_busy(script: Script) -> None:
    watcher, engine = Watcher(), MeanEngine()
    engine.gate.clear()
    with running(make_loop(script, engine, watcher, Collector()), engine):
        for value in (1, 2, 3, 4):
            script.frames(value)
            watcher.wait_seen(*range(1, value + 1))
    assert len(engine.seen) < 4


def test_frames_are_seen_without_a_trigger(script: Script) -> None:
    watcher, collector = Watcher(), Collector()
    with running(make_loop(script, MeanEngine(), watcher, collector, Mode.TRIGGERED)) as loop:
        script.frames(1)
        watcher.wait_seen(1)
        loop.pause()
        script.frames(2)
        watcher.wait_seen(1, 2)
    assert collector.inspections == []


def test_who_looks_slowly_delays_no_verdict_and_sees_the_newest(script: Script) -> None:
    watcher, collector = Watcher(), Collector()
    watcher.go.clear()
    with running(make_loop(script, MeanEngine(), watcher, collector)):
        for value in (1, 2, 3, 4):
            script.frames(value)
            collector.wait_count(value)
            if value == 1:
                watcher.wait_seen(1)
        watcher.go.set()
        watcher.wait_seen(1, 4)


def test_a_source_that_waits_has_no_picture_beside_its_parts(script: Script) -> None:
    script.live = False
    watcher, collector = Watcher(), Collector()
    script.frames(1, 2)
    script.end()
    with running(make_loop(script, MeanEngine(), watcher, collector)):
        collector.wait_state(State.ENDED)
    assert watcher.seen == []


def test_a_viewer_that_fails_harms_nobody(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    watcher, collector = Watcher(), Collector()
    watcher.fails = True
    with running(make_loop(script, MeanEngine(), watcher, collector)):
        for value in (1, 2, 3):
            script.frames(value)
            watcher.wait_seen(*range(1, value + 1))
        collector.wait_count(1)
    assert [record.message for record in caplog.records].count("the viewer of the inspection loop failed") == 1


def test_a_viewer_that_hangs_is_left_behind(script: Script) -> None:
    watcher = Watcher()
    watcher.go.clear()
    settings = LoopSettings(stop_timeout=0.05)
    loop = InspectionLoop(
        script.camera, MeanEngine, Region(), Thresholds(1, 2), viewer=watcher, settings=settings, clock=script.clock
    )
    loop.start()
    script.frames(1)
    watcher.wait_seen(1)
    assert not loop.stop()
    watcher.go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("inspector-"):
            thread.join(LONG)
