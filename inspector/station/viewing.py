"""How the picture of a live source reaches a person at the source's own rate, whether or not it is judged."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from inspector.imaging.frame import Frame
from inspector.station.mailbox import Mailbox

logger = logging.getLogger(__name__)


class Viewer(Protocol):
    """Watches a live source on a thread of its own. It may be slow: it then misses frames, never the newest."""

    def frame_seen(self, frame: Frame) -> None:
        """The newest frame of the source, which may never be judged; its pixels are not to be written into."""


class Viewing:
    """The viewer's slot and thread: neither the grab thread nor the engine ever waits for it."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._slot: Mailbox[Frame] = Mailbox()
        self._thread = threading.Thread(target=self._run, name="inspector-viewing", daemon=True)

    def start(self) -> None:
        """Begin to show."""
        self._thread.start()

    def offer(self, frame: Frame) -> None:
        """Leave the newest frame; never blocks."""
        self._slot.put(frame)

    def end(self, deadline: float) -> bool:
        """Show nothing more; wait for the thread until `deadline` (`time.monotonic()`). False if the viewer still
        holds it."""
        self._slot.clear()
        self._slot.close()
        if self._thread.ident is not None:
            self._thread.join(max(deadline - time.monotonic(), 0.0))
        if self._thread.is_alive():
            logger.error("the viewer of the inspection loop held its thread")
        return not self._thread.is_alive()

    def _run(self) -> None:
        failing = False
        while (frame := self._slot.get()) is not None:
            try:
                self._viewer.frame_seen(frame)
                failing = False
            except Exception:  # the last line of defence between a viewer and the station
                if not failing:  # once, not for every frame
                    logger.exception("the viewer of the inspection loop failed")
                failing = True
