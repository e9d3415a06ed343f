"""The record of every inspection: one SQLite file, one row per part, kept for the question "prove it"."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from inspector import __version__
from inspector.errors import StationError
from inspector.evaluation.judge import Verdict
from inspector.station.inspection import Inspection

SCHEMA_VERSION = 1

_PAGE = 1000

_metadata = MetaData()
_schema = Table("record_schema", _metadata, Column("version", Integer, primary_key=True, autoincrement=False))
_records = Table(
    "inspections",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("inspected_at", DateTime, nullable=False),
    Column("source", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("trigger_id", String),
    Column("model_id", String, nullable=False),
    Column("model_name", String, nullable=False),
    Column("score", Float),
    Column("review_threshold", Float, nullable=False),
    Column("fail_threshold", Float, nullable=False),
    Column("verdict", String, nullable=False),
    Column("fault", String),
    Column("latency_ms", Float, nullable=False),
    Column("software", String, nullable=False),
    Index("inspections_by_time", "inspected_at"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row. `inspected_at` is UTC: the capture time, or the time of the fault where there is no frame. `score` is
    raw, None where nothing was judged; the thresholds are those in force."""

    inspected_at: datetime
    source: str
    number: int
    trigger_id: str | None
    model_id: str
    model_name: str
    score: float | None
    review_threshold: float
    fail_threshold: float
    verdict: Verdict
    fault: str | None
    latency_ms: float
    software: str = __version__


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are asked for: those of the time from `since` to before `until` (aware), with one of `verdicts`
    (none: any), of this source and model name (None: any)."""

    since: datetime | None = None
    until: datetime | None = None
    verdicts: Collection[Verdict] = ()
    source: str | None = None
    model_name: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        columns = _records.c
        found = []
        if self.since is not None:
            found.append(columns.inspected_at >= _naive(self.since))
        if self.until is not None:
            found.append(columns.inspected_at < _naive(self.until))
        if self.verdicts:
            found.append(columns.verdict.in_([str(verdict) for verdict in self.verdicts]))
        if self.source is not None:
            found.append(columns.source == self.source)
        if self.model_name is not None:
            found.append(columns.model_name == self.model_name)
        return found


def record_of(inspection: Inspection, source: str, model_name: str) -> Record:
    """What is kept of an inspection; no pixels, so that thousands may wait."""
    frame, prediction = inspection.frame, inspection.prediction
    return Record(
        inspected_at=frame.captured_at if frame is not None else datetime.now(UTC),
        source=source,
        number=inspection.number,
        trigger_id=inspection.trigger_id,
        model_id=inspection.model_id,
        model_name=model_name,
        score=prediction.score if prediction is not None else None,
        review_threshold=inspection.thresholds.review,
        fail_threshold=inspection.thresholds.fail,
        verdict=inspection.verdict,
        fault=inspection.fault,
        latency_ms=inspection.latency_ms,
    )


class RecordStore:
    """The file. Rows are added, never changed. What `add` returned from survives a kill and a power cut (WAL with a
    sync at each commit). May be used from any thread; every method raises `StationError` where disk or file fail."""

    def __init__(self, file: Path, *, create: bool = True) -> None:
        """Open, or with `create` make it and its folder. Without, nothing is written, whatever the file is.

        Raises `StationError` `records_newer`, `records_missing` where there are none and none are to be made, and those
        of the other methods.
        """
        self.file = file
        if not create and not file.is_file():
            raise StationError("records_missing", path=str(file))
        with self._explained():
            file.parent.mkdir(parents=True, exist_ok=True)
            self._engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": 5.0})
            if create:
                event.listen(self._engine, "connect", _prepare)
            try:
                self._check_version(create)
            except BaseException:
                self._engine.dispose()
                raise
            self._place = _place(file)

    def add(self, records: Sequence[Record]) -> None:
        """Commit these rows together, or none of them. Raises `StationError` `records_gone` while the file is away."""
        self._check_place()
        with self._explained(), self._engine.begin() as connection:
            connection.execute(insert(_records), [_row(record) for record in records])

    def newest(self, limit: int, wanted: RecordFilter | None = None) -> list[Record]:
        """The rows added last, newest first."""
        query = select(_records).where(*_conditions(wanted)).order_by(_records.c.id.desc()).limit(limit)
        with self._explained(), self._engine.connect() as connection:
            return [_record(dict(row)) for row in connection.execute(query).mappings()]

    def read(self, wanted: RecordFilter | None = None) -> Iterator[Record]:
        """All rows there were when it began, oldest first, a thousand at a time in memory."""
        with self._explained(), self._engine.connect() as connection:
            last = connection.scalar(select(func.max(_records.c.id))) or 0
        after = 0
        while True:
            query = (
                select(_records)
                .where(_records.c.id > after, _records.c.id <= last, *_conditions(wanted))
                .order_by(_records.c.id)
                .limit(_PAGE)
            )
            with self._explained(), self._engine.connect() as connection:
                page = [dict(row) for row in connection.execute(query).mappings()]
            if not page:
                return
            after = page[-1]["id"]
            yield from map(_record, page)

    def tally(self, wanted: RecordFilter | None = None) -> dict[Verdict, int]:
        """How many rows have which verdict; every verdict is named."""
        query = select(_records.c.verdict, func.count()).where(*_conditions(wanted)).group_by(_records.c.verdict)
        with self._explained(), self._engine.connect() as connection:
            counted = {Verdict(verdict): int(count) for verdict, count in connection.execute(query)}
        return {verdict: counted.get(verdict, 0) for verdict in Verdict}

    def period(self, wanted: RecordFilter | None = None) -> tuple[datetime | None, datetime | None]:
        """The first and the last time of these rows, UTC; None without one."""
        times = func.min(_records.c.inspected_at), func.max(_records.c.inspected_at)
        with self._explained(), self._engine.connect() as connection:
            first, last = connection.execute(select(*times).where(*_conditions(wanted))).one()
        return first and first.replace(tzinfo=UTC), last and last.replace(tzinfo=UTC)

    def count(self) -> int:
        """How many rows there are."""
        with self._explained(), self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(_records)) or 0)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _check_place(self) -> None:
        """A file that was moved or deleted, or whose drive has gone, would swallow rows without an error."""
        place = _place(self.file)
        if place == self._place:
            return
        self._engine.dispose()  # what is opened next is what is there then
        if place is None:
            raise StationError("records_gone", path=str(self.file))
        self._place = place

    def _check_version(self, create: bool) -> None:
        version = _stored_version(self._engine)
        if version is None and not create:
            raise StationError("records_missing", path=str(self.file))
        if version is None:
            with self._engine.begin() as connection:
                _create(connection)
        elif version > SCHEMA_VERSION:
            raise StationError("records_newer", path=str(self.file))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            number = getattr(cause, "sqlite_errorcode", 0)
            code = number & 0xFF
            if code == sqlite3.SQLITE_FULL or number == sqlite3.SQLITE_IOERR_SHMSIZE:
                raise StationError("records_disk_full", path=str(self.file)) from error
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise StationError("records_damaged", path=str(self.file)) from error
            raise StationError("records_unwritable", path=str(self.file), reason=str(cause)) from error


def _place(file: Path) -> tuple[int, int] | None:
    """Which file on which disk has this name now; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _prepare(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _stored_version(engine: Engine) -> int | None:
    if not inspect(engine).has_table(_schema.name):
        return None
    with engine.connect() as connection:
        version: int | None = connection.scalar(select(func.max(_schema.c.version)))
        return version


def _create(connection: Connection) -> None:
    _metadata.create_all(connection)
    connection.execute(insert(_schema), {"version": SCHEMA_VERSION})


def _conditions(wanted: RecordFilter | None) -> list[ColumnElement[bool]]:
    return [] if wanted is None else wanted.conditions()


def _naive(moment: datetime) -> datetime:
    """SQLite keeps no time zone: UTC goes in without one and gets it back when read."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _row(record: Record) -> dict[str, Any]:
    return {**asdict(record), "inspected_at": _naive(record.inspected_at)}


def _record(row: dict[str, Any]) -> Record:
    del row["id"]
    row["inspected_at"] = row["inspected_at"].replace(tzinfo=UTC)
    row["verdict"] = Verdict(row["verdict"])
    return Record(**row)
