"""Where the time between capture and verdict goes, part by part and over the last parts."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import astuple, dataclass, fields
from itertools import pairwise

import numpy as np

from inspector.detectors.base import Timing

WINDOW = 500
"""Parts that figures of time look back on."""
_MARKS = 4
DISPLAY = "display"
"""From the verdict to the screen, measured by the window; it is no part of the latency."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over the last `n` parts."""

    minimum: float
    average: float
    median: float
    p95: float
    maximum: float
    n: int


def latency_of(values: list[float]) -> Latency | None:
    """The figures of some milliseconds, None of nothing."""
    if not values:
        return None
    median, p95 = np.percentile(values, (50, 95))
    return Latency(min(values), float(np.mean(values)), float(median), float(p95), max(values), len(values))


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds of one part, in the order of its way; together they are its latency.

    `capture`: from the frame's own time until the grab thread offered it to the engine. Cameras take that time between
    grabbing and decoding, so that exposure and transfer come before it and are not in any figure.
    `queue`: until the engine was free for it. `preprocess`: cropped and made the network's input. `infer`: the network,
    with all that the engine does not tell apart. `postprocess`: the map brought back to the crop. `judge`: judged and
    taken for recording.
    """

    capture: float = 0.0
    queue: float = 0.0
    preprocess: float = 0.0
    infer: float = 0.0
    postprocess: float = 0.0
    judge: float = 0.0

    @property
    def total(self) -> float:
        """From capture to verdict."""
        return float(sum(astuple(self)))


STAGES = (*(field.name for field in fields(StageTimes)), DISPLAY)
"""All stages in order, the window's last."""


def stage_times(captured: float, marks: tuple[float, ...], engine: Timing, ended: float) -> StageTimes:
    """Share out the time from `captured` to `ended` (monotonic seconds).

    `marks` says when the frame was offered, taken by the inference thread, cropped and inferred; it is shorter where
    the frame did not get so far, and the time left belongs to the stage that was not finished. `engine` divides what
    lies between the last two: it is measured by the engine's own clock, so that it may not claim more than that.
    """
    spans = [(end - start) * 1000 for start, end in pairwise((captured, *marks, ended))]
    capture, queue, crop, inside, judge = spans + [0.0] * (_MARKS - len(marks))
    before = min(engine.preprocess_ms, inside)
    after = min(engine.postprocess_ms, inside - before)
    return StageTimes(capture, queue, crop + before, inside - before - after, after, judge)


class StageStatistics:
    """The last `WINDOW` times of each stage, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, deque[float]] = {stage: deque(maxlen=WINDOW) for stage in STAGES}

    def add(self, times: StageTimes) -> None:
        """One more part."""
        with self._lock:
            for stage, value in zip(STAGES, astuple(times), strict=False):
                self._values[stage].append(value)

    def add_display(self, milliseconds: float) -> None:
        """One more part was shown."""
        with self._lock:
            self._values[DISPLAY].append(milliseconds)

    def reset(self) -> None:
        """Start from nothing."""
        with self._lock:
            for values in self._values.values():
                values.clear()

    def read(self) -> dict[str, Latency]:
        """The figures by stage, in order; a stage that nothing was measured of is left out."""
        with self._lock:
            taken = {stage: list(values) for stage, values in self._values.items()}
        return {stage: figures for stage, values in taken.items() if (figures := latency_of(values)) is not None}
