"""Work that `run_in_child` is tested with; a child process imports it by name."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import time
from pathlib import Path

from inspector.errors import DatasetError
from inspector.jobs.base import Job
from inspector.tasks import CancelToken, Progress


class PathJob(Job):
    """Work on one path."""

    path: Path

    def partial_outputs(self) -> list[Path]:
        return [self.path / "partial"]


def count(job: int, progress: Progress, cancel: CancelToken) -> dict[str, int]:
    """Count as fast as possible in two stages; the last of each has to arrive."""
    for done in range(job):
        progress(done, job + 1, "first", float(done))
    for done in range(job):
        progress(done, 0, "second")
    return {"counted": job, "process": os.getpid(), "priority": os.getpriority(os.PRIO_PROCESS, 0)}


def refuse(job: Path, progress: Progress, cancel: CancelToken) -> None:
    raise DatasetError("bundle_missing", path=job)


def break_down(job: str, progress: Progress, cancel: CancelToken) -> None:
    logging.getLogger("inspector.work").warning("about to divide by zero")
    raise ZeroDivisionError(job)


def run_out_of_memory(job: str, progress: Progress, cancel: CancelToken) -> None:
    if job == "python":
        raise MemoryError
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")


def be_killed(job: PathJob, progress: Progress, cancel: CancelToken) -> None:
    leave_traces(job)
    os.kill(os.getpid(), signal.SIGKILL)


def leave_traces(job: PathJob) -> Path:
    scratch = Path(tempfile.mkdtemp())
    (job.path / "partial").mkdir()
    (job.path / "partial" / "half").write_text("half")
    (job.path / "scratch.txt").write_text(str(scratch))
    return scratch


def answer_to_cancel(job: int, progress: Progress, cancel: CancelToken) -> None:
    progress(0, 0, "waiting")
    while True:
        cancel.raise_if_cancelled()
        time.sleep(0.01)


def ignore_cancel(job: PathJob, progress: Progress, cancel: CancelToken) -> None:
    leave_traces(job)
    progress(0, 0, "deaf")
    while True:
        time.sleep(1)


def return_the_impossible(job: int, progress: Progress, cancel: CancelToken) -> object:
    return lambda: job
