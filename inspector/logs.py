"""The log file: what went on, and every unexpected error with its traceback. Passwords in addresses are left out."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from inspector import paths

logger = logging.getLogger(__name__)

FILE_BYTES = 2_000_000
OLD_FILES = 5
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-8s %(process)d %(threadName)s %(name)s: %(message)s"
_DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@'\"]+@")
_SECRETS = re.compile(r"((?:password|passwd|token|secret|api_?key)[\"']?\s*[=:]\s*[\"']?)[^\s,;&\"']+", re.IGNORECASE)

OnUnexpected = Callable[[BaseException, str], None]
"""Told of an error that nobody expected: the exception, and its traceback as text. Called in the thread it arose in."""


class RedactingFormatter(logging.Formatter):
    """What looks like a password in an address or a setting becomes ***."""

    def converter(self, seconds: float | None) -> time.struct_time:
        """Times in UTC, wherever the station stands."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its traceback, without secrets."""
        return redact(super().format(record))


def redact(text: str) -> str:
    """Text without user names and passwords in addresses (rtsp://user:password@host) and values of secrets."""
    return _SECRETS.sub(r"\1***", _CREDENTIALS.sub("***@", text))


class Logging:
    """What `install` set up; `remove` puts everything back as it was."""

    def __init__(self, file: Path, level: int, on_unexpected: OnUnexpected | None) -> None:
        self.file = file
        self.on_unexpected = on_unexpected
        """The window sets this to show its crash dialog."""
        root = logging.getLogger()
        self._level = root.level
        self._handler, failure = _handler(file)
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        root.addHandler(self._handler)
        root.setLevel(level)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable
        if failure is not None:
            logger.warning("%s cannot be written: %s", file, failure)

    def remove(self) -> None:
        """Restore the hooks and close the file."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)
        self._handler.close()

    def report(self, error: BaseException) -> None:
        """Log an unexpected error and tell `on_unexpected`."""
        text = redact("".join(traceback.format_exception(error)))
        logger.critical("unexpected error", exc_info=error)
        if self.on_unexpected is not None:
            self.on_unexpected(error, text)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._hooks[0](kind, error, trace)
        else:
            self.report(error)

    def _uncaught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        # SystemExit ends a thread quietly, as Python's own hook has it.
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            self.report(arguments.exc_value)

    def _unraisable(self, arguments: Any) -> None:
        if arguments.exc_value is not None:
            logger.error("error in %r", arguments.object, exc_info=arguments.exc_value)


def install(name: str = "inspector", level: int = logging.INFO, on_unexpected: OnUnexpected | None = None) -> Logging:
    """Log to `<log folder>/<name>.log`, keep a few old files, and catch what nobody caught.

    Each process needs a `name` of its own: two cannot turn over the same file. Where the folder cannot be written to,
    warnings go to standard error and the program goes on.
    """
    return Logging(paths.log_folder() / f"{name}.log", level, on_unexpected)


class _File(RotatingFileHandler):
    """Where the disk is full, lines are lost, and that is said once: a log must never be what ends the work."""

    _told = False

    def handleError(self, record: logging.LogRecord) -> None:
        """Called instead of raising while a line is written; a line that cannot be made is a bug and told as such."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._tell(error)
        else:
            super().handleError(record)

    def close(self) -> None:
        """Closing writes what waits, and may fail for the same reason."""
        try:
            super().close()
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if not self._told and sys.stderr is not None:
            self._told = True
            sys.stderr.write(f"The log {self.baseFilename} cannot be written: {error}\n")


def _handler(file: Path) -> tuple[logging.Handler, OSError | None]:
    """The handler, and why it does not write to the file."""
    handler: logging.Handler
    failure: OSError | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(file, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
    except OSError as error:
        handler, failure = logging.StreamHandler(), error
        handler.setLevel(logging.WARNING)
    handler.setFormatter(RedactingFormatter(_FORMAT, _DATE_FORMAT))
    return handler, failure
