"""Video files at their own pace or another. Address: a path; `?fps=N` (0: as fast as it is read), `?loop=1`."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2

from inspector.cameras.base import CameraCapabilities, CameraSettings, CameraSource, EndOfSource
from inspector.cameras.opencv import CaptureDevice
from inspector.cameras.options import flag, number, split_address

OPTIONS = ("fps", "loop")
USUAL_FPS = 25.0
FASTEST_FPS = 1000.0
"""A file that claims more does not know its rate."""


class VideoDevice(CaptureDevice):
    """One video file. No picture is left out, however slowly it is read."""

    def __init__(self, source: CameraSource, requested: CameraSettings) -> None:
        super().__init__(source, requested)
        path, options = split_address(source, OPTIONS)
        self._path = Path(path)
        self._loop = flag(source, options, "loop", default=False)
        self._options = options

    @classmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        """See `Device.capabilities`. Raises `CameraError` (`camera_address`)."""
        options = split_address(source, OPTIONS)[1]
        number(source, options, "fps", 0)
        return CameraCapabilities(
            live=False, finite=not flag(source, options, "loop", default=False), settings=("fps",)
        )

    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        """See `Device.open`."""
        if not self._path.is_file():
            raise self.error("camera_not_found")
        stored = self._accept(self._start(), "it is not a video that can be read")
        own = stored.fps if stored.fps and stored.fps <= FASTEST_FPS else USUAL_FPS
        asked = self.requested.fps
        fps = number(self.source, self._options, "fps", own) if asked is None else asked
        self.pace = 1 / fps if fps else 0.0
        return CameraSettings(width=stored.width, height=stored.height, fps=fps)

    def grab(self, stop: threading.Event) -> None:
        """See `Device.grab`."""
        try:
            super().grab(stop)
        except EndOfSource:
            if not self._loop:
                raise
            self._rewind()

    def _rewind(self) -> None:
        """Open again: seeking to the start is not exact in every container."""
        self.close()
        self._capture = self._start()
        if not self._capture.grab():
            raise self.error("camera_lost")

    def _start(self) -> cv2.VideoCapture:
        return cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)

    def _ended(self) -> EndOfSource:
        return EndOfSource()
