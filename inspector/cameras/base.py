"""The camera seam. `Frame` is made here and nowhere else; after this point every pixel is BGR uint8."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from inspector.imaging.frame import Frame

Kind = Literal["usb", "url", "video", "folder", "simulated"]

_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@")


@dataclass(frozen=True, slots=True)
class CameraSource:
    """Which source to open. `address`: device index for `usb`, URL for `url`, a path for `video` and `folder`, a
    product id for `simulated`; the last three take options after a question mark (see their modules)."""

    kind: Kind
    address: str

    def __str__(self) -> str:
        """For records, logs and sentences: a password in a URL is left out."""
        if self.kind != "url":
            return f"{self.kind}:{self.address}"
        return f"{self.kind}:{_CREDENTIALS.sub('', self.address, count=1)}"


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A source that `list_cameras` found, and what to call it."""

    source: CameraSource
    title: str


@dataclass(frozen=True, slots=True)
class CameraCapabilities:
    """What the source allows. `live`: frames pass whether or not they are read, and silence is a fault; `finite`: it
    ends by itself. `settings` names the fields of `CameraSettings` that may be asked for."""

    live: bool
    finite: bool
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What was asked for, or what is in force (`Camera.settings()` reads back). None leaves a value to the driver.

    `width`, `height` in pixels; `fps` in frames per second, for files and simulated parts 0 means as fast as they are
    read; `exposure` in seconds; `gain` in the device's own unit.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    exposure: float | None = None
    gain: float | None = None


class EndOfSource(Exception):  # noqa: N818 - not an error
    """A finite source has no more frames."""


class Camera(ABC):
    """A frame source. Used by one thread at a time, but `close` may be called from another and ends a waiting call.

    `read` never blocks longer than `read_timeout` (seconds), `open` never longer than `open_timeout`: devices take
    seconds to start, however short the pause between their frames may be.
    """

    def __init__(self, source: CameraSource, settings: CameraSettings | None = None, read_timeout: float = 2.0) -> None:
        self.source = source
        self.requested = settings or CameraSettings()
        self.read_timeout = read_timeout
        self.open_timeout = max(8.0, read_timeout)

    @abstractmethod
    def open(self) -> None:
        """Start delivering. Raises `CameraError` (`camera_not_found`, `camera_open_failed`, `camera_open_timeout`)."""

    @abstractmethod
    def read(self) -> Frame:
        """The newest frame not read yet; of a source that is not live, the next one.

        Raises `CameraError`: `camera_timeout` and `camera_bad_frame` may pass by themselves; after `camera_lost` only
        `close` and `open` help; `camera_closed` when not open. Raises `EndOfSource` when a finite source has ended.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the device; harmless when not open."""

    @abstractmethod
    def settings(self) -> CameraSettings:
        """The settings in force, read back from the device."""

    @abstractmethod
    def capabilities(self) -> CameraCapabilities:
        """What this source allows."""

    def __enter__(self) -> Camera:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
