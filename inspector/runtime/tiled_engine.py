"""Judging large crops in tiles: an engine around another one that sees only tiles."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from inspector.detectors.base import Prediction, Timing
from inspector.imaging.frame import Image
from inspector.imaging.tiling import MapMerger, Tiling
from inspector.runtime.engine import Engine
from inspector.runtime.manifest import Manifest
from inspector.tasks import CancelToken

AT_ONCE = 16
"""Tiles whose maps are held before they are merged: enough for a graphics card, little beside a large picture."""


class TiledEngine:
    """Judges a crop by its tiles: the score is the largest among them, the map is made of theirs, times are added up.

    Memory beside the crop: the merged map and what one batch of tiles takes. See `runtime.engine.Engine`.
    """

    def __init__(self, engine: Engine, tiling: Tiling, cancel: CancelToken | None = None) -> None:
        """`cancel`: looked at between batches of tiles, so that one large crop does not hold up the end of a job;
        `infer` then raises `Cancelled`."""
        self._engine = engine
        self._tiling = tiling
        self._cancel = cancel or CancelToken()

    @property
    def manifest(self) -> Manifest:
        """What was loaded."""
        return self._engine.manifest

    @property
    def load_seconds(self) -> float:
        """Seconds from the request to ready, the first (warming) inference included."""
        return self._engine.load_seconds

    @property
    def provider(self) -> str:
        """What it computes on, for people."""
        return self._engine.provider

    def infer(self, image: Image) -> Prediction:
        """Judge one crop (BGR uint8, any size)."""
        height, width = image.shape[:2]
        merger = MapMerger(self._tiling, height, width) if self.manifest.has_map else None
        scores: list[float] = []
        timing = Timing()
        tiles = self._tiling.tiles(height, width)
        for first in range(0, len(tiles), AT_ONCE):
            self._cancel.raise_if_cancelled()
            some = tiles[first : first + AT_ONCE]
            found = self._engine.infer_batch([image[tile] for tile in some])
            started = time.perf_counter()
            for tile, prediction in zip(some, found, strict=True):
                scores.append(prediction.score)
                timing = _sum(timing, prediction.timing)
                if merger is not None and prediction.anomaly_map is not None:
                    merger.add(tile, prediction.anomaly_map)
            merging_ms = 1000 * (time.perf_counter() - started)
            timing = replace(timing, postprocess_ms=timing.postprocess_ms + merging_ms)
        return Prediction(max(scores), None if merger is None else merger.merged, timing)

    def infer_batch(self, images: Sequence[Image]) -> list[Prediction]:
        """Several crops, in order, one after the other."""
        return [self.infer(image) for image in images]

    def close(self) -> None:
        """Free what it holds."""
        self._engine.close()


def in_tiles(engine: Engine, cancel: CancelToken | None = None) -> Engine:
    """An engine that judges as its bundle was trained: in tiles where the manifest says so, else as it is.

    For `cancel` see `TiledEngine`.
    """
    tiling = engine.manifest.tiling
    return engine if tiling is None else TiledEngine(engine, tiling.build(), cancel)


def _sum(one: Timing, other: Timing) -> Timing:
    return Timing(
        one.preprocess_ms + other.preprocess_ms,
        one.inference_ms + other.inference_ms,
        one.postprocess_ms + other.postprocess_ms,
    )
