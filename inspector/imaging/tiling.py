"""Cutting large crops into overlapping tiles, and putting the tiles' maps together again without seams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inspector.errors import ImageError

SMALLEST, LARGEST = 32, 4096
"""Sides of a tile that make sense, in crop pixels."""

DEFAULT_OVERLAP = 0.25
"""Share of a tile that the next one shows too: a defect smaller than that lies whole in one of them."""

Tile = tuple[slice, slice]
"""Rows and columns of a crop."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of `size` × `size` crop pixels, each sharing at least `overlap` pixels with the next.

    The tiles cover a crop completely; the last of a row or column is moved inwards to end where the crop ends, and so
    overlaps more. A crop that is smaller than a tile in one direction has tiles as small in that direction. Raises
    `ImageError` `tiling_invalid` unless `size` is from 32 to 4096 and `overlap` from 0 to half of it.
    """

    size: int
    overlap: int

    def __post_init__(self) -> None:
        if not SMALLEST <= self.size <= LARGEST or not 0 <= self.overlap <= self.size // 2:
            raise ImageError("tiling_invalid", size=self.size, overlap=self.overlap, smallest=SMALLEST, largest=LARGEST)

    def tiles(self, height: int, width: int) -> list[Tile]:
        """The tiles of a crop, row by row from the top left."""
        rows, columns = _spans(self, height), _spans(self, width)
        return [(row, column) for row in rows for column in columns]


class MapMerger:
    """Puts the maps of a crop's tiles together, one at a time: takes the memory of the merged map and of one tile.

    Where tiles overlap, each counts less the nearer its own border is, and all weights together are 1. So the map has
    no seams, and where tiles agree it says what they say.
    """

    def __init__(self, tiling: Tiling, height: int, width: int) -> None:
        self._rows = _weights(tiling, height)
        self._columns = _weights(tiling, width)
        self.merged: NDArray[np.float32] = np.zeros((height, width), np.float32)
        """(height, width): complete when the map of every tile was added."""

    def add(self, tile: Tile, anomaly_map: NDArray[np.float32]) -> None:
        """A tile's raw map, as large as the tile."""
        rows, columns = tile
        weighted = anomaly_map * self._columns[columns.start]
        weighted *= self._rows[rows.start][:, None]
        self.merged[tile] += weighted


@lru_cache(maxsize=16)
def _spans(tiling: Tiling, length: int) -> tuple[slice, ...]:
    """Where tiles lie along one side of a crop."""
    last = max(length - tiling.size, 0)
    starts = [*range(0, last, tiling.size - tiling.overlap), last]
    return tuple(slice(start, min(start + tiling.size, length)) for start in starts)


@lru_cache(maxsize=16)
def _weights(tiling: Tiling, length: int) -> dict[int, NDArray[np.float32]]:
    """By a tile's start along one side, the weight of each of its pixels: rising from its borders inside of the crop
    over the overlap, divided by what all tiles weigh there."""
    profiles = {span.start: _profile(span, length, tiling.overlap) for span in _spans(tiling, length)}
    total = np.zeros(length)
    for start, profile in profiles.items():
        total[start : start + len(profile)] += profile
    return {
        start: (profile / total[start : start + len(profile)]).astype(np.float32) for start, profile in profiles.items()
    }


def _profile(span: slice, length: int, overlap: int) -> NDArray[np.float64]:
    """Linear from nearly 0 at both ends to 1 beyond the overlap. At the crop's border it does not fade: a tile that is
    alone there, and another one that begins a pixel further in, would change places within that pixel."""
    inwards = np.arange(span.stop - span.start) + 0.5
    far = np.full(len(inwards), np.inf)
    distance = np.minimum(far if span.start == 0 else inwards, far if span.stop == length else inwards[::-1])
    return np.asarray(np.minimum(distance / max(overlap, 1), 1.0))
