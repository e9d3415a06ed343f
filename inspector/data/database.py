"""The connection to a project's SQLite file: what is committed survives a kill and a power cut."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from inspector.data.failures import explained
from inspector.errors import ProjectError

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 5.0
_WRITE = "inspector_write"


class Database:
    """One session per call, from any thread. Readers never wait; writers take turns.

    Every method raises `ProjectError` where the disk, the folder or the file is at fault.
    """

    def __init__(self, file: Path, *, read_only: bool = False) -> None:
        self.file = file
        self._engine = _make_engine(file, read_only)
        self._readers = sessionmaker(self._engine, expire_on_commit=False)
        self._writers = sessionmaker(self._engine.execution_options(**{_WRITE: True}), expire_on_commit=False)
        # SQLite lets one writer in at a time and polls; within the process a lock hands over at once.
        self._turn = threading.Lock()
        self._closed = False
        self._place = (0, 0)
        """Device and number of the file that connections are open to."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent state."""
        with explained(self.file.parent):
            self._check()
            with self._readers() as session:
                yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are on the disk when the block is left, or, after any exception, not at all."""
        with explained(self.file.parent), self._turn:
            self._check()
            with self._writers.begin() as session:
                yield session

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A bare connection, for migrations."""
        with explained(self.file.parent), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file; later calls raise `ProjectError`."""
        self._closed = True
        self._engine.dispose()

    def _check(self) -> None:
        if self._closed:
            raise ProjectError("project_closed", folder=str(self.file.parent))
        # A file that was deleted, or whose drive was connected anew, would swallow changes without an error while the
        # old one is still open.
        try:
            found = self.file.stat()
        except FileNotFoundError as error:
            raise ProjectError("project_gone", folder=str(self.file.parent)) from error
        if (found.st_dev, found.st_ino) != self._place:
            self._engine.dispose()
            self._place = (found.st_dev, found.st_ino)


def _make_engine(file: Path, read_only: bool) -> Engine:
    location = address(file, "ro" if read_only else "rw")

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(location, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    event.listen(engine, "begin", _begin)
    return engine


def address(file: Path, mode: str) -> str:
    """A file URI, because a plain path would make SQLite create an empty database where there is none.

    Not `Path.as_uri`: SQLite takes a network share's name for a host and refuses it unless the host part is empty.
    """
    path = file.resolve().as_posix()
    return f"file://{quote(path if path.startswith('/') else '/' + path, safe='/:')}?mode={mode}"


def _prepare_reader(connection: Any, record: Any) -> None:
    # Python's driver would commit before table definitions; transactions are begun by `_begin` alone.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_writer(connection: Any, record: Any) -> None:
    _prepare_reader(connection, record)
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        # Some network drives cannot do it; the rollback journal is as safe, readers merely wait for writers.
        logger.info("journal mode is %s", mode)
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    # Taking the write lock first avoids the deadlock of two readers that both want to write.
    writing = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
