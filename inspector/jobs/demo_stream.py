"""The demo's inspection: a simulated camera through the real inspection loop, with the truth beside each verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from inspector.cameras.base import Camera, CameraSource
from inspector.cameras.registry import open_camera
from inspector.evaluation.judge import Verdict
from inspector.evaluation.pixel_metrics import PixelAccumulator, PixelFigures
from inspector.imaging.frame import Frame
from inspector.imaging.simulation import SimulatedLine, Truth
from inspector.runtime.bundle import Bundle
from inspector.runtime.engine import Engine
from inspector.runtime.engines import open_engine
from inspector.station.inspection import Inspection
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.status import LoopStatus
from inspector.tasks import CancelToken, Progress

_PATIENCE = 0.2
"""Seconds between looks at the cancel token."""


@dataclass(frozen=True, slots=True)
class DemoVerdict:
    """One inspected part of a product beside what it really is."""

    product: str
    inspection: Inspection
    truth: Truth


OnVerdict = Callable[[DemoVerdict], None]


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """What is kept of an inspected part. `score` and `inference_ms` are None where it was not inspected."""

    sequence: int
    truth: Truth
    score: float | None
    verdict: Verdict
    inference_ms: float | None
    latency_ms: float


@dataclass
class Stream:
    """What inspecting a stream gave; `pixels` compares the maps with the masks."""

    parts: list[JudgedPart] = field(default_factory=list)
    pixels: PixelFigures | None = None
    load_seconds: float = 0.0
    provider: str = ""


class _Listener:
    """Hands what the loop does to the thread that waits for it; the loop is never held up."""

    def __init__(self) -> None:
        self.told: SimpleQueue[Inspection | LoopStatus] = SimpleQueue()

    def inspected(self, inspection: Inspection) -> None:
        """See `Listener`."""
        self.told.put(inspection)

    def status_changed(self, status: LoopStatus) -> None:
        """See `Listener`."""
        self.told.put(status)


def inspect_stream(
    bundle: Bundle, line: SimulatedLine, count: int, progress: Progress, cancel: CancelToken, on_verdict: OnVerdict
) -> Stream:
    """Judge the first `count` parts of a line as fast as the engine can.

    Raises what opening camera or engine raises, a `StationError` where the loop cannot go on, and `Cancelled`.
    """
    stream = Stream()
    pixels = PixelAccumulator()
    for inspection, frame in _inspections(bundle, line, count, cancel, stream):
        verdict = DemoVerdict(line.product, inspection, line.truth(frame.sequence))
        part = _judged(verdict, frame.sequence)
        stream.parts.append(part)
        prediction = inspection.prediction
        if prediction is not None and prediction.anomaly_map is not None:
            mask = line.render(frame.sequence).mask if verdict.truth.kind else None
            pixels.add(prediction.anomaly_map, mask)
        on_verdict(verdict)
        progress(len(stream.parts), count, "inspecting", part.score)
    stream.pixels = pixels.figures()
    return stream


def _judged(verdict: DemoVerdict, sequence: int) -> JudgedPart:
    inspection = verdict.inspection
    prediction = inspection.prediction
    return JudgedPart(
        sequence=sequence,
        truth=verdict.truth,
        score=prediction.score if prediction else None,
        verdict=inspection.verdict,
        inference_ms=prediction.timing.total_ms if prediction else None,
        latency_ms=inspection.latency_ms,
    )


def _inspections(
    bundle: Bundle, line: SimulatedLine, count: int, cancel: CancelToken, stream: Stream
) -> Iterator[tuple[Inspection, Frame]]:
    """The first `count` inspections that have a frame, in order."""
    listener = _Listener()

    def camera() -> Camera:
        return open_camera(CameraSource("simulated", f"{line.address}&fps=0"))

    def engine() -> Engine:
        opened = open_engine(bundle)
        stream.load_seconds, stream.provider = opened.load_seconds, opened.provider
        return opened

    manifest = bundle.manifest
    loop = InspectionLoop(
        camera,
        engine,
        manifest.region.build(),
        manifest.thresholds.build(),
        listeners=[listener],
        settings=LoopSettings(queue=count),
    )
    loop.start()
    try:
        delivered = 0
        while delivered < count:
            told = _next(listener, cancel)
            if isinstance(told, LoopStatus):
                if told.fault is not None:
                    raise told.fault
            elif told.frame is not None:
                delivered += 1
                yield told, told.frame
    finally:
        loop.stop()


def _next(listener: _Listener, cancel: CancelToken) -> Inspection | LoopStatus:
    """Wait for what the loop says. Raises `Cancelled`."""
    while True:
        cancel.raise_if_cancelled()
        with contextlib.suppress(Empty):
            return listener.told.get(timeout=_PATIENCE)
