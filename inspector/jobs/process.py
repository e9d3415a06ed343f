"""Long work in a child process of its own, seen from outside as a plain function call.

Decision 0002 says why. The child ends when its parent does, runs at low priority, and is killed when it does not answer
to cancel in time.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import psutil

from inspector.errors import Cancelled, InspectorError, TrainingError, shortage
from inspector.jobs.base import Job
from inspector.runtime.container import remove
from inspector.tasks import CancelToken, Progress

logger = logging.getLogger(__name__)

J = TypeVar("J")
R = TypeVar("R")

GRACE_SECONDS = 0.7
"""How long a cancelled child may take to stop by itself before it is killed."""
_FAREWELL_SECONDS = 5.0
_LISTEN_SECONDS = 0.05
_PROGRESS_SECONDS = 0.05
_LOWER_PRIORITY = 5


class UnexpectedError(Exception):
    """Something that is a bug of ours went wrong in the child; the note holds the child's traceback."""


def run_in_child(
    function: Callable[[J, Progress, CancelToken], R],
    job: J,
    progress: Progress,
    cancel: CancelToken,
    *,
    background: bool = True,
) -> R:
    """Call `function(job, progress, cancel)` in a new process and return what it returns.

    `function` must be importable by name, `job` and the result must survive a pipe. `background` lowers the child's
    priority so that the window stays smooth. Raises what the function raises where it is an `InspectorError`;
    `Cancelled` within a second of being asked; `child_killed`, `out_of_memory` or `disk_full`; `UnexpectedError`.
    """
    with tempfile.TemporaryDirectory(prefix="inspector-", ignore_cleanup_errors=True) as scratch:
        child = _Child(function, job, Path(scratch), background)
        try:
            kind, content = child.follow(progress, cancel)
        finally:
            ended_well = child.end()
            if not ended_well and isinstance(job, Job):
                for path in job.partial_outputs():
                    remove(path)
        return _outcome(kind, content)  # type: ignore[no-any-return]


