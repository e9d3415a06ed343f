"""One program at a time writes to a project: a lock file that the operating system frees when its holder dies."""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from inspector.errors import ProjectError

logger = logging.getLogger(__name__)

_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
# Windows locks hide the locked bytes from readers: one byte far behind the text is locked, the text stays readable.
_LOCKED_BYTE = 1 << 30


class ProjectLock:
    """Held from construction to `release`. The file's text tells the next one who holds it."""

    def __init__(self, file: Path) -> None:
        """Raises `ProjectError` `project_in_use` if another program, here or on another host, holds it; OSError."""
        self._stream: BinaryIO = file.open("a+b")
        try:
            _lock(self._stream)
        except OSError as error:
            if error.errno in _HELD:
                holder = _read_holder(self._stream)
                self._stream.close()
                raise ProjectError("project_in_use", folder=str(file.parent), **holder) from error
            # Some network drives know no locks; not opening the project at all would help nobody.
            logger.warning("%s cannot be locked: %s", file, error)
        try:
            self._write_holder()
        except OSError:
            self._stream.close()
            raise

    def release(self) -> None:
        """Free the lock; harmless when repeated.

        The empty file stays: deleting it could pull it from under the next holder.
        """
        try:
            if not self._stream.closed:
                self._stream.truncate(0)
                self._stream.close()
        except OSError as error:  # a vanished network drive must not stop closing
            logger.warning("%s could not be freed properly: %s", self._stream.name, error)

    def _write_holder(self) -> None:
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._stream.truncate(0)
        self._stream.write(json.dumps(holder).encode())
        self._stream.flush()


def _read_holder(stream: BinaryIO) -> dict[str, str]:
    """Who holds the lock, as far as the file tells."""
    try:
        stream.seek(0)
        holder = json.loads(stream.read(1000))
        return {"host": str(holder["host"]), "pid": str(holder["pid"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"host": "?", "pid": "?"}


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: BinaryIO) -> None:
        stream.seek(_LOCKED_BYTE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        stream.seek(0)

else:
    import fcntl

    def _lock(stream: BinaryIO) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
