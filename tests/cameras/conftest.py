"""Sources that need no hardware: one of each kind, real files and a real stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.cameras.base import CameraSource
from inspector.imaging.files import write_image
from tests.support.mjpeg import MjpegServer

LEVELS = [10 * number for number in range(12)]
"""Brightness of the pictures in test videos and folders."""


def grey(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def write_video(path: Path, fps: float = 20, levels: list[int] = LEVELS) -> Path:
    """A lossless video (FFV1), so that brightness can be compared exactly."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), fps, (64, 48))
    for level in levels:
        writer.write(grey(level))
    writer.release()
    return path


def write_folder(path: Path, levels: list[int] = LEVELS) -> Path:
    for number, level in enumerate(levels):
        write_image(path / f"part{number}.png", grey(level))
    return path


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer() as camera:
        yield camera


MAKERS: dict[str, Callable[[Path, MjpegServer], CameraSource]] = {
    "url": lambda folder, camera: CameraSource("url", camera.url),
    "video": lambda folder, camera: CameraSource("video", f"{write_video(folder / 'Prüfung 1.avi')}?fps=0"),
    "looped video": lambda folder, camera: CameraSource("video", f"{write_video(folder / 'v.avi')}?fps=0&loop=1"),
    "folder": lambda folder, camera: CameraSource("folder", f"{write_folder(folder / 'Teile')}?watch=0"),
    "looped folder": lambda folder, camera: CameraSource("folder", f"{write_folder(folder)}?watch=0&loop=1"),
    "watched folder": lambda folder, camera: CameraSource("folder", str(write_folder(folder / "Teile"))),
    "simulated": lambda folder, camera: CameraSource("simulated", "washer?seed=3&defects=0.5&fps=0"),
}


@pytest.fixture(params=MAKERS)
def source(request: pytest.FixtureRequest, tmp_path: Path, server: MjpegServer) -> CameraSource:
    return MAKERS[request.param](tmp_path, server)
