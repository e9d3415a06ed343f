"""Long work and short jobs outside the window's thread, and what is shown of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from inspector.errors import TrainingError
from inspector.tasks import CancelToken, Progress, no_progress
from inspector.ui.estimate import Estimate
from inspector.ui.throttle import Throttle
from inspector.ui.widgets.progress_strip import ProgressStrip
from inspector.ui.workers import JobQueue, TaskRunner


class Notes:
    """The order in which a runner's signals came."""

    def __init__(self, runner: TaskRunner) -> None:
        self.names: list[str] = []
        self.values: list[object] = []
        runner.started.connect(self.started)
        runner.result.connect(self.result)
        runner.failed.connect(self.failed)
        runner.cancelled.connect(self.cancelled)
        runner.finished.connect(self.finished)

    def started(self) -> None:
        self.names.append("started")

    def result(self, value: object) -> None:
        self.names.append("result")
        self.values.append(value)

    def failed(self, error: object) -> None:
        self.names.append("failed")
        self.values.append(error)

    def cancelled(self) -> None:
        self.names.append("cancelled")

    def finished(self) -> None:
        self.names.append("finished")


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.stop()


def until_cancelled(progress: Progress, cancel: CancelToken) -> None:
    progress(1, 10, "loading")
    while True:
        cancel.raise_if_cancelled()
        threading.Event().wait(0.005)


def fail(progress: Progress, cancel: CancelToken) -> None:
    raise TrainingError("training_no_good", dataset="washers")


def test_success_is_started_result_finished(runner: TaskRunner, qtbot: QtBot) -> None:
    notes = Notes(runner)
    with qtbot.waitSignal(runner.finished):
        runner.start(lambda progress, cancel: QThread.currentThread())
    assert notes.names == ["started", "result", "finished"]
    assert notes.values[0] is not QThread.currentThread()
    assert not runner.running


def test_failure_carries_the_error(runner: TaskRunner, qtbot: QtBot) -> None:
    notes = Notes(runner)
    with qtbot.waitSignal(runner.finished):
        runner.start(fail)
    assert notes.names == ["started", "failed", "finished"]
    assert isinstance(notes.values[0], TrainingError)


def test_cancel_is_answered_and_another_task_can_follow(runner: TaskRunner, qtbot: QtBot) -> None:
    notes = Notes(runner)
    with qtbot.waitSignal(runner.progress):
        runner.start(until_cancelled)
    with pytest.raises(RuntimeError):
        runner.start(fail)
    with qtbot.waitSignal(runner.finished, timeout=1000):
        runner.cancel()
    assert notes.names == ["started", "cancelled", "finished"]
    with qtbot.waitSignal(runner.result):
        runner.start(lambda progress, cancel: 7)


def test_stop_waits_and_tells_nothing_more(runner: TaskRunner, qtbot: QtBot) -> None:
    with qtbot.waitSignal(runner.progress):
        runner.start(until_cancelled)
    notes = Notes(runner)
    runner.stop()
    qtbot.wait(20)
    assert notes.names == []
    assert not runner.running


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    made = JobQueue("test")
    yield made
    made.close()


def test_jobs_of_one_thread_keep_their_order(queue: JobQueue, qtbot: QtBot) -> None:
    ran: list[int] = []
    for number in range(50):
        queue.submit(number, lambda number=number: ran.append(number))
    queue.wait()
    assert ran == list(range(50))


def test_a_failure_is_told_and_the_queue_goes_on(queue: JobQueue, qtbot: QtBot) -> None:
    told: list[tuple[object, object]] = []
    queue.failed.connect(lambda *news: told.append(news))
    queue.done.connect(lambda *news: told.append(news))
    queue.submit("bad", lambda: fail(no_progress, CancelToken()))
    queue.submit("good", lambda: 3)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told[0][0] == "bad"
    assert isinstance(told[0][1], TrainingError)
    assert told[1] == ("good", 3)


def test_only_the_newest_wishes_are_met(qtbot: QtBot) -> None:
    queue = JobQueue("wishes", newest_first=True, limit=3)
    gate, ran = threading.Event(), []
    begun = threading.Event()
    queue.submit("first", lambda: (begun.set(), gate.wait()))
    begun.wait(5)
    for number in (*range(10), 8):
        queue.submit(number, lambda number=number: ran.append(number))
    gate.set()
    queue.close()
    assert ran == [8, 9, 7]


def test_closing_finishes_what_was_asked_for(qtbot: QtBot) -> None:
    queue, ran = JobQueue("closing"), []
    for number in range(20):
        queue.submit(number, lambda number=number: ran.append(number))
    queue.close()
    assert len(ran) == 20


def test_throttle_passes_the_first_at_once_and_the_last_in_the_end(qtbot: QtBot) -> None:
    throttle, passed = Throttle(50), []
    throttle.ready.connect(passed.append)
    for number in range(1000):
        throttle.submit(number)
    assert passed == [0]
    qtbot.waitUntil(lambda: not throttle.pending)
    assert passed == [0, 999]


def test_a_dropped_value_never_comes(qtbot: QtBot) -> None:
    throttle, passed = Throttle(10), []
    throttle.ready.connect(passed.append)
    throttle.submit(1)
    throttle.submit(2)
    throttle.drop()
    qtbot.wait(30)
    assert passed == [1]


@given(rate=st.floats(0.5, 1000), total=st.integers(100, 10_000))
def test_a_steady_rate_is_extrapolated(rate: float, total: int) -> None:
    estimate, left = Estimate(), None
    steps = total // 2
    for done in range(0, steps + 1, max(steps // 50, 1)):
        left = estimate.update(done / rate, "coreset", done, total)
    if done / rate >= 1.0:
        assert left == pytest.approx((total - done) / rate, rel=0.01)


def test_nothing_is_claimed_without_a_total_or_a_step() -> None:
    estimate = Estimate()
    assert [estimate.update(second, "loading", second, 0) for second in range(5)] == [None] * 5
    assert [estimate.update(second, "coreset", 0, 10) for second in range(5)] == [None] * 5


def test_the_strip_follows_its_runner(runner: TaskRunner, qtbot: QtBot) -> None:
    strip = ProgressStrip(runner)
    qtbot.addWidget(strip)
    assert not strip.isVisible()
    with qtbot.waitSignal(runner.progress):
        runner.start(until_cancelled)
    assert strip.isVisible()
    with qtbot.waitSignal(runner.cancelled, timeout=1000):
        strip.cancel_button.click()
    qtbot.waitUntil(lambda: not strip.isVisible())
