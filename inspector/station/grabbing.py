"""The grab thread's work: open the source, read it, and open it again after a fault, until stopped or at its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from inspector.cameras.base import Camera, EndOfSource
from inspector.errors import CameraError, InspectorError, StationError
from inspector.imaging.frame import Frame
from inspector.station.clock import Clock
from inspector.station.guards import Backoff, FreezeGuard

logger = logging.getLogger(__name__)

HOPELESS = ("camera_address",)
"""Faults that no second attempt cures."""
WAIT = 0.2
"""Seconds between looks at the stop signal while a source waits for its next frame to be wanted."""


@dataclass(frozen=True, slots=True)
class GrabLimits:
    """`first_delay` and `longest_delay` (seconds) bound the back-off between attempts to open. A live source that
    gives the same bytes `frozen_after` times is frozen; one that gives `bad_frames` unusable frames in a row is opened
    again."""

    first_delay: float = 0.5
    longest_delay: float = 10.0
    frozen_after: int = 5
    bad_frames: int = 5


class FrameSink(Protocol):
    """What the grab thread tells the loop."""

    def source_open(self, live: bool) -> None:
        """The source was opened, for the first time or again."""

    def wait_until_wanted(self, timeout: float) -> bool:
        """Sources that are not live are read only when this says True."""

    def frame_read(self, frame: Frame, live: bool) -> None:
        """A usable frame."""

    def frame_refused(self, frame: Frame | None, fault: InspectorError) -> None:
        """A frame that must not be judged; reading goes on."""

    def source_lost(self, frame: Frame | None, fault: InspectorError, retry_at: float) -> None:
        """The source was closed and is opened again at `retry_at` (monotonic seconds)."""


class Grabber:
    """Reads one source. A frame that is identical again and again never reaches `frame_read`."""

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        sink: FrameSink,
        stop: threading.Event,
        clock: Clock,
        limits: GrabLimits | None = None,
    ) -> None:
        self._open_camera = open_camera
        self._sink = sink
        self._stop = stop
        self._clock = clock
        self._limits = limits or GrabLimits()
        self._backoff = Backoff(self._limits.first_delay, self._limits.longest_delay)
        self._freeze = FreezeGuard(self._limits.frozen_after)
        self._bad = 0
        self._camera: Camera | None = None

    def interrupt(self) -> None:
        """End a call of the camera that waits; for stopping, from another thread."""
        camera = self._camera
        if camera is not None:
            camera.close()

    def run(self) -> None:
        """Return when stopped or at the end of a finite source. Raises `CameraError` when no attempt can help."""
        while not self._stop.is_set():
            try:
                self._read_source()
            except EndOfSource:
                return
            except _Lost as lost:
                if self._stop.is_set():
                    return  # closed under its reader by `interrupt`
                if lost.fault.code in HOPELESS:
                    raise lost.fault from None
                delay = self._backoff.next()
                logger.warning("source lost: %s; next attempt in %.1f s", lost.fault, delay)
                self._sink.source_lost(lost.frame, lost.fault, self._clock.now() + delay)
                self._clock.wait(self._stop, delay)

    def _read_source(self) -> None:
        try:
            camera = self._open_camera()
        except CameraError as error:
            raise _Lost(error) from error
        self._camera = camera
        try:
            camera.open()
            live = camera.capabilities().live
            if not self._stop.is_set():
                self._sink.source_open(live)
            while not self._stop.is_set():
                if live or self._sink.wait_until_wanted(WAIT):
                    self._read_frame(camera, live)
        except CameraError as error:
            raise _Lost(error) from error
        finally:
            self._camera = None
            camera.close()

    def _read_frame(self, camera: Camera, live: bool) -> None:
        try:
            frame = camera.read()
        except CameraError as error:
            self._forgive(error, live)
            return
        self._bad = 0
        if live and self._freeze.frozen(frame.pixels):
            raise _Lost(StationError("camera_frozen", source=frame.source, frames=self._limits.frozen_after), frame)
        self._backoff.reset()
        self._sink.frame_read(frame, live)

    def _forgive(self, error: CameraError, live: bool) -> None:
        """Go on after an error that the source outlives; any other is raised again."""
        if error.code == "camera_timeout" and not live:
            return  # a folder or a line at rest has nothing to show yet
        self._bad += 1
        # Opening a folder again would deliver its files once more: only a live source is opened again for bad frames.
        if error.code != "camera_bad_frame" or (live and self._bad >= self._limits.bad_frames):
            self._bad = 0
            raise error
        self._sink.frame_refused(None, error)


class _Lost(Exception):  # noqa: N818 - carries the fault to the one place that opens the source again
    def __init__(self, fault: InspectorError, frame: Frame | None = None) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.frame = frame
