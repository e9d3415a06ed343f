"""A source, an engine, a clock and a listener that do exactly what a test tells them, for the inspection loop."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from inspector.cameras.base import Camera, CameraCapabilities, CameraSettings, CameraSource, EndOfSource
from inspector.detectors.base import Prediction
from inspector.errors import CameraError
from inspector.imaging.frame import Frame, Image
from inspector.runtime.manifest import (
    Manifest,
    PreprocessingPart,
    ThresholdPart,
    TrainingPart,
)
from inspector.station.clock import Clock
from inspector.station.inspection import Inspection
from inspector.station.loop import InspectionLoop
from inspector.station.status import LoopStatus, State

LONG = 10.0
"""Seconds a test waits for something that happens at once, or never if it is broken."""


def picture(value: int, side: int = 32) -> Image:
    """A picture whose score `MeanEngine` makes `value`."""
    return np.full((side, side, 3), value, np.uint8)


def manifest() -> Manifest:
    return Manifest(
        id="model-1",
        name="Washer",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        detector="patchcore",
        parameters={},
        image_size=32,
        has_map=True,
        backbone=None,
        preprocessing=PreprocessingPart(height=32, width=32, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)),
        thresholds=ThresholdPart(review=100, fail=200, method="manual", good_scores="none", n_good=0, n_defect=0),
        training=TrainingPart(images=1, set_sha256="", images_sha256=[], seed=0, fit_seconds=1, peak_rss_mb=1),
        software={},
        files={},
    )


class ManualClock(Clock):
    """Time stands still until `advance`; waiting moves it on at once and is remembered in `waits`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.advance(seconds)
        return event.is_set()


class Script:
    """What a source does: `opening` holds one entry for each attempt to open (None: it works; used up: it works),
    `feed` what the reads give. `reading` counts reads that have begun."""

    def __init__(self, clock: Clock, *, live: bool = True, opening: Sequence[CameraError | None] = ()) -> None:
        self.clock = clock
        self.live = live
        self.opening = list(opening)
        self.opened = 0
        self.closed = 0
        self._items: queue.Queue[Frame | Exception] = queue.Queue()
        self._sequence = 0

    def frame(self, pixels: Image, *, at: float | None = None) -> None:
        """Captured at the moment of reading, unless `at` says otherwise."""
        self._items.put(Frame(pixels, datetime.now(UTC), math.nan if at is None else at, self._sequence, "fake:1"))
        self._sequence += 1

    def frames(self, *values: int) -> None:
        for value in values:
            self.frame(picture(value))

    def error(self, code: str, **parameters: object) -> None:
        self._items.put(CameraError(code, source="fake:1", **parameters))

    def raises(self, error: Exception) -> None:
        self._items.put(error)

    def end(self) -> None:
        self._items.put(EndOfSource())

    def next(self) -> Frame | Exception:
        item = self._items.get(timeout=LONG)
        if isinstance(item, Frame) and math.isnan(item.monotonic):
            return replace(item, monotonic=self.clock.now())
        return item

    @property
    def unread(self) -> int:
        return self._items.qsize()

    def camera(self) -> Camera:
        return ScriptedCamera(self)


class ScriptedCamera(Camera):
    """Follows a `Script`."""

    def __init__(self, script: Script) -> None:
        super().__init__(CameraSource("simulated", "script"), read_timeout=LONG)
        self._script = script
        self._reader: threading.Thread | None = None

    def open(self) -> None:
        self._reader = threading.current_thread()
        self._script.opened += 1
        failure = self._script.opening.pop(0) if self._script.opening else None
        if failure is not None:
            raise failure

    def read(self) -> Frame:
        item = self._script.next()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        if self._reader is None:
            return
        if self._reader is not threading.current_thread():
            self._script.error("camera_closed")  # as a camera promises, closing ends a read that waits
        self._reader = None
        self._script.closed += 1

    def settings(self) -> CameraSettings:
        return CameraSettings()

    def capabilities(self) -> CameraCapabilities:
        return CameraCapabilities(live=self._script.live, finite=not self._script.live)


class MeanEngine:
    """The mean of the crop is its score. While `gate` is not set an inference does not return; `began` is released at
    each one. `failures` are raised one by one first."""

    def __init__(self, failures: Sequence[Exception] = ()) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Semaphore(0)
        self.failures = list(failures)
        self.seen: list[int] = []
        self.closed = False

    @property
    def manifest(self) -> Manifest:
        return manifest()

    @property
    def load_seconds(self) -> float:
        return 0.0

    @property
    def provider(self) -> str:
        return "CPU"

    def infer(self, image: Image) -> Prediction:
        self.began.release()
        if not self.gate.wait(LONG):
            raise TimeoutError("nobody opened the gate")
        if self.failures:
            raise self.failures.pop(0)
        score = float(image.mean())
        self.seen.append(int(score))
        return Prediction(score, np.full(image.shape[:2], score, np.float32))

    def infer_batch(self, images: Sequence[Image]) -> list[Prediction]:
        return [self.infer(image) for image in images]

    def close(self) -> None:
        self.closed = True


class Collector:
    """Keeps all it is told, and lets a test wait until what it expects is there."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.inspections: list[Inspection] = []
        self.statuses: list[LoopStatus] = []

    def inspected(self, inspection: Inspection) -> None:
        with self._changed:
            self.inspections.append(inspection)
            self._changed.notify_all()

    def status_changed(self, status: LoopStatus) -> None:
        with self._changed:
            self.statuses.append(status)
            self._changed.notify_all()

    def wait(self, ready: Callable[[], bool], what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(ready, LONG), f"never came: {what}; {self.inspections} {self.statuses}"

    def wait_count(self, count: int) -> list[Inspection]:
        self.wait(lambda: len(self.inspections) >= count, f"{count} inspections")
        return self.inspections

    def wait_state(self, state: State, times: int = 1) -> LoopStatus:
        def found() -> list[LoopStatus]:
            return [status for status in self.statuses if status.state is state]

        self.wait(lambda: len(found()) >= times, f"{times} × {state}")
        return found()[times - 1]


@contextmanager
def running(loop: InspectionLoop, engine: MeanEngine | None = None) -> Iterator[InspectionLoop]:
    """Start the loop; at the end let everyone go and stop it, which must succeed."""
    loop.start()
    try:
        yield loop
    finally:
        if engine is not None:
            engine.gate.set()
        assert loop.stop()
