"""What all sources behind `cv2.VideoCapture` share, and network streams (RTSP, HTTP) through FFMPEG."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

import cv2

from inspector.cameras.base import CameraCapabilities, CameraSettings, CameraSource, EndOfSource
from inspector.cameras.device import Device, Picture
from inspector.errors import CameraError

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "tcp", "srt")
READ_MARGIN = 1.5
"""A stream is given up by FFMPEG after this many read timeouts, so that a reader first hears of a mere pause."""


class CaptureDevice(Device):
    """One `cv2.VideoCapture`, which its first picture has shown to work. All pictures have the size of the first."""

    def __init__(self, source: CameraSource, requested: CameraSettings) -> None:
        super().__init__(source, requested)
        self._capture: cv2.VideoCapture | None = None
        self._first_waits = False
        self._size: tuple[int, int] | None = None

    def grab(self, stop: threading.Event) -> None:
        """See `Device.grab`."""
        if self._first_waits:
            self._first_waits = False
        elif self._capture is None or not self._capture.grab():
            raise self._ended()

    def retrieve(self) -> Picture:
        """See `Device.retrieve`."""
        if self._capture is None:
            raise self.error("camera_closed")
        try:
            _, delivered = self._capture.retrieve()
        except cv2.error as error:
            raise self.error("camera_bad_frame", reason=str(error.err)) from error
        pixels = self.to_bgr(delivered)
        size = pixels.shape[1], pixels.shape[0]
        self._size = self._size or size
        if size != self._size:
            reason = f"its size changed from {self._size[0]}×{self._size[1]} to {size[0]}×{size[1]}"
            raise self.error("camera_bad_frame", reason=reason)
        return Picture(pixels)

    def close(self) -> None:
        """See `Device.close`."""
        if self._capture is not None:
            self._capture.release()

    def _accept(self, capture: cv2.VideoCapture, reason: str) -> CameraSettings:
        """Keep an opened capture if it delivers. Raises `CameraError` with the reason why it cannot be used."""
        self._capture = capture
        if not capture.isOpened() or not capture.grab():
            raise self.error("camera_open_failed", reason=reason)
        self._first_waits = True
        return self._in_force(capture)

    def _in_force(self, capture: cv2.VideoCapture) -> CameraSettings:
        """Size and rate as the capture tells them."""
        width, height = (int(capture.get(name)) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        fps = capture.get(cv2.CAP_PROP_FPS)
        return CameraSettings(width=width or None, height=height or None, fps=fps if fps > 0 else None)

    def _ended(self) -> CameraError | EndOfSource:
        """What it means that no picture came."""
        return self.error("camera_lost")


class UrlDevice(CaptureDevice):
    """A network camera or stream."""

    @classmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        """See `Device.capabilities`. Raises `CameraError` (`camera_address`)."""
        try:
            parts = urlsplit(source.address)
            usable = parts.scheme in STREAM_SCHEMES and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            reason = f"it must be a URL that starts with one of {', '.join(STREAM_SCHEMES)}"
            raise CameraError("camera_address", source=str(source), reason=reason)
        return CameraCapabilities(live=True, finite=False)

    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        """See `Device.open`."""
        limits = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: open_timeout,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: READ_MARGIN * read_timeout,
        }
        options = [number for name, seconds in limits.items() for number in (name, int(1000 * seconds))]
        started = time.monotonic()
        capture = cv2.VideoCapture(self.source.address, cv2.CAP_FFMPEG, options)
        if not capture.isOpened() and time.monotonic() - started >= 0.9 * open_timeout:
            raise self.error("camera_open_timeout", seconds=f"{open_timeout:.3g}")
        return self._accept(capture, "no video stream answers there")
