"""Counters against a recount by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.evaluation.judge import Thresholds, Verdict
from inspector.station.counters import Counters
from inspector.station.inspection import Inspection


def inspection(verdict: Verdict, latency: float = 1.0) -> Inspection:
    return Inspection(1, None, None, None, Thresholds(1, 2), verdict, "m", latency)


@given(st.lists(st.sampled_from(list(Verdict)), max_size=50))
def test_counts_are_those_of_a_recount(verdicts: list[Verdict]) -> None:
    counters = Counters()
    for verdict in verdicts:
        counters.add(inspection(verdict), 0.0)
    counts = counters.read()
    assert counts.passed == verdicts.count(Verdict.PASS)
    assert counts.not_inspected == verdicts.count(Verdict.NOT_INSPECTED)
    assert counts.inspected == len(verdicts) - counts.not_inspected
    assert counts.yield_rate == (counts.passed / counts.inspected if counts.inspected else None)


def test_latency_and_rate() -> None:
    counters = Counters()
    for number in range(1, 101):
        counters.add(inspection(Verdict.PASS, float(number)), number * 0.1)
    latency = counters.read().latency
    assert latency is not None
    assert (latency.minimum, latency.average, latency.maximum, latency.n) == (1, 50.5, 100, 100)
    assert (latency.median, latency.p95) == pytest.approx((50.5, 95.05))
    assert counters.read().rate == pytest.approx(10)


def test_what_was_not_inspected_has_no_latency() -> None:
    counters = Counters()
    counters.add(inspection(Verdict.NOT_INSPECTED), 0.0)
    counts = counters.read()
    assert (counts.latency, counts.rate, counts.yield_rate) == (None, None, None)


def test_reset_begins_anew() -> None:
    counters = Counters()
    counters.add(inspection(Verdict.FAIL), 0.0)
    counters.reset()
    assert counters.read() == Counters().read()
