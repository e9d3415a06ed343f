"""Which driver stands behind which kind of source. A new one is one module and one line here."""

from __future__ import annotations

from importlib import import_module

from inspector.cameras.base import Camera, CameraInfo, CameraSettings, CameraSource, Kind
from inspector.cameras.device import Device
from inspector.cameras.threaded import ThreadedCamera
from inspector.errors import CameraError

_DRIVERS: dict[Kind, tuple[str, str]] = {
    "usb": ("inspector.cameras.usb", "UsbDevice"),
    "url": ("inspector.cameras.opencv", "UrlDevice"),
    "video": ("inspector.cameras.video", "VideoDevice"),
    "folder": ("inspector.cameras.folder", "FolderDevice"),
    "simulated": ("inspector.cameras.simulated", "SimulatedDevice"),
}

KINDS: tuple[Kind, ...] = tuple(_DRIVERS)
"""Every kind of source there is a driver for."""


def open_camera(source: CameraSource, settings: CameraSettings | None = None, read_timeout: float = 2.0) -> Camera:
    """The camera for a source; call its `open` (or use `with`) before reading.

    Raises `CameraError` (`camera_address`, and `camera_not_found` for a product that is not simulated).
    """
    if source.kind not in _DRIVERS:
        raise CameraError("camera_address", source=str(source), reason=f"the kind must be one of {', '.join(KINDS)}")
    module, name = _DRIVERS[source.kind]
    driver: type[Device] = getattr(import_module(module), name)
    capabilities = driver.capabilities(source)
    return ThreadedCamera(source, settings, read_timeout, device=driver, capabilities=capabilities)


def list_cameras() -> list[CameraInfo]:
    """What can be opened without knowing an address: the cameras plugged in, and the simulated lines."""
    from inspector.cameras.simulated import list_simulated_cameras
    from inspector.cameras.usb import list_usb_cameras

    return [*list_usb_cameras(), *list_simulated_cameras()]
