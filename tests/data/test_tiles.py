"""Tiles of lazily read pictures: which, in what order, how often a picture is read, whose score counts."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from inspector.data.tiles import TileImages, largest_by_picture
from inspector.imaging.frame import Image
from inspector.imaging.tiling import Tiling

SIZES = [(70, 100), (32, 32), (20, 200)]
TILING = Tiling(40, 10)


class Reading(list[Image]):
    """Made anew at each access, as a decoder does; remembers what is still alive."""

    def __init__(self) -> None:
        super().__init__(np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8) for size in SIZES)
        self.read: list[int] = []
        self.alive: list[weakref.ref[Image]] = []

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        gc.collect()
        assert not [item for item in self.alive if item() is not None], "two pictures in memory at once"
        self.read.append(index)
        picture = super().__getitem__(index).copy()
        self.alive.append(weakref.ref(picture))
        return picture


def test_each_picture_is_read_once_and_none_is_kept_beside_another() -> None:
    pictures = Reading()
    tiles = TileImages(pictures, SIZES, TILING)
    assert pictures.read == []
    expected = [(owner, tile) for owner, size in enumerate(SIZES) for tile in TILING.tiles(*size)]
    assert len(tiles) == len(expected) > 10
    assert tiles.groups.tolist() == [owner for owner, _ in expected]
    for place, (owner, tile) in enumerate(expected):
        np.testing.assert_array_equal(tiles[place], list.__getitem__(pictures, owner)[tile])
    assert pictures.read == [0, 1, 2]
    assert sum(1 for _ in tiles) == len(expected)
    assert pictures.read == [0, 1, 2, 0, 1, 2]


def test_a_picture_is_as_unusual_as_its_most_unusual_tile() -> None:
    scores, groups = np.array([-3.0, -1.0, 5.0, 2.0, 7.0, -9.0]), np.array([0, 0, 1, 1, 1, 2])
    assert largest_by_picture(scores, groups).tolist() == [-1.0, 7.0, -9.0]
