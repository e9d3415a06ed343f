"""The loop on a real network camera that stalls, drops and comes back: never a PASS without a picture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inspector.cameras.base import CameraSource
from inspector.cameras.registry import open_camera
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.regions import Region
from inspector.station.grabbing import GrabLimits
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.status import State
from tests.support.mjpeg import MjpegServer
from tests.support.station import Collector, MeanEngine


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer() as server:
        yield server


@pytest.fixture
def running(server: MjpegServer) -> Iterator[Collector]:
    collector = Collector()
    source = CameraSource("url", server.url)
    loop = InspectionLoop(
        lambda: open_camera(source, read_timeout=0.5),
        MeanEngine,
        Region(),
        Thresholds(256, 256),
        listeners=[collector],
        settings=LoopSettings(max_age=60, queue=10_000, grab=GrabLimits(first_delay=0.05, longest_delay=0.2)),
    )
    loop.start()
    yield collector
    assert loop.stop()


def faults(collector: Collector) -> list[str]:
    return [item.fault for item in collector.inspections if item.fault is not None]


def test_a_stalled_camera_is_told_once_and_used_again(server: MjpegServer, running: Collector) -> None:
    running.wait_count(3)
    server.stall()
    status = running.wait_state(State.RECONNECTING)
    assert status.fault is not None
    running.wait(lambda: len(faults(running)) > 0, "the fault")
    seen = len(running.inspections)
    server.resume()
    running.wait_state(State.RUNNING, 2)
    running.wait_count(seen + 3)
    assert len(faults(running)) == 1
    after = running.inspections[seen:]
    assert {item.verdict for item in after} == {Verdict.PASS}


def test_a_dropped_connection_is_made_again(server: MjpegServer, running: Collector) -> None:
    running.wait_count(3)
    server.drop()
    running.wait_state(State.RECONNECTING)
    running.wait(lambda: len(faults(running)) > 0, "the fault")
    seen = len(running.inspections)
    running.wait_state(State.RUNNING, 2)
    running.wait_count(seen + 3)
    assert [item.verdict for item in running.inspections if item.fault] == [Verdict.NOT_INSPECTED]
