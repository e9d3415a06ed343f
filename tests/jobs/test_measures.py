"""Seconds by stage, and peak memory."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.jobs.measures import StageClock, peak_rss_mb


def test_seconds_are_added_up_by_stage_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 3.0, 6.0, 10.0])
    monkeypatch.setattr("inspector.jobs.measures.time.perf_counter", lambda: next(times))
    told = []
    clock = StageClock(lambda *item: told.append(item))
    clock(0, 2, "first")
    clock(2, 2, "first", 0.5)
    clock(0, 0, "second")
    clock(0, 1, "first")
    assert clock.seconds() == {"first": 6.0, "second": 3.0}
    assert told == [(0, 2, "first", None), (2, 2, "first", 0.5), (0, 0, "second", None), (0, 1, "first", None)]


def test_peak_memory_grows_with_what_is_held_and_stays() -> None:
    block = np.ones(int(peak_rss_mb() + 64) * 2**17)
    high = peak_rss_mb()
    assert high > block.nbytes / 2**20
    del block
    assert peak_rss_mb() >= high - 1  # the kernel counts in batches of pages
