"""USB cameras and frame grabbers through the operating system's video interface."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from inspector.cameras.base import CameraCapabilities, CameraInfo, CameraSettings, CameraSource
from inspector.cameras.opencv import CaptureDevice
from inspector.errors import CameraError

BACKENDS = {
    "win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW),
    "darwin": (cv2.CAP_AVFOUNDATION,),
    "linux": (cv2.CAP_V4L2,),
}
GOOD_FPS = 12.0
"""A backend that reaches it is taken without trying the next."""
PROBE_SECONDS = 0.6
PROBED_INDICES = 4
PROBE_LIMIT = 4.0
"""Seconds that listing may take where cameras can only be found by opening them."""

Opener = Callable[[int | str, int], cv2.VideoCapture]


def _open(address: int | str, backend: int) -> cv2.VideoCapture:
    return cv2.VideoCapture(address, backend)


PLATFORM: str = sys.platform
_remembered: dict[str, int] = {}
"""Address to the backend that worked, for as long as the program runs."""


class UsbDevice(CaptureDevice):
    """One camera, by index or (Linux) by path such as `/dev/v4l/by-id/…`, which survives replugging.

    Windows has two interfaces: Media Foundation, slow to open with some cameras, and DirectShow, slow to deliver with
    others. Both are tried, and the better one remembered for each camera.
    """

    def __init__(
        self,
        source: CameraSource,
        requested: CameraSettings,
        opener: Opener = _open,
        backends: tuple[int, ...] = BACKENDS.get(PLATFORM, BACKENDS["linux"]),
    ) -> None:
        super().__init__(source, requested)
        self._opener = opener
        self._backends = backends
        self._backend = backends[0]

    @classmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        """See `Device.capabilities`. Raises `CameraError` (`camera_address`)."""
        if not source.address.isdecimal() and not source.address.startswith("/dev/"):
            raise CameraError("camera_address", source=str(source), reason="it must be a number such as 0 or 1")
        return CameraCapabilities(live=True, finite=False, settings=("width", "height", "fps", "exposure", "gain"))

    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        """See `Device.open`."""
        address = self.source.address
        self._backend = _remembered.get(address) or self._best_backend()
        capture = self._start(self._backend)
        if not capture.isOpened():
            raise self._absent()
        in_force = self._accept(capture, "it does not deliver pictures")
        _remembered[address] = self._backend
        return in_force

    def close(self) -> None:
        """See `Device.close`. A backend that delivered nothing is not remembered."""
        super().close()
        if self._size is None:
            _remembered.pop(self.source.address, None)

    def _best_backend(self) -> int:
        """The first that is fast enough, else the fastest. Raises `CameraError`."""
        if len(self._backends) == 1:
            return self._backends[0]
        rates: dict[int, float] = {}
        for backend in self._backends:
            rates[backend] = self._rate(backend)
            if rates[backend] >= GOOD_FPS:
                return backend
        best = max(rates, key=lambda backend: rates[backend])
        if rates[best] == 0:
            raise self._absent()
        return best

    def _absent(self) -> CameraError:
        """Not opened: Linux tells whether the device is there at all."""
        address = self.source.address
        node = Path(f"/dev/video{address}" if address.isdecimal() else address)
        if PLATFORM == "linux" and not node.exists():
            return self.error("camera_not_found")
        return self.error("camera_open_failed", reason="no camera answers there")

    def _rate(self, backend: int) -> float:
        """Frames per second over a short while after the first; 0 when it does not deliver."""
        capture = self._start(backend)
        try:
            if not capture.isOpened() or not capture.grab():
                return 0.0
            started, frames = time.monotonic(), 0
            while time.monotonic() - started < PROBE_SECONDS and capture.grab():
                frames += 1
            return frames / (time.monotonic() - started)
        finally:
            capture.release()

    def _start(self, backend: int) -> cv2.VideoCapture:
        """Open and ask for the settings, in the order in which drivers accept them.

        Above VGA most cameras reach their rate with Motion JPEG only, so it is asked for with size or rate.
        """
        address = self.source.address
        capture = self._opener(int(address) if address.isdecimal() else address, backend)
        if not capture.isOpened():
            return capture
        asked = self.requested
        if asked.width or asked.height or asked.fps:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        if asked.exposure and backend == cv2.CAP_V4L2:
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, 1)  # manual; the other backends switch with the value itself
        wanted = {
            cv2.CAP_PROP_FRAME_WIDTH: asked.width,
            cv2.CAP_PROP_FRAME_HEIGHT: asked.height,
            cv2.CAP_PROP_FPS: asked.fps,
            cv2.CAP_PROP_EXPOSURE: exposure_to_device(asked.exposure, backend) if asked.exposure else None,
            cv2.CAP_PROP_GAIN: asked.gain,
        }
        for name, value in wanted.items():
            if value is not None:
                capture.set(name, value)
        return capture

    def _in_force(self, capture: cv2.VideoCapture) -> CameraSettings:
        basic = super()._in_force(capture)
        exposure = capture.get(cv2.CAP_PROP_EXPOSURE)
        gain = capture.get(cv2.CAP_PROP_GAIN)
        return CameraSettings(
            width=basic.width,
            height=basic.height,
            fps=basic.fps,
            exposure=exposure_from_device(exposure, self._backend),
            gain=gain if gain >= 0 else None,
        )


def exposure_to_device(seconds: float, backend: int) -> float:
    """Video4Linux counts in 100 µs, the Windows interfaces in whole powers of two of a second."""
    return float(round(seconds * 1e4) if backend == cv2.CAP_V4L2 else round(math.log2(seconds)))


def exposure_from_device(value: float, backend: int) -> float | None:
    """Seconds, or None where the device does not tell."""
    if backend == cv2.CAP_V4L2:
        return value / 1e4 if value > 0 else None
    return 2.0**value if -20 <= value < 0 else None


def list_usb_cameras() -> list[CameraInfo]:
    """The cameras that are there; never hangs and prints nothing."""
    if PLATFORM in ("win32", "darwin"):
        return list_by_opening(_open, BACKENDS[PLATFORM][-1])
    return list_video4linux(Path("/sys/class/video4linux"))


def list_video4linux(folder: Path) -> list[CameraInfo]:
    """From the kernel's list, without touching the devices; the first node of each is the one with pictures."""
    found = []
    for node in sorted(folder.glob("video*"), key=lambda node: (len(node.name), node.name)):
        if _text(node / "index") == "0":
            address = node.name.removeprefix("video")
            found.append(CameraInfo(CameraSource("usb", address), _text(node / "name") or f"USB {address}"))
    return found


def _text(file: Path) -> str:
    """A kernel attribute; empty when the device went away meanwhile."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def list_by_opening(opener: Opener, backend: int) -> list[CameraInfo]:
    """Open one index after the other in a thread that is not waited for longer than `PROBE_LIMIT`."""
    found: list[CameraInfo] = []

    def probe() -> None:
        for index in range(PROBED_INDICES):
            capture = opener(index, backend)
            opened = capture.isOpened()
            capture.release()
            if opened:
                found.append(CameraInfo(CameraSource("usb", str(index)), f"USB {index}"))

    thread = threading.Thread(target=probe, name="inspector-grab-list", daemon=True)
    thread.start()
    thread.join(PROBE_LIMIT)
    return list(found)
