"""Work in a child process: what it returns, tells and raises, and what is left of it afterwards."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from inspector.errors import Cancelled, DatasetError, InspectorError, TrainingError
from inspector.jobs.process import UnexpectedError, run_in_child
from inspector.tasks import CancelToken, no_progress
from tests.support import child_work
from tests.support.child_work import PathJob


def test_returns_result_and_the_last_progress_of_every_stage() -> None:
    told: list[tuple[int, int, str, float | None]] = []
    found = run_in_child(child_work.count, 20_000, lambda *item: told.append(item), CancelToken())
    assert found["counted"] == 20_000
    assert found["process"] != os.getpid()
    assert (19_999, 20_001, "first", 19_999.0) in told
    assert told[-1] == (19_999, 0, "second", None)
    assert len(told) < 2_000
    assert [item[2] for item in told] == sorted(item[2] for item in told)


@pytest.mark.skipif(os.name == "nt", reason="POSIX priorities")
def test_runs_at_low_priority_only_in_the_background() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert run_in_child(child_work.count, 1, no_progress, CancelToken())["priority"] > own
    assert run_in_child(child_work.count, 1, no_progress, CancelToken(), background=False)["priority"] == own


def test_expected_errors_come_back_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        run_in_child(child_work.refuse, tmp_path, no_progress, CancelToken())
    assert caught.value.code == "bundle_missing"
    assert caught.value.parameters == {"path": tmp_path}


def test_unexpected_errors_bring_their_traceback_and_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(UnexpectedError, match="ZeroDivisionError: 7") as caught:
        run_in_child(child_work.break_down, "7", no_progress, CancelToken())
    assert "break_down" in caught.value.__notes__[0]
    assert "break_down" in caplog.text
    assert ("inspector.work", logging.WARNING, "about to divide by zero") in caplog.record_tuples


def test_a_result_that_cannot_be_sent_is_our_bug() -> None:
    with pytest.raises(UnexpectedError):
        run_in_child(child_work.return_the_impossible, 1, no_progress, CancelToken())


@pytest.mark.parametrize("library", ["python", "torch"])
def test_out_of_memory_is_told_as_such(library: str) -> None:
    with pytest.raises(InspectorError) as caught:
        run_in_child(child_work.run_out_of_memory, library, no_progress, CancelToken())
    assert caught.value.code == "out_of_memory"


def assert_nothing_is_left(folder: Path) -> None:
    assert not (folder / "partial").exists()
    assert not Path((folder / "scratch.txt").read_text()).exists()
    assert not psutil.Process().children()[1:]  # one is multiprocessing's resource tracker


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_child_is_told_and_cleaned_up(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        run_in_child(child_work.be_killed, PathJob(path=tmp_path), no_progress, CancelToken())
    assert caught.value.code == "child_killed"
    assert caught.value.parameters["exit_code"] == -signal.SIGKILL
    assert_nothing_is_left(tmp_path)


class CancelAtProgress:
    """Cancels as soon as the child says anything, and notes when."""

    def __init__(self) -> None:
        self.token = CancelToken()
        self.asked_at = 0.0

    def __call__(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        self.asked_at = time.monotonic()
        self.token.cancel()


def test_cancel_is_passed_on() -> None:
    canceller = CancelAtProgress()
    with pytest.raises(Cancelled):
        run_in_child(child_work.answer_to_cancel, 1, canceller, canceller.token)
    assert time.monotonic() - canceller.asked_at < 1


def test_a_child_that_ignores_cancel_is_killed_within_a_second(tmp_path: Path) -> None:
    canceller = CancelAtProgress()
    with pytest.raises(Cancelled):
        run_in_child(child_work.ignore_cancel, PathJob(path=tmp_path), canceller, canceller.token)
    assert time.monotonic() - canceller.asked_at < 1
    assert_nothing_is_left(tmp_path)


PARENT = """
import os, sys
from inspector.jobs.process import run_in_child
from inspector.tasks import CancelToken
from tests.support.child_work import PathJob, ignore_cancel
import psutil
def tell(*_):
    print(*(child.pid for child in psutil.Process().children()), flush=True)
if __name__ == "__main__":
    run_in_child(ignore_cancel, PathJob(path=sys.argv[1]), tell, CancelToken())
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert children
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]
