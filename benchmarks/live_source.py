"""A live camera for benchmarks: pictures of a simulated part at any size and rate, delivered whether or not they are
read."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np

from inspector.cameras.base import CameraCapabilities, CameraSettings, CameraSource
from inspector.cameras.device import Device, Picture
from inspector.cameras.threaded import ThreadedCamera
from inspector.imaging.frame import Image
from inspector.imaging.simulation import render

PREPARED = 12
"""Different pictures, made beforehand: rendering would cost more than what is measured."""


class LiveDevice(Device):
    """Delivers a prepared picture every 1/fps seconds, each time as a new array, as a decoder does."""

    def __init__(self, source: CameraSource, requested: CameraSettings, pictures: list[Image], fps: float) -> None:
        super().__init__(source, requested)
        self._pictures = pictures
        self._period = 1 / fps
        self._due = time.monotonic()
        self._number = 0

    @classmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        return CameraCapabilities(live=True, finite=False)

    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        height, width = self._pictures[0].shape[:2]
        return CameraSettings(width=width, height=height, fps=1 / self._period)

    def grab(self, stop: threading.Event) -> None:
        stop.wait(max(0.0, self._due - time.monotonic()))
        self._due = max(self._due + self._period, time.monotonic() - self._period)
        self._number += 1

    def retrieve(self) -> Picture:
        return Picture(self._pictures[self._number % len(self._pictures)].copy())

    def close(self) -> None:
        """Nothing to release."""


class LiveSource:
    """Stands in for `open_camera`: whatever source is asked for, the line of a simulated product is opened."""

    def __init__(self, product: str, width: int, height: int, fps: float) -> None:
        self._fps = fps
        self.pictures = [_picture(product, number, width, height) for number in range(PREPARED)]

    def __call__(self, source: CameraSource, read_timeout: float) -> ThreadedCamera:
        def device(source: CameraSource, settings: CameraSettings) -> LiveDevice:
            return LiveDevice(source, settings, self.pictures, self._fps)

        return ThreadedCamera(source, None, read_timeout, device=device, capabilities=LiveDevice.capabilities(source))


def _picture(product: str, number: int, width: int, height: int) -> Image:
    """A part in the middle of a dark frame of the camera's size."""
    part = render(product, 1, number).image
    scale = min(width / part.shape[1], height / part.shape[0])
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8)
    frame = np.full((height, width, 3), 20, np.uint8)
    top, left = (height - part.shape[0]) // 2, (width - part.shape[1]) // 2
    frame[top : top + part.shape[0], left : left + part.shape[1]] = part
    return frame
