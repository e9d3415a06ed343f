"""What a station recorded, counted and written out for those who ask."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from inspector.data.layout import ProjectLayout
from inspector.evaluation.intervals import clopper_pearson
from inspector.evaluation.judge import Verdict
from inspector.jobs.figures import RateFigure
from inspector.jobs.output import output_file
from inspector.station.records import Record, RecordFilter, RecordStore
from inspector.tasks import CancelToken, Progress


class RecordSummary(BaseModel):
    """How many parts had which verdict from `first` to `last` (UTC, None without a record). `passed` is the share of
    PASS among those that were inspected, with its exact interval; NOT_INSPECTED counts in `verdicts` only."""

    verdicts: dict[str, int]
    passed: RateFigure
    first: datetime | None
    last: datetime | None


@contextlib.contextmanager
def opened(place: Path) -> Iterator[RecordStore]:
    """The records of a project's folder, or those in a file. Raises `StationError`, also `records_missing`."""
    file = ProjectLayout(place).records if place.is_dir() else place
    with contextlib.closing(RecordStore(file, create=False)) as store:
        yield store


def summary(store: RecordStore, wanted: RecordFilter) -> RecordSummary:
    """Count them."""
    verdicts = store.tally(wanted)
    inspected = sum(count for verdict, count in verdicts.items() if verdict is not Verdict.NOT_INSPECTED)
    first, last = store.period(wanted)
    return RecordSummary(
        verdicts={str(verdict): count for verdict, count in verdicts.items()},
        passed=RateFigure.of(clopper_pearson(verdicts[Verdict.PASS], inspected)),
        first=first,
        last=last,
    )


def write_csv(store: RecordStore, wanted: RecordFilter, file: Path, progress: Progress, cancel: CancelToken) -> int:
    """One line for each record, oldest first, times as ISO 8601 in UTC; the number of records.

    The file is written whole or not at all. Raises `InspectorError` `output_failed`, `StationError` and `Cancelled`.
    """
    total, written = sum(store.tally(wanted).values()), 0
    with output_file(file) as text:
        writer = csv.writer(text)
        names = [field.name for field in fields(Record)]
        writer.writerow(names)
        for record in store.read(wanted):
            cancel.raise_if_cancelled()
            progress(written, max(total, written), "writing")
            writer.writerow(_line(record, names))
            written += 1
    progress(written, written, "writing")
    return written


def _line(record: Record, names: list[str]) -> list[object]:
    values = asdict(record)
    values["inspected_at"] = record.inspected_at.isoformat()
    return ["" if values[name] is None else values[name] for name in names]
