"""What a driver is: blocking calls to one device. Threads, timeouts and frames are `threaded.py`'s business."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.cameras.base import CameraCapabilities, CameraSettings, CameraSource
from inspector.errors import CameraError
from inspector.imaging.files import to_8_bits
from inspector.imaging.frame import Image


@dataclass(frozen=True, slots=True)
class Picture:
    """BGR uint8 pixels, and the name of what triggered them where there is one (the file of a watched folder)."""

    pixels: Image
    trigger_id: str | None = None


class Device(ABC):
    """One opening of one source. Every call comes from the same thread and may block for as long as the device does.

    `pace` is the seconds to keep between two pictures, for sources that would otherwise deliver at once.
    """

    pace: float = 0.0

    def __init__(self, source: CameraSource, requested: CameraSettings) -> None:
        self.source = source
        self.requested = requested

    @property
    def name(self) -> str:
        """What frames and errors call the source."""
        return str(self.source)

    @abstractmethod
    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        """Start and say what is in force. Raises `CameraError`; timeouts (seconds) are for devices that take one."""

    @abstractmethod
    def grab(self, stop: threading.Event) -> None:
        """Return at the moment the next picture exists, or soon after `stop` is set.

        Raises `CameraError` (`camera_lost`; `camera_bad_frame` for a picture that never will exist) or `EndOfSource`.
        """

    @abstractmethod
    def retrieve(self) -> Picture:
        """Decode what was grabbed. Raises `CameraError` (`camera_bad_frame`)."""

    @abstractmethod
    def close(self) -> None:
        """Release it; harmless when opening failed."""

    @classmethod
    @abstractmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        """What a source of this kind allows."""

    def error(self, code: str, **parameters: str) -> CameraError:
        """An error that names this source."""
        return CameraError(code, source=self.name, **parameters)

    def to_bgr(self, pixels: NDArray[Any] | None) -> Image:
        """Whatever OpenCV delivers to (H, W, 3) BGR uint8: the one place. Raises `CameraError`."""
        if pixels is None or pixels.size == 0:
            raise self.error("camera_bad_frame", reason="it is empty")
        if pixels.dtype not in (np.uint8, np.uint16):
            raise self.error("camera_bad_frame", reason=f"its values are of type {pixels.dtype}")
        pixels = to_8_bits(pixels)
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        if channels == 3:
            return pixels
        if channels not in (1, 4):
            raise self.error("camera_bad_frame", reason=f"it has {channels} channels")
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR if channels == 1 else cv2.COLOR_BGRA2BGR), np.uint8)
