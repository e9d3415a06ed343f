"""The camera seam. `Frame` is made here and nowhere else; after this point every pixel is BGR uint8."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from inspector.imaging.frame import Frame

Kind = Literal["usb", "url", "video", "folder", "simulated"]


@dataclass(frozen=True, slots=True)
class CameraSource:
    """Which source to open. `address`: device index for `usb`, URL for `url`, a path for `video` and `folder`, a
    product id for `simulated`."""

    kind: Kind
    address: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.address}"


@dataclass(frozen=True, slots=True)
class CameraCapabilities:
    """What the source allows. `live`: frames pass whether or not they are read; `finite`: it ends by itself."""

    live: bool
    finite: bool
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What was asked for, or what is in force (`Camera.settings()` reads back). None leaves a value to the driver."""

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    exposure: float | None = None
    gain: float | None = None


class EndOfSource(Exception):  # noqa: N818 - not an error
    """A finite source has no more frames."""


class Camera(ABC):
    """A frame source. Used by one thread at a time; a call never blocks longer than `read_timeout` (seconds)."""

    def __init__(self, source: CameraSource, settings: CameraSettings | None = None, read_timeout: float = 2.0) -> None:
        self.source = source
        self.requested = settings or CameraSettings()
        self.read_timeout = read_timeout

    @abstractmethod
    def open(self) -> None:
        """Start delivering. Raises `CameraError` (`camera_not_found`, `camera_open_failed`, `camera_open_timeout`)."""

    @abstractmethod
    def read(self) -> Frame:
        """The newest frame not read yet. Raises `CameraError` (`camera_timeout`, `camera_lost`, `camera_bad_frame`,
        `camera_closed`) or `EndOfSource`."""

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
