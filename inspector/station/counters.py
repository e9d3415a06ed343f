"""What an operator reads at the end of a shift: how many parts had which verdict, and how fast it went."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass

from inspector.evaluation.judge import Verdict
from inspector.station.inspection import Inspection
from inspector.station.stages import WINDOW, Latency, latency_of


@dataclass(frozen=True, slots=True)
class Counts:
    """One reading. `inspected` = passed + review + failed; parts that were not inspected are counted beside it.

    `yield_rate` is passed / inspected (0..1), None while nothing was inspected; its n is `inspected`. `latency` runs
    from capture to verdict. `rate` is inspections per second, None before the second one.
    """

    passed: int
    review: int
    failed: int
    not_inspected: int
    latency: Latency | None
    rate: float | None

    @property
    def inspected(self) -> int:
        """Parts with a verdict on their score."""
        return self.passed + self.review + self.failed

    @property
    def yield_rate(self) -> float | None:
        """Share of the inspected parts that passed."""
        return self.passed / self.inspected if self.inspected else None


class Counters:
    """Counts inspections from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._verdicts: Counter[Verdict] = Counter()
        self._latencies: deque[float] = deque(maxlen=WINDOW)
        self._times: deque[float] = deque(maxlen=WINDOW)

    def add(self, inspection: Inspection, now: float) -> None:
        """Count one inspection, finished at `now` (monotonic seconds)."""
        with self._lock:
            self._verdicts[inspection.verdict] += 1
            if inspection.verdict is not Verdict.NOT_INSPECTED:
                self._latencies.append(inspection.latency_ms)
                self._times.append(now)

    def reset(self) -> None:
        """Start from nothing, as at the start of a shift."""
        with self._lock:
            self._verdicts.clear()
            self._latencies.clear()
            self._times.clear()

    def read(self) -> Counts:
        """A consistent reading."""
        with self._lock:
            verdicts, latencies, times = self._verdicts.copy(), list(self._latencies), list(self._times)
        return Counts(
            passed=verdicts[Verdict.PASS],
            review=verdicts[Verdict.REVIEW],
            failed=verdicts[Verdict.FAIL],
            not_inspected=verdicts[Verdict.NOT_INSPECTED],
            latency=latency_of(latencies),
            rate=_rate(times),
        )


def _rate(times: list[float]) -> float | None:
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    return (len(times) - 1) / span if span > 0 else None
