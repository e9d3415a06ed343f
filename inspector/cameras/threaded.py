"""The camera every driver shares: a device read in a thread of its own, so that no device can block its reader.

A live device is read without pause and only its newest picture kept: its buffers never hold old ones. Any other device
is read one picture ahead, which decodes while the one before is being judged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from inspector.cameras.base import Camera, CameraCapabilities, CameraSettings, CameraSource, EndOfSource
from inspector.cameras.device import Device, Picture
from inspector.errors import CameraError
from inspector.imaging.frame import Frame

LONGEST_PAUSE = 0.8
"""Share of the read timeout that pacing may take between two pictures."""
JOIN_TIMEOUT = 1.0
"""Seconds that closing waits for a blocked device before it is left to end by itself."""

OPEN_JOIN_TIMEOUT = 0.1
"""The same after opening failed: it has just ended, or has already been waited for."""

DeviceFactory = Callable[[CameraSource, CameraSettings], Device]


@dataclass(frozen=True, slots=True)
class _Grabbed:
    """A picture or what came instead of it, with the moment it was grabbed (wall clock, monotonic) and its number."""

    content: Picture | CameraError
    captured_at: datetime
    monotonic: float
    number: int


class _Pump:
    """One thread reading one opened device into a slot. `live`: a new picture replaces one that was not taken."""

    def __init__(self, device: Device, live: bool, open_timeout: float, read_timeout: float) -> None:
        self._device = device
        self._live = live
        self._open_timeout = open_timeout
        self._read_timeout = read_timeout
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._slot: _Grabbed | None = None
        self._ending: CameraError | EndOfSource | None = None
        self.in_force: CameraSettings | None = None
        self.thread = threading.Thread(target=self._run, name=f"inspector-grab-{device.source.kind}", daemon=True)

    @property
    def source(self) -> str:
        """What the device calls its source."""
        return self._device.name

    @property
    def stopped(self) -> bool:
        """True once `stop` was called."""
        return self._stop.is_set()

    def start(self) -> None:
        """Open the device and return when it is open. Raises `CameraError`."""
        self.thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self.in_force or self._ending or self.stopped, self._open_timeout)
            if self.in_force is None:
                raise self._failure("camera_open_timeout", self._open_timeout)

    def take(self, timeout: float) -> _Grabbed:
        """The slot's content, waiting for it. Raises `CameraError` or `EndOfSource`."""
        with self._changed:
            self._changed.wait_for(lambda: self._slot or self._ending or self.stopped, timeout)
            grabbed, self._slot = self._slot, None
            if grabbed is None or self.stopped:
                raise self._failure("camera_timeout", timeout)
            self._changed.notify_all()
        return grabbed

    def stop(self) -> None:
        """Ask the thread to end, and whoever waits to go; never blocks."""
        with self._changed:
            self._stop.set()
            self._slot = None
            self._changed.notify_all()

    def _failure(self, code: str, seconds: float) -> CameraError | EndOfSource:
        """Why there is nothing: the ending, as a new exception each time, or else the timeout."""
        source = self.source
        if self.stopped:
            return CameraError("camera_closed", source=source)
        if isinstance(self._ending, CameraError):
            return CameraError(self._ending.code, **self._ending.parameters)
        return EndOfSource() if self._ending else CameraError(code, source=source, seconds=f"{seconds:.3g}")

    def _run(self) -> None:
        """The thread. A bug in a driver ends it as a lost device, and shows as the thread's uncaught exception."""
        ending: CameraError | EndOfSource = CameraError("camera_lost", source=self.source)
        try:
            in_force = self._device.open(self._open_timeout, self._read_timeout)
            with self._changed:
                self.in_force = in_force
                self._changed.notify_all()
            self._read_until_stopped()
        except (CameraError, EndOfSource) as error:
            ending = error
        finally:
            self._device.close()
            with self._changed:
                self._ending = ending
                self._changed.notify_all()

    def _read_until_stopped(self) -> None:
        number, due = 0, 0.0
        while not self.stopped:
            grabbed = self._grab(number)
            if not self._live:
                due = self._wait_until_wanted(due)
            with self._changed:
                if not self.stopped:
                    self._slot = grabbed
                    self._changed.notify_all()
            number += isinstance(grabbed.content, Picture)

    def _grab(self, number: int) -> _Grabbed:
        """The time is taken between grabbing and decoding: that is when the part was where the picture shows it."""
        content: Picture | CameraError
        captured_at, monotonic = datetime.now(UTC), time.monotonic()
        try:
            self._device.grab(self._stop)
            captured_at, monotonic = datetime.now(UTC), time.monotonic()
            content = self._device.retrieve()
        except CameraError as error:
            if error.code != "camera_bad_frame":
                raise
            content = error
        return _Grabbed(content, captured_at, monotonic, number)

    def _wait_until_wanted(self, due: float) -> float:
        """Return when the slot is free and the pace allows it; the moment from which the next one is due. A short
        delay is made up for, a longer one moves the rhythm."""
        with self._changed:
            self._changed.wait_for(lambda: self._slot is None or self.stopped)
        self._stop.wait(max(0.0, due - time.monotonic()))
        pace, now = min(self._device.pace, LONGEST_PAUSE * self._read_timeout), time.monotonic()
        return (due if now - due < pace else now) + pace


