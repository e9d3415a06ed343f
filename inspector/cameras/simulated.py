"""The simulated product line as a source. Address: a product id; options `?seed=3&defects=0.3&fps=5` (fps 0: no pace).

Frame number `sequence` always shows the same part; `truth_of(frame.source, frame.sequence)` of `imaging.simulation`
tells what it really is.
"""

from __future__ import annotations

import threading
from urllib.parse import parse_qsl, urlencode

from inspector.cameras.base import CameraCapabilities, CameraInfo, CameraSettings, CameraSource
from inspector.cameras.device import Device, Picture
from inspector.cameras.options import number
from inspector.imaging.simulation import SimulatedLine, products

USUAL_FPS = 5.0


class SimulatedDevice(Device):
    """One simulated line, endless. No part passes unseen, however slowly it is read."""

    def __init__(self, source: CameraSource, requested: CameraSettings) -> None:
        super().__init__(source, requested)
        self._line, fps = _parse(source)
        self._fps = fps if requested.fps is None else requested.fps
        self._next = 0

    @classmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        """See `Device.capabilities`. Raises `CameraError` (`camera_not_found`, `camera_address`)."""
        _parse(source)
        return CameraCapabilities(live=False, finite=False, settings=("fps",))

    @property
    def name(self) -> str:
        """The line without its pace, as `truth_of` takes it."""
        return str(CameraSource("simulated", self._line.address))

    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        """See `Device.open`."""
        self.pace = 1 / self._fps if self._fps else 0.0
        product = next(product for product in products() if product.id == self._line.product)
        return CameraSettings(width=product.width, height=product.height, fps=self._fps)

    def grab(self, stop: threading.Event) -> None:
        """Nothing to wait for: the pace is kept outside."""

    def retrieve(self) -> Picture:
        """Render the next part."""
        part = self._line.render(self._next)
        self._next += 1
        return Picture(part.image)

    def close(self) -> None:
        """Nothing to release."""


def list_simulated_cameras() -> list[CameraInfo]:
    """One line for each product, with some defects in it."""
    return [CameraInfo(CameraSource("simulated", f"{item.id}?defects=0.2"), item.title) for item in products()]


def _parse(source: CameraSource) -> tuple[SimulatedLine, float]:
    """The line, and the pace (frames per second). Raises `CameraError`."""
    product, _, query = source.address.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    fps = number(source, options, "fps", USUAL_FPS)
    rest = urlencode({name: value for name, value in options.items() if name != "fps"})
    return SimulatedLine.parse(f"{product}?{rest}" if rest else product), fps
