"""Records that are asked for: by time, verdict, source and model, counted, and written as CSV while more come in."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from inspector.errors import Cancelled, InspectorError, StationError
from inspector.evaluation.judge import Verdict
from inspector.jobs.records import opened, summary, write_csv
from inspector.station.records import RecordFilter, RecordStore
from inspector.tasks import CancelToken, no_progress
from tests.support.records import BEGIN, record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with closing(RecordStore(tmp_path / "records.sqlite")) as store:
        store.add([record(0), record(1, Verdict.FAIL), record(2, Verdict.REVIEW), record(3, Verdict.NOT_INSPECTED)])
        store.add([record(4, source="usb:1"), record(5, model_name="Washer 2")])
        yield store


def numbers(store: RecordStore, wanted: RecordFilter) -> list[int]:
    return [item.number for item in store.read(wanted)]


def test_records_are_asked_for_by_what_is_known_of_them(store: RecordStore) -> None:
    assert numbers(store, RecordFilter()) == [0, 1, 2, 3, 4, 5]
    assert numbers(store, RecordFilter(since=BEGIN + timedelta(minutes=2))) == [2, 3, 4, 5]
    assert numbers(store, RecordFilter(until=BEGIN + timedelta(minutes=2))) == [0, 1]
    assert numbers(store, RecordFilter(verdicts=(Verdict.FAIL, Verdict.REVIEW))) == [1, 2]
    assert numbers(store, RecordFilter(source="usb:1")) == [4]
    assert numbers(store, RecordFilter(model_name="Washer 2")) == [5]
    assert [item.number for item in store.newest(2, RecordFilter(source="usb:0"))] == [5, 3]


def test_times_of_other_zones_are_understood(store: RecordStore) -> None:
    elsewhere = (BEGIN + timedelta(minutes=2)).astimezone(timezone(timedelta(hours=5)))
    assert numbers(store, RecordFilter(since=elsewhere)) == [2, 3, 4, 5]
    assert numbers(store, RecordFilter(until=elsewhere)) == [0, 1]


def test_parts_that_were_not_inspected_are_counted_apart(store: RecordStore) -> None:
    found = summary(store, RecordFilter())
    assert found.verdicts == {"pass": 3, "review": 1, "fail": 1, "not_inspected": 1}
    assert (found.passed.count, found.passed.n) == (3, 5)
    assert found.passed.low < 0.6 < found.passed.high
    assert (found.first, found.last) == (BEGIN, BEGIN + timedelta(minutes=5))


def test_without_a_record_nothing_is_claimed(store: RecordStore) -> None:
    found = summary(store, RecordFilter(source="nowhere"))
    assert set(found.verdicts.values()) == {0}
    assert found.passed.rate is None
    assert (found.first, found.last) == (None, None)


def test_the_csv_has_every_record_with_its_time_zone(store: RecordStore, tmp_path: Path) -> None:
    file = tmp_path / "out" / "records.csv"
    assert write_csv(store, RecordFilter(), file, no_progress, CancelToken()) == 6
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [row["verdict"] for row in rows] == ["pass", "fail", "review", "not_inspected", "pass", "pass"]
    assert datetime.fromisoformat(rows[1]["inspected_at"]) == BEGIN + timedelta(minutes=1)
    assert (rows[3]["score"], rows[3]["fault"]) == ("", "camera_stalled")


def test_what_comes_in_while_records_are_read_does_not_keep_it_from_ending(store: RecordStore) -> None:
    seen = []
    for item in store.read():
        seen.append(item.number)
        store.add([record(100 + len(seen))])
    assert seen == [0, 1, 2, 3, 4, 5]


def test_more_records_than_a_page(store: RecordStore) -> None:
    store.add([record(number) for number in range(6, 2500)])
    assert numbers(store, RecordFilter()) == list(range(2500))


def test_a_cancelled_csv_leaves_the_one_before(store: RecordStore, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text("before")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        write_csv(store, RecordFilter(), file, no_progress, token)
    assert file.read_text() == "before"
    assert list(tmp_path.glob("*.csv*")) == [file]


def test_a_csv_that_cannot_be_written_is_said(store: RecordStore, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InspectorError) as error:
        write_csv(store, RecordFilter(), tmp_path / "file" / "records.csv", no_progress, CancelToken())
    assert error.value.code == "output_failed"


def test_a_project_without_records_is_told_from_one_with(tmp_path: Path, store: RecordStore) -> None:
    with opened(tmp_path) as found:
        assert found.count() == 6
    (tmp_path / "empty").mkdir()
    with pytest.raises(StationError) as error, opened(tmp_path / "empty"):
        pass
    assert error.value.code == "records_missing"
    assert not list((tmp_path / "empty").iterdir())


def test_another_database_is_refused_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "project.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE samples (id INTEGER)")
    before = file.read_bytes()
    with pytest.raises(StationError) as error, opened(file):
        pass
    assert error.value.code == "records_missing"
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