class _Child:
    """The parent's side: one process and the two pipes to it."""

    def __init__(self, function: Callable[..., Any], job: object, scratch: Path, background: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._inbox, outbox = context.Pipe(duplex=False)
        orders, self._orders = context.Pipe(duplex=False)
        arguments = (function, job, outbox, orders, str(scratch), background, logger.getEffectiveLevel())
        self._process = context.Process(target=_child_main, args=arguments, daemon=True, name="inspector-job")
        self._told_outcome = False
        with _without_ctrl_c():
            self._process.start()
        # Only the child may hold these: their closing tells each side that the other has gone.
        outbox.close()
        orders.close()

    def follow(self, progress: Progress, cancel: CancelToken) -> tuple[str, Any]:
        """Relay what the child says until it tells its outcome."""
        asked_at: float | None = None
        while True:
            if cancel.cancelled and asked_at is None:
                asked_at = time.monotonic()
                self._order_to_stop()
            if asked_at is not None and time.monotonic() - asked_at > GRACE_SECONDS:
                raise Cancelled
            if not self._inbox.poll(_LISTEN_SECONDS):
                continue
            try:
                kind, content = self._inbox.recv()
            except (EOFError, OSError):
                raise self._silence(cancel) from None
            if kind == "progress":
                progress(*content)
            elif kind == "log":
                logging.getLogger(content[0]).log(content[1], "%s", content[2])
            else:
                self._told_outcome = True
                return kind, content

    def _order_to_stop(self) -> None:
        try:
            self._orders.send("cancel")
        except OSError:
            logger.debug("the child ended before it could be asked to stop")

    def _silence(self, cancel: CancelToken) -> Exception:
        """What it means that the child went without a word."""
        if cancel.cancelled:
            return Cancelled()
        self._process.join(_FAREWELL_SECONDS)
        exit_code = self._process.exitcode
        logger.error("the child process ended with exit code %s", exit_code)
        if exit_code == 1:  # Python's own code for an exception that nobody caught; a kill gives another
            return UnexpectedError("the child process ended without an outcome")
        return TrainingError("child_killed", exit_code=exit_code)

    def end(self) -> bool:
        """Make sure that no process is left; True if it ended by itself as it should."""
        if self._told_outcome:
            self._process.join(_FAREWELL_SECONDS)
        ended_well = self._process.exitcode == 0
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._inbox.close()
        self._orders.close()
        self._process.close()
        return ended_well


def _outcome(kind: str, content: Any) -> Any:
    if kind == "result":
        return content
    if kind == "cancelled":
        raise Cancelled
    if kind == "failed":
        raise content
    title, details = content
    logger.error("the child process failed:\n%s", details)
    error = UnexpectedError(title)
    error.add_note(details)
    raise error


def _child_main(
    function: Callable[..., Any],
    job: object,
    outbox: Connection,
    orders: Connection,
    scratch: str,
    background: bool,
    log_level: int,
) -> None:
    """The child's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which cancels
    tempfile.tempdir = scratch
    if background:
        _lower_priority()
    cancel = CancelToken()
    threading.Thread(target=_obey, args=(orders, cancel, scratch), daemon=True).start()
    mouth = _Mouth(outbox)
    logging.basicConfig(level=log_level, format="%(message)s", handlers=[_LogRelay(mouth)], force=True)
    mouth.say(*_run(function, job, mouth, cancel))
    sys.stdout.flush()
    sys.stderr.flush()
    # All is said and every file is closed: taking torch apart piece by piece would only keep somebody waiting.
    os._exit(0)


def _run(function: Callable[..., Any], job: object, mouth: _Mouth, cancel: CancelToken) -> tuple[str, Any]:
    try:
        return "result", function(job, mouth.progress, cancel)
    except Cancelled:
        return "cancelled", None
    except InspectorError as error:
        return "failed", error
    except Exception as error:  # noqa: BLE001 - the child's last line of defence: all goes to the parent's log
        known = shortage(error)
        if known is not None:
            return "failed", known
        return "unexpected", (f"{type(error).__name__}: {error}", traceback.format_exc())


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """What is started meanwhile never sees Ctrl-C, not even before its own code runs; for this process it waits."""
    if sys.platform == "win32":  # there the child ignores it from its first line on
        yield
        return
    resource_tracker.ensure_running()  # whose own start, in the midst of the child's, would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _lower_priority() -> None:
    """So that the window, which has to answer at once, comes first."""
    if os.name == "nt":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(_LOWER_PRIORITY)


def _obey(orders: Connection, cancel: CancelToken, scratch: str) -> None:
    """Wait for the order to stop; if the parent goes away, nobody needs this process or its files any more."""
    try:
        orders.recv()
        cancel.cancel()
        orders.recv()
    except (EOFError, OSError):
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)


class _Mouth:
    """The child's one way to speak; safe from any thread. Progress is thinned out, but the last of a stage is told."""

    def __init__(self, outbox: Connection) -> None:
        self._outbox = outbox
        self._lock = threading.Lock()
        self._told_at = 0.0
        self._held: tuple[Any, ...] | None = None
        self._stage = ""

    def progress(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        """Tell where the work stands, about twenty times a second at most."""
        message = (done, total, stage, value)
        now = time.monotonic()
        if stage != self._stage:
            self._tell_held()
        elif now - self._told_at < _PROGRESS_SECONDS and (done < total or not total):
            self._held = message
            return
        self._stage, self._told_at, self._held = stage, now, None
        self._send("progress", message)

    def say(self, kind: str, content: Any) -> None:
        """Tell anything else, after the progress that was held back."""
        self._tell_held()
        self._send(kind, content)

    def log(self, record: logging.LogRecord, text: str) -> None:
        """Have the parent write to its log."""
        self._send("log", (record.name, record.levelno, text))

    def _tell_held(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._send("progress", held)

    def _send(self, kind: str, content: Any) -> None:
        with self._lock:
            self._outbox.send((kind, content))


class _LogRelay(logging.Handler):
    """Sends the child's log to the parent, whose file it belongs into."""

    def __init__(self, mouth: _Mouth) -> None:
        super().__init__()
        self._mouth = mouth

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        self._mouth.log(record, self.format(record))
