"""Where the time of a part goes, told by a clock that moves only when the test moves it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.detectors.base import Prediction, Timing
from inspector.errors import StationError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.frame import Crop, Image
from inspector.imaging.regions import Region
from inspector.station.inspection import Inspection
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.stages import STAGES, WINDOW, StageStatistics, StageTimes, stage_times
from tests.support.station import LONG, Collector, ManualClock, MeanEngine, Script, picture, running


class SlowRegion:
    """Cropping takes 2 ms."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock

    def crop(self, pixels: Image) -> Crop:
        self.clock.advance(0.002)
        return Region().crop(pixels)


class SlowEngine(MeanEngine):
    """An inference takes 60 ms, of which it tells 10 before and 5 after the network."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock

    def infer(self, image: Image) -> Prediction:
        found = super().infer(image)
        self.clock.advance(0.060)
        return Prediction(found.score, found.anomaly_map, Timing(10, 40, 5))


class SlowRecorder:
    """Recording takes 1 ms, or is refused."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.taken: list[Inspection] = []
        self.refuses = False

    def submit(self, inspection: Inspection) -> None:
        self.clock.advance(0.001)
        self.taken.append(inspection)
        if self.refuses:
            raise StationError("records_behind", path="r", waiting=1)


def test_each_stage_has_its_time_and_together_they_are_the_latency() -> None:
    clock = ManualClock()
    script, collector, engine, recorder = Script(clock), Collector(), SlowEngine(clock), SlowRecorder(clock)
    engine.gate.clear()
    loop = InspectionLoop(
        script.camera,
        lambda: engine,
        SlowRegion(clock),
        Thresholds(100, 200),
        listeners=[collector],
        recorder=recorder,
        settings=LoopSettings(tick=0.02, queue=100),
        clock=clock,
    )
    with running(loop, engine):
        script.frame(picture(1))
        assert engine.began.acquire(timeout=LONG)
        script.frame(picture(2), at=clock.now() - 0.030)  # the camera needed 30 ms to deliver it
        script.error("camera_bad_frame", reason="")  # read next: the frame before it is in the mailbox then
        collector.wait(lambda: any(item.fault for item in collector.inspections), "the bad frame")
        engine.gate.set()
        collector.wait(lambda: len(engine.seen) == 2, "the second part")
        second = collector.wait_count(3)[-1]
        figures = loop.stages.read()
    assert second.stages is not None
    # It waited for the bad frame's record (1 ms) and for the first part's inference (60) and record (1).
    expected = StageTimes(capture=30, queue=62, preprocess=12, infer=45, postprocess=5, judge=1)
    for stage in STAGES[:-1]:
        assert getattr(second.stages, stage) == pytest.approx(getattr(expected, stage)), stage
    assert second.latency_ms == second.stages.total == pytest.approx(155)
    assert second.judged_at == pytest.approx(clock.now())
    assert recorder.taken[-1].latency_ms == pytest.approx(154)
    assert list(figures) == list(STAGES[:-1])
    assert {figure.n for figure in figures.values()} == {2}  # the bad frame was not inspected
    assert figures["queue"].maximum == pytest.approx(62)


def test_what_is_withheld_is_timed_but_not_counted() -> None:
    clock = ManualClock()
    script, collector, recorder = Script(clock), Collector(), SlowRecorder(clock)
    recorder.refuses = True
    loop = InspectionLoop(
        script.camera, MeanEngine, Region(), Thresholds(100, 200), listeners=[collector], recorder=recorder, clock=clock
    )
    with running(loop):
        script.frames(1)
        inspection = collector.wait_count(1)[0]
        assert loop.stages.read() == {}
    assert inspection.verdict is Verdict.NOT_INSPECTED
    assert inspection.stages is not None
    assert inspection.stages.judge == pytest.approx(1)


def test_a_frame_too_old_to_be_judged_spent_its_time_waiting() -> None:
    clock = ManualClock()
    script, collector = Script(clock), Collector()
    loop = InspectionLoop(script.camera, MeanEngine, Region(), Thresholds(100, 200), listeners=[collector], clock=clock)
    with running(loop):
        script.frame(picture(1), at=clock.now() - 7)
        inspection = collector.wait_count(1)[0]
    assert inspection.fault == "frame_stale"
    assert inspection.stages is not None
    assert inspection.stages.capture == pytest.approx(7000)
    assert inspection.stages.total == inspection.latency_ms


seconds = st.floats(0, 5)


@given(
    captured=st.floats(0, 1e6),
    steps=st.lists(seconds, max_size=4),
    last=seconds,
    timing=st.builds(Timing, *[st.floats(0, 9000)] * 3),
)
def test_no_time_is_lost_invented_or_negative(captured: float, steps: list[float], last: float, timing: Timing) -> None:
    marks: list[float] = []
    for step in steps:
        marks.append((marks[-1] if marks else captured) + step)
    ended = (marks[-1] if marks else captured) + last
    times = stage_times(captured, tuple(marks), timing, ended)
    assert times.total == pytest.approx((ended - captured) * 1000, abs=1e-3)
    assert all(getattr(times, stage) >= 0 for stage in STAGES[:-1])


def test_the_figures_look_back_on_a_bounded_number() -> None:
    statistics = StageStatistics()
    for number in range(WINDOW + 100):
        statistics.add(StageTimes(infer=float(number)))
    statistics.add_display(16)
    figures = statistics.read()
    infer = figures["infer"]
    assert (infer.n, infer.minimum, infer.maximum) == (WINDOW, 100, WINDOW + 99)
    assert (infer.median, infer.p95) == pytest.approx((349.5, 574.05))
    assert figures["display"].n == 1
    assert list(figures) == list(STAGES)
    statistics.reset()
    assert statistics.read() == {}
