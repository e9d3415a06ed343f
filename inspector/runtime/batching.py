"""What every engine does alike: prepare crops, time the steps, bring maps back to the crops' own coordinates."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.detectors.base import Prediction, Timing
from inspector.detectors.maps import to_crop
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.runtime.manifest import Manifest

Batch = NDArray[np.generic]
"""What a network takes: (N, H, W, 3) uint8 BGR, or (N, 3, H, W) float32, normalised."""

LARGEST_BATCH = 4
"""Crops that go through the network at once: enough to use every core, few enough for a small station's memory."""


class BatchEngine(ABC):
    """An engine around one function from a network's input to its output. See `runtime.engine.Engine`."""

    def __init__(self, manifest: Manifest, started: float) -> None:
        """`started`: `time.perf_counter()` when loading was asked for. Subclasses call `_warm_up` when ready."""
        self._manifest = manifest
        self._preprocessing: Preprocessing = manifest.preprocessing.build()
        self._started = started
        self._load_seconds = 0.0

    @property
    def manifest(self) -> Manifest:
        """What was loaded."""
        return self._manifest

    @property
    def load_seconds(self) -> float:
        """Seconds from the request to ready, the first (warming) inference included."""
        return self._load_seconds

    @abstractmethod
    def _prepare(self, images: Sequence[Image]) -> Batch:
        """Crops (BGR uint8, any size) as the network takes them."""

    @abstractmethod
    def _run(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """What `_prepare` gave to scores (N,) and maps (N, H, W), or None for methods without maps."""

    @abstractmethod
    def close(self) -> None:
        """Free what it holds."""

    def infer(self, image: Image) -> Prediction:
        """Judge one crop (BGR uint8, any size)."""
        return self._infer_some([image])[0]

    def infer_batch(self, images: Sequence[Image]) -> list[Prediction]:
        """Several crops, in order."""
        found: list[Prediction] = []
        for start in range(0, len(images), LARGEST_BATCH):
            found += self._infer_some(images[start : start + LARGEST_BATCH])
        return found

    def _warm_up(self) -> None:
        """The first inference allocates and plans; nobody's part should wait for that."""
        self.infer(warming_image(self._manifest))
        self._load_seconds = time.perf_counter() - self._started

    def _infer_some(self, images: Sequence[Image]) -> list[Prediction]:
        start = time.perf_counter()
        batch = self._prepare(images)
        prepared = time.perf_counter()
        scores, maps = self._run(batch)
        computed = time.perf_counter()
        placed = [None if maps is None else to_crop(maps[i], image.shape[:2]) for i, image in enumerate(images)]
        share = 1000 / len(images)
        timing = Timing(
            preprocess_ms=(prepared - start) * share,
            inference_ms=(computed - prepared) * share,
            postprocess_ms=(time.perf_counter() - computed) * share,
        )
        return [Prediction(float(score), placed[i], timing) for i, score in enumerate(scores)]


def warming_image(manifest: Manifest) -> Image:
    """A black crop of the network's input size."""
    return np.zeros((manifest.preprocessing.height, manifest.preprocessing.width, 3), np.uint8)
