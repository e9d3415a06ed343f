"""Writes records in batches on a thread of its own, so that a slow disk delays no verdict.

A record is committed at most `BATCH_S` and one disk sync after its verdict, so a power cut may cost the evidence of the
parts of that moment. While records cannot be written, `submit` refuses, and the loop withholds its verdicts.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque

from inspector.errors import InspectorError, StationError
from inspector.station.inspection import Inspection
from inspector.station.records import Record, RecordStore, record_of

logger = logging.getLogger(__name__)

BATCH_S = 0.1
"""Seconds that a record may wait for others to share its commit."""
BATCH_SIZE = 500
RETRY_S = 1.0


class RecordWriter:
    """Implements `delivery.Recorder` for one run of a loop. `source` and `model_name` go into every record.

    `capacity` records may wait for the disk.
    """

    def __init__(self, store: RecordStore, source: str, model_name: str, capacity: int = 10_000) -> None:
        self._store = store
        self._source = source
        self._model_name = model_name
        self._capacity = capacity
        self._changed = threading.Condition()
        self._waiting: deque[Record] = deque()
        self._fault: InspectorError | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="inspector-recorder", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> InspectorError | None:
        """Why the records that wait cannot be written, or None while all is well."""
        with self._changed:
            return self._fault

    def submit(self, inspection: Inspection) -> None:
        """Take an inspection; never waits. Raises the disk's `StationError` or `records_behind`."""
        record = record_of(inspection, self._source, self._model_name)
        with self._changed:
            if self._fault is not None:
                raise self._fault
            if self._closed or len(self._waiting) >= self._capacity:
                raise StationError("records_behind", path=str(self._store.file), waiting=len(self._waiting))
            self._waiting.append(record)
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until everything taken so far is committed; False if that did not happen in `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Write what waits and end; False if some could not be written."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout)
        with self._changed:
            if self._waiting:
                logger.error("%d inspections were not recorded: %s", len(self._waiting), self._fault)
            return not self._waiting

    def _run(self) -> None:
        while batch := self._next_batch():
            if not self._write(batch):
                with self._changed:
                    if self._closed:
                        return
                    self._changed.wait_for(lambda: self._closed, RETRY_S)

    def _next_batch(self) -> list[Record]:
        """The oldest records once there are enough or they waited long enough; empty when closed and nothing waits.

        They stay in the queue until they are committed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            deadline = time.monotonic() + BATCH_S
            while len(self._waiting) < BATCH_SIZE and not self._closed and self._fault is None:
                if not self._changed.wait(deadline - time.monotonic()) or time.monotonic() >= deadline:
                    break
            return list(itertools.islice(self._waiting, BATCH_SIZE))

    def _write(self, batch: list[Record]) -> bool:
        fault: InspectorError | None = None
        try:
            self._store.add(batch)
        except InspectorError as error:
            logger.exception("inspections could not be recorded")
            fault = error
        with self._changed:
            self._fault = fault
            if fault is None:
                for _ in batch:
                    self._waiting.popleft()
            self._changed.notify_all()
        return fault is None
