"""Heatmaps of stored images: the bundle's own engine, kept open, and the last results kept in memory. No Qt."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from inspector.imaging.files import read_image
from inspector.imaging.frame import Image
from inspector.imaging.overlay import AnomalyMap, ColourMap, blend, peak_at_score
from inspector.runtime.bundle import Bundle
from inspector.runtime.engine import Engine
from inspector.runtime.engines import open_engine

MEMORY = 256 * 2**20
"""Bytes of crops and maps that are kept."""


@dataclass(frozen=True)
class Heatmap:
    """A crop (H, W, 3) BGR, the same with its map laid over it, and the map as it is
    shown (`peak_at_score`); both None for methods without maps."""

    crop: Image
    overlay: Image | None
    anomaly_map: AnomalyMap | None


class HeatmapMaker:
    """Belongs to one thread at a time."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._bundle_id = ""
        self._engine: Engine | None = None
        self._kept: OrderedDict[str, tuple[Image, AnomalyMap | None]] = OrderedDict()

    @property
    def kept(self) -> list[str]:
        """The hashes of images in memory, the least recently used first."""
        return list(self._kept)

    def make(self, bundle: Bundle, path: Path, sha256: str, opacity: float, colours: ColourMap) -> Heatmap:
        """Judge a stored image again and colour its map. Raises `ImageError`, `BundleError`."""
        crop, anomaly_map = self._judged(bundle, path, sha256)
        if anomaly_map is None:
            return Heatmap(crop, None, None)
        low, high = bundle.display_range
        return Heatmap(crop, blend(crop, anomaly_map, low, high, opacity, colours), anomaly_map)

    def close(self) -> None:
        """Free the engine and the memory."""
        if self._engine is not None:
            self._engine.close()
        self._engine = None
        self._bundle_id = ""
        self._kept.clear()

    def _judged(self, bundle: Bundle, path: Path, sha256: str) -> tuple[Image, AnomalyMap | None]:
        if bundle.manifest.id != self._bundle_id:
            self.close()
        if sha256 in self._kept:
            self._kept.move_to_end(sha256)
            return self._kept[sha256]
        if self._engine is None:
            self._engine = open_engine(bundle)
            self._bundle_id = bundle.manifest.id
        crop = bundle.manifest.region.build().crop(read_image(path)).pixels
        found = self._engine.infer(crop)
        shown = None if found.anomaly_map is None else peak_at_score(found.anomaly_map, found.score)
        self._kept[sha256] = crop, shown
        while len(self._kept) > 1 and sum(map(_size, self._kept.values())) > self._memory:
            self._kept.popitem(last=False)
        return self._kept[sha256]


def _size(item: tuple[Image, AnomalyMap | None]) -> int:
    return item[0].nbytes + (0 if item[1] is None else item[1].nbytes)
