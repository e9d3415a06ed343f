"""Turns what SQLite and the operating system report into a `ProjectError` that says what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from inspector.errors import ProjectError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: "project_disk_full",
    sqlite3.SQLITE_BUSY: "project_busy",
    sqlite3.SQLITE_LOCKED: "project_busy",
    sqlite3.SQLITE_CORRUPT: "project_damaged",
    sqlite3.SQLITE_NOTADB: "project_damaged",
    sqlite3.SQLITE_READONLY: "project_read_only",
    sqlite3.SQLITE_PERM: "project_read_only",
    sqlite3.SQLITE_CANTOPEN: "project_unreadable",
    sqlite3.SQLITE_IOERR: "project_unreadable",
}


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Raise `ProjectError` instead of the database's and the file system's own errors; bugs pass unchanged."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        explanation = _database_error(error, folder)
        if explanation is None:
            raise
        raise explanation from error
    except OSError as error:
        raise disk_error(error, folder) from error


def disk_error(error: OSError, folder: Path) -> ProjectError:
    """What an OSError met while working in the project `folder` means to a person."""
    if error.errno in _FULL:
        return ProjectError("project_disk_full", folder=str(folder))
    if not folder.exists():
        return ProjectError("project_gone", folder=str(folder))
    if error.errno in _DENIED:
        return ProjectError("project_read_only", folder=str(folder))
    return ProjectError("project_unreadable", folder=str(folder), reason=error.strerror or str(error))


def _database_error(error: DBAPIError | sqlite3.Error, folder: Path) -> ProjectError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    number = getattr(cause, "sqlite_errorcode", 0)
    # The low byte is the primary result code; the rest refines it. No room for its shared index file is an I/O error
    # to SQLite.
    no_room = number == sqlite3.SQLITE_IOERR_SHMSIZE
    code = "project_disk_full" if no_room else _BY_SQLITE_CODE.get(number & 0xFF)
    if code is None:
        return None
    if not folder.exists():
        return ProjectError("project_gone", folder=str(folder))
    if code == "project_unreadable":
        return ProjectError(code, folder=str(folder), reason=str(cause))
    return ProjectError(code, folder=str(folder))
