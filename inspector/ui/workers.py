"""Work outside the window's thread: long work in a QThread, and queues of short jobs.

Long work reports: started, progress, then exactly one of result, failed, cancelled, then finished.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from inspector.errors import Cancelled, InspectorError
from inspector.tasks import CancelToken, Progress

logger = logging.getLogger(__name__)

Task = Callable[[Progress, CancelToken], Any]


class _Worker(QObject):
    """Lives in the thread and runs the task once."""

    started = Signal()
    progress = Signal(int, int, str, object)
    result = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    finished = Signal()

    def __init__(self, task: Task, token: CancelToken) -> None:
        super().__init__()
        self._task = task
        self._token = token

    @Slot()
    def run(self) -> None:
        self.started.emit()
        try:
            outcome = self._task(self._report, self._token)
        except Cancelled:
            self.cancelled.emit()
        except InspectorError as error:
            self.failed.emit(error)
        except Exception as error:
            logger.exception("task failed")
            self.failed.emit(error)
        else:
            self.result.emit(outcome)
        finally:
            self.finished.emit()

    def _report(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        self.progress.emit(done, total, stage, value)


class TaskRunner(QObject):
    """Runs one task at a time in a thread of its own; signals arrive in the thread this object lives in.

    `failed` carries an `InspectorError` (tell the person) or any other exception (a bug: crash dialog). Owners call
    `stop` before they go away; it cancels and waits.
    """

    started = Signal()
    progress = Signal(int, int, str, object)
    result = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: QThread | None = None
        self._worker: _Worker | None = None
        self._token = CancelToken()

    @property
    def running(self) -> bool:
        """True from `start` until `finished`."""
        return self._thread is not None

    def start(self, task: Task) -> None:
        """Begin; raises RuntimeError if a task is running."""
        if self.running:
            raise RuntimeError("a task is running already")
        self._token = CancelToken()
        self._thread = QThread()
        self._worker = _Worker(task, self._token)
        self._worker.moveToThread(self._thread)
        for name in ("started", "progress", "result", "failed", "cancelled"):
            getattr(self._worker, name).connect(getattr(self, name))
        self._worker.finished.connect(self._end)
        self._thread.started.connect(self._worker.run)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the task to stop; `cancelled` follows."""
        self._token.cancel()

    def stop(self, timeout_ms: int = 10_000) -> None:
        """Cancel and wait for the thread to end, for closing; queued signals are not delivered any more."""
        self._token.cancel()
        if self._thread is not None and self._worker is not None:
            self._worker.disconnect(self)
            self._thread.quit()
            if not self._thread.wait(timeout_ms):
                logger.error("a task did not answer to cancel within %d ms", timeout_ms)
            self._release()

    @Slot()
    def _end(self) -> None:
        if self._thread is None:
            return
        self._thread.quit()
        self._thread.wait()
        self._release()
        self.finished.emit()

    def _release(self) -> None:
        self._thread = None
        self._worker = None


class JobQueue(QObject):
    """Short jobs in background threads; `done` and `failed` arrive in the thread this object lives in.

    With one thread, jobs run strictly in the order they were submitted, which is how a project is written to. With
    `newest_first` and a `limit` it suits pictures for what is in view: the oldest wishes beyond the limit are dropped.
    """

    done = Signal(object, object)
    """Key and outcome."""
    failed = Signal(object, object)
    """Key and exception."""

    def __init__(
        self,
        name: str,
        parent: QObject | None = None,
        *,
        threads: int = 1,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"inspector-{name}")
        self._newest_first = newest_first
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Hashable, Callable[[], Any]] = OrderedDict()

    def submit(self, key: Hashable, job: Callable[[], Any]) -> None:
        """Run a job soon; one with the same key that still waits is replaced and moves to the end."""
        with self._lock:
            known = self._waiting.pop(key, None) is not None
            self._waiting[key] = job
            if self._limit is not None and len(self._waiting) > self._limit:
                self._waiting.popitem(last=False)
        if not known:
            self._pool.submit(self._run_next)

    def clear(self) -> None:
        """Forget jobs that still wait."""
        with self._lock:
            self._waiting.clear()

    def wait(self) -> None:
        """Block until every job submitted to a queue of one thread is done; what they signal still arrives later."""
        self._pool.submit(_nothing).result()

    def close(self) -> None:
        """Finish what waits, then end the threads; signals are not delivered any more."""
        self.blockSignals(True)
        self._pool.shutdown(wait=True)

    def _run_next(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            key, job = self._waiting.popitem(last=self._newest_first)
        try:
            outcome = job()
        except InspectorError as error:
            self.failed.emit(key, error)
        except Exception as error:
            logger.exception("job %r failed", key)
            self.failed.emit(key, error)
        else:
            self.done.emit(key, outcome)


def _nothing() -> None:
    """The last in the line."""
