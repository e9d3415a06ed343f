"""Pairings on Dask: on this computer by default, or on the workers of a scheduler that runs already.

Workers only wait: each pairing is a process of its own below its worker. A worker that Dask no longer wants to work on
a pairing, because it was cancelled or whoever asked is gone, ends that process. Dask is an optional extra.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import multiprocessing
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from inspector.errors import Cancelled, InspectorError
from inspector.jobs.pairing import BenchmarkRow, Pairing, Work, failed_row, perform
from inspector.messages import sentence
from inspector.tasks import CancelToken

logger = logging.getLogger(__name__)

News = Callable[[Pairing, str, int, int], None]
"""A pairing, its stage, how much of the stage is done, and of how much."""
Outcomes = Iterator[tuple[Pairing, BenchmarkRow]]

_POLL_SECONDS = 0.1
_NEWS_SECONDS = 0.25
_CONNECT_SECONDS = 10
_ALIVE = ("executing", "long-running")


def is_there() -> bool:
    """Whether Dask is installed."""
    return importlib.util.find_spec("distributed") is not None


def one_by_one(pairings: Sequence[Pairing], news: News, cancel: CancelToken, work: Work = perform) -> Outcomes:
    """Without Dask: each pairing after the other. Raises `Cancelled`."""
    for pairing in pairings:
        cancel.raise_if_cancelled()

        def tell(done: int, total: int, stage: str, value: float | None = None, pairing: Pairing = pairing) -> None:
            news(pairing, stage, done, total)

        yield pairing, work(pairing, tell, cancel)


def on_dask(
    pairings: Sequence[Pairing],
    news: News,
    cancel: CancelToken,
    *,
    scheduler: str | None = None,
    workers: int = 1,
    work: Work = perform,
) -> Outcomes:
    """Each pairing as it is done. Raises `Cancelled`; `InspectorError` `dask_missing`, `dask_unreachable`."""
    if not is_there():
        raise InspectorError("dask_missing")
    topic = f"inspector-{uuid.uuid4().hex}"
    by_key = {pairing.key: pairing for pairing in pairings}
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with _client(scheduler, workers) as client:
        client.subscribe_topic(topic, lambda event: _pass_on(event[1], by_key, news))
        futures = [
            client.submit(_on_worker, work, pairing, topic, key=f"{topic}-{pairing.key}") for pairing in pairings
        ]
        try:
            for future in futures:
                future.add_done_callback(done.put)
            for _ in futures:
                future = _next(done, cancel)
                pairing = by_key[future.key.rpartition("-")[2]]
                yield pairing, _outcome(future, pairing)
        finally:
            client.cancel(futures, force=True)
            client.unsubscribe_topic(topic)


def _next(done: queue.SimpleQueue[Any], cancel: CancelToken) -> Any:
    while True:
        cancel.raise_if_cancelled()
        with contextlib.suppress(queue.Empty):
            return done.get(timeout=_POLL_SECONDS)


def _outcome(future: Any, pairing: Pairing) -> BenchmarkRow:
    """The row; what a worker could not do, or took with it when it was lost, is a row with its problem."""
    try:
        row: BenchmarkRow = future.result()
    except InspectorError as error:
        return failed_row(pairing, sentence(error))
    except Exception as error:
        logger.exception("a worker failed")
        lost = InspectorError("dask_worker_failed", reason=f"{type(error).__name__}: {error}".splitlines()[0])
        return failed_row(pairing, sentence(lost))
    return row


def _pass_on(message: dict[str, Any], by_key: dict[str, Pairing], news: News) -> None:
    news(by_key[message["key"]], message["stage"], message["done"], message["total"])


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    import distributed

    dask: Any = distributed  # which declares the types of a few functions only
    if scheduler is not None:
        try:
            client = dask.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InspectorError("dask_unreachable", address=scheduler, reason=str(error).splitlines()[0]) from error
        with client:
            yield client
        return
    # Workers in this process end with it; what is heavy runs in the processes below them.
    with (
        dask.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            # Its scheduler answers by HTTP all the same: to this computer only, at any port, so that two can run.
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        dask.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _on_worker(work: Work, pairing: Pairing, topic: str) -> BenchmarkRow:
    """What a worker does: watch over one pairing, tell of it, and end it when nobody wants it any more."""
    from distributed import get_worker

    if multiprocessing.current_process().daemon:
        raise InspectorError("dask_worker_nanny")
    worker = get_worker()
    cancel, over = CancelToken(), threading.Event()
    watch = threading.Thread(
        target=_watch, args=(worker, worker.get_current_task(), cancel, over), name="inspector-watch", daemon=True
    )
    watch.start()
    told_at: dict[str, float] = {}

    def tell(done: int, total: int, stage: str, value: float | None = None) -> None:
        now = time.monotonic()
        if now - told_at.get(stage, -math.inf) > _NEWS_SECONDS:
            told_at[stage] = now
            worker.log_event(topic, {"key": pairing.key, "stage": stage, "done": done, "total": total})

    try:
        return work(pairing, tell, cancel)
    except Cancelled:
        return failed_row(pairing, "")  # nobody waits for it
    finally:
        over.set()
        watch.join()


def _watch(worker: Any, key: str, cancel: CancelToken, over: threading.Event) -> None:
    while not over.wait(_POLL_SECONDS):
        task = worker.state.tasks.get(key)
        if task is None or task.state not in _ALIVE:
            cancel.cancel()