class ThreadedCamera(Camera):
    """A `Camera` over any `Device`."""

    _abandoned: dict[CameraSource, threading.Thread] = {}  # noqa: RUF012 - shared on purpose, guarded by the lock
    _abandoned_lock = threading.Lock()

    def __init__(
        self,
        source: CameraSource,
        settings: CameraSettings | None = None,
        read_timeout: float = 2.0,
        *,
        device: DeviceFactory,
        capabilities: CameraCapabilities,
    ) -> None:
        super().__init__(source, settings, read_timeout)
        self._make_device = device
        self._capabilities = capabilities
        self._pump: _Pump | None = None

    def open(self) -> None:
        """See `Camera.open`. A device still blocked from an earlier opening is waited for first."""
        self.close()
        started = time.monotonic()
        self._await_abandoned()
        device = self._make_device(self.source, self.requested)
        remaining = self.open_timeout - (time.monotonic() - started)
        pump = self._pump = _Pump(device, self._capabilities.live, remaining, self.read_timeout)
        try:
            pump.start()
        except (CameraError, EndOfSource):
            self._let_go(OPEN_JOIN_TIMEOUT)
            raise

    def read(self) -> Frame:
        """See `Camera.read`. What is not live counts as captured when it is handed over."""
        pump = self._pump
        if pump is None:
            raise CameraError("camera_closed", source=str(self.source))
        grabbed = pump.take(self.read_timeout)
        if isinstance(grabbed.content, CameraError):
            raise CameraError(grabbed.content.code, **grabbed.content.parameters)
        live = self._capabilities.live
        captured_at = grabbed.captured_at if live else datetime.now(UTC)
        monotonic = grabbed.monotonic if live else time.monotonic()
        picture = grabbed.content
        return Frame(picture.pixels, captured_at, monotonic, grabbed.number, pump.source, picture.trigger_id)

    def close(self) -> None:
        """See `Camera.close`. Waits `JOIN_TIMEOUT` at most; a device blocked for longer is released when it returns."""
        self._let_go(min(JOIN_TIMEOUT, self.read_timeout))

    def _let_go(self, timeout: float) -> None:
        pump, self._pump = self._pump, None
        if pump is None:
            return
        pump.stop()
        pump.thread.join(timeout)
        if pump.thread.is_alive():
            with self._abandoned_lock:
                self._abandoned[self.source] = pump.thread

    def settings(self) -> CameraSettings:
        """See `Camera.settings`; what was asked for while not open."""
        pump = self._pump
        return (pump.in_force if pump else None) or self.requested

    def capabilities(self) -> CameraCapabilities:
        """See `Camera.capabilities`."""
        return self._capabilities

    def _await_abandoned(self) -> None:
        """Two openings of one device at once would fail as busy, and the reason would be hard to guess."""
        with self._abandoned_lock:
            thread = self._abandoned.pop(self.source, None)
        if thread is None:
            return
        thread.join(self.open_timeout)
        if thread.is_alive():
            with self._abandoned_lock:
                self._abandoned[self.source] = thread
            raise CameraError("camera_open_timeout", source=str(self.source), seconds=f"{self.open_timeout:.3g}")
