"""The engine seam: a loaded bundle that turns crops into predictions, whatever library computes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from inspector.detectors.base import Prediction
from inspector.imaging.frame import Image
from inspector.runtime.manifest import Manifest


class Engine(Protocol):
    """Not thread-safe: one engine belongs to one thread at a time."""

    @property
    def manifest(self) -> Manifest:
        """What was loaded."""

    @property
    def load_seconds(self) -> float:
        """Seconds from the request to ready, the first (warming) inference included."""

    @property
    def provider(self) -> str:
        """What it computes on, for people: `CPU`, `CUDA`, `DirectML` or `OpenVINO`."""

    def infer(self, image: Image) -> Prediction:
        """Judge one crop (BGR uint8, any size)."""

    def infer_batch(self, images: Sequence[Image]) -> list[Prediction]:
        """Several crops, in order; may be faster than one by one."""

    def close(self) -> None:
        """Free what it holds."""
