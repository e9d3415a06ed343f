"""Records as a station makes them, one a minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inspector.evaluation.judge import Verdict
from inspector.station.records import Record

BEGIN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


def record(number: int, verdict: Verdict = Verdict.PASS, **values: object) -> Record:
    base = Record(
        inspected_at=BEGIN + timedelta(minutes=number),
        source="usb:0",
        number=number,
        trigger_id=None,
        model_id="m1",
        model_name="Washer",
        score=None if verdict is Verdict.NOT_INSPECTED else number / 10,
        review_threshold=1.0,
        fail_threshold=2.0,
        verdict=verdict,
        fault="camera_stalled" if verdict is Verdict.NOT_INSPECTED else None,
        latency_ms=12.5,
    )
    return replace(base, **values)  # type: ignore[arg-type]
