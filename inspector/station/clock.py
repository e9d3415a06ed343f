"""The clock of the inspection loop, so that tests can tell the time instead of waiting for it."""

from __future__ import annotations

import threading
import time


class Clock:
    """Monotonic seconds and interruptible waiting."""

    def now(self) -> float:
        """Seconds, comparable with `Frame.monotonic`."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set (True) or the seconds have passed (False)."""
        return event.wait(seconds)
