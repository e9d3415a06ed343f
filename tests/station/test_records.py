"""Records: kept through a kill, refused when damaged or newer, and no verdict where they cannot be written."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from inspector.detectors.base import Prediction
from inspector.errors import StationError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.frame import Crop, Frame
from inspector.imaging.regions import Region
from inspector.station.inspection import Inspection
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.recording import RecordWriter
from inspector.station.records import Record, RecordStore, record_of
from tests.support.station import Collector, ManualClock, MeanEngine, Script, picture, running


def inspection(number: int, score: float = 1 / 3) -> Inspection:
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    pixels = picture(0, 4)
    return Inspection(
        number=number,
        frame=Frame(pixels, at, 5.0, number, "usb:0", "t1"),
        crop=Crop(pixels),
        prediction=Prediction(score, np.zeros((4, 4), np.float32)),
        thresholds=Thresholds(0.25, 0.75),
        verdict=Verdict.REVIEW,
        model_id="m1",
        latency_ms=12.5,
        trigger_id="t1",
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Prüfung" / "records.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[RecordStore]:
    with closing(RecordStore(file)) as store:
        yield store


def test_what_is_read_is_what_was_written(store: RecordStore, file: Path) -> None:
    writer = RecordWriter(store, "usb:0", "Washer")
    writer.submit(inspection(1))
    writer.submit(
        replace(inspection(2), frame=None, prediction=None, verdict=Verdict.NOT_INSPECTED, fault="camera_lost")
    )
    assert writer.close()
    with closing(RecordStore(file)) as again:
        second, first = again.newest(10)
    assert first == Record(
        inspected_at=datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC),
        source="usb:0",
        number=1,
        trigger_id="t1",
        model_id="m1",
        model_name="Washer",
        score=1 / 3,
        review_threshold=0.25,
        fail_threshold=0.75,
        verdict=Verdict.REVIEW,
        fault=None,
        latency_ms=12.5,
    )
    assert (second.score, second.verdict, second.fault) == (None, Verdict.NOT_INSPECTED, "camera_lost")
    assert datetime.now(UTC) - second.inspected_at < timedelta(minutes=1)


def test_newest_first_and_no_more_than_asked(store: RecordStore) -> None:
    with closing(RecordWriter(store, "usb:0", "Washer")) as writer:
        for number in range(1, 1001):
            writer.submit(inspection(number))
        assert writer.flush(10)
    assert store.count() == 1000
    assert [record.number for record in store.newest(3)] == [1000, 999, 998]


CHILD = """
import sys
from pathlib import Path
from inspector.station.records import RecordStore
from inspector.station.recording import RecordWriter
from tests.station.test_records import inspection
writer = RecordWriter(RecordStore(Path(sys.argv[1])), "usb:0", "Washer")
number = 0
while True:
    for _ in range(7):
        number += 1
        writer.submit(inspection(number))
    assert writer.flush(10)
    print(number, flush=True)
"""


def test_what_was_flushed_survives_a_kill(file: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(file)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        confirmed = [int(process.stdout.readline()) for _ in range(4)][-1]
        process.kill()
        confirmed = max([confirmed, *map(int, process.stdout.read().split())])
        assert process.wait() in (-signal.SIGTERM, -getattr(signal, "SIGKILL", signal.SIGTERM), 1)
    with closing(RecordStore(file)) as store:
        numbers = [record.number for record in reversed(store.newest(10**6))]
    assert len(numbers) >= confirmed >= 28
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps open files where they are")
def test_a_file_that_is_taken_away_is_told_and_used_again_when_it_is_back(store: RecordStore, file: Path) -> None:
    store.add([record_of(inspection(1), "fake:1", "Washer")])
    file.rename(file.with_name("away"))
    for _ in range(2):
        with pytest.raises(StationError) as caught:
            store.add([record_of(inspection(2), "fake:1", "Washer")])
        assert caught.value.code == "records_gone"
    assert not file.exists()
    file.with_name("away").rename(file)
    store.add([record_of(inspection(3), "fake:1", "Washer")])
    assert [record.number for record in store.newest(9)] == [3, 1]


def test_a_newer_file_is_refused_and_left_alone(file: Path) -> None:
    RecordStore(file).close()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE record_schema SET version = 99")
    with pytest.raises(StationError) as caught:
        RecordStore(file)
    assert caught.value.code == "records_newer"


def test_a_damaged_file_is_refused_and_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"not a database, " * 1000)
    with pytest.raises(StationError) as caught:
        RecordStore(file)
    assert caught.value.code == "records_damaged"
    assert file.read_bytes() == b"not a database, " * 1000


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StationError) as caught:
        RecordStore(tmp_path / "file" / "records.sqlite")
    assert caught.value.code == "records_unwritable"


class FullDisk(RecordStore):
    """A real store on a disk that has room only while `room` is set."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.room = threading.Event()
        self.asked = threading.Semaphore(0)

    def add(self, records: list[Record]) -> None:  # type: ignore[override]
        self.asked.release()
        if not self.room.is_set():
            raise StationError("records_disk_full", path=str(self.file))
        super().add(records)


def test_a_full_disk_withholds_verdicts_and_loses_nothing_that_was_taken(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    script, collector, store = Script(ManualClock(), live=False), Collector(), FullDisk(file)
    writer = RecordWriter(store, "fake:1", "Washer")
    loop = InspectionLoop(
        script.camera,
        MeanEngine,
        Region(),
        Thresholds(100, 200),
        listeners=[collector],
        recorder=writer,
        settings=LoopSettings(tick=0.02, queue=100),
        clock=script.clock,
    )
    with running(loop):
        script.frames(1)
        assert collector.wait_count(1)[0].verdict is Verdict.PASS
        assert store.asked.acquire(timeout=10)
        assert store.asked.acquire(timeout=10)  # the second attempt: the fault of the first is known
        script.frames(2)
        withheld = collector.wait_count(2)[1]
        store.room.set()
        assert writer.flush(10)
        script.frames(3)
        collector.wait_count(3)
    assert writer.close()
    assert (withheld.verdict, withheld.fault) == (Verdict.NOT_INSPECTED, "records_disk_full")
    assert InspectionLoop.rejudge(withheld, Thresholds(500, 500)).verdict is Verdict.NOT_INSPECTED
    assert collector.inspections[2].verdict is Verdict.PASS
    assert [record.number for record in store.newest(10)] == [3, 1]
    assert loop.counters.read().not_inspected == 1
    store.close()


class SlowDisk(RecordStore):
    """A real store that writes nothing before `go` is set."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.go = threading.Event()

    def add(self, records: list[Record]) -> None:  # type: ignore[override]
        assert self.go.wait(10)
        super().add(records)


def test_when_too_many_wait_the_next_is_refused(file: Path) -> None:
    store = SlowDisk(file)
    writer = RecordWriter(store, "usb:0", "Washer", capacity=5)
    for number in range(5):
        writer.submit(inspection(number))
    with pytest.raises(StationError) as caught:
        writer.submit(inspection(5))
    assert caught.value.code == "records_behind"
    store.go.set()
    assert writer.close()
    assert store.count() == 5
    store.close()
