"""How inspections reach those who look at them: each has a thread and a bounded queue, and none delays a verdict."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Protocol

from inspector.station.inspection import Inspection
from inspector.station.status import LoopStatus

logger = logging.getLogger(__name__)

STATUS_LIMIT = 64


class Listener(Protocol):
    """Receives what the loop does, on a delivery thread of its own. It may be slow: it then misses inspections (the
    oldest waiting ones), never the newest, and never a change of status."""

    def inspected(self, inspection: Inspection) -> None:
        """One more part was judged, or could not be."""

    def status_changed(self, status: LoopStatus) -> None:
        """The loop's state, fault or next attempt changed."""


class Recorder(Protocol):
    """Keeps evidence. Unlike a listener it is asked before the verdict is given and may not lose anything."""

    def submit(self, inspection: Inspection) -> None:
        """Take the inspection for recording, without blocking. Raises `InspectorError` if it cannot be taken; the
        loop then withholds the verdict: the part is NOT_INSPECTED."""


class Delivery:
    """One listener's queue and thread. `dropped` counts the inspections it was too slow for."""

    def __init__(self, listener: Listener, name: str, capacity: int) -> None:
        self._listener = listener
        self._changed = threading.Condition()
        self._inspections: deque[tuple[int, Inspection]] = deque(maxlen=capacity)
        self._statuses: deque[tuple[int, LoopStatus]] = deque(maxlen=STATUS_LIMIT)
        self._order = 0
        self._closed = False
        self._failing = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name=f"inspector-delivery-{name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def inspection(self, inspection: Inspection) -> None:
        """Queue an inspection; never blocks."""
        with self._changed:
            self.dropped += len(self._inspections) == self._inspections.maxlen
            self._order += 1
            self._inspections.append((self._order, inspection))
            self._changed.notify()

    def status(self, status: LoopStatus) -> None:
        """Queue a status; never blocks."""
        with self._changed:
            self._order += 1
            self._statuses.append((self._order, status))
            self._changed.notify()

    def close(self) -> None:
        """Deliver what is queued, then end."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def join(self, deadline: float) -> bool:
        """Wait for the end until `deadline` (`time.monotonic()`); False if the listener still holds the thread."""
        self._thread.join(max(deadline - time.monotonic(), 0.0))
        if self._thread.is_alive():
            logger.error("a listener of the inspection loop held its thread: %s", self._thread.name)
        return not self._thread.is_alive()

    def _next(self) -> Inspection | LoopStatus | None:
        """The oldest item in the order of arrival, waiting for one; None when closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._inspections or self._statuses or self._closed)
            queues = [queue for queue in (self._inspections, self._statuses) if queue]
            return min(queues, key=lambda queue: queue[0][0]).popleft()[1] if queues else None

    def _run(self) -> None:
        while (item := self._next()) is not None:
            try:
                self._hand_over(item)
                self._failing = False
            except Exception:  # the last line of defence between a listener and the verdicts
                if not self._failing:  # once, not for every part
                    logger.exception("a listener of the inspection loop failed")
                self._failing = True

    def _hand_over(self, item: Inspection | LoopStatus) -> None:
        if isinstance(item, Inspection):
            self._listener.inspected(item)
        else:
            self._listener.status_changed(item)
