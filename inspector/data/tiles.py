"""Pictures as the tiles they are cut into, for methods that learn from tiles and need not know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.imaging.frame import Image
from inspector.imaging.tiling import Tiling


class TileImages(Sequence[Image]):
    """All tiles of some pictures, read when asked for: picture by picture, each in the order of `Tiling.tiles`.

    One picture is kept, so going through the tiles in order reads each picture once. Tiles are copies: who keeps one
    does not keep its picture.
    """

    def __init__(self, images: Sequence[Image], sizes: Sequence[tuple[int, int]], tiling: Tiling) -> None:
        """`sizes`: (height, width) of each picture, which is not read for that."""
        self._images = images
        self._tiles = [(owner, tile) for owner, size in enumerate(sizes) for tile in tiling.tiles(*size)]
        self._kept: tuple[int, Image] | None = None

    @property
    def groups(self) -> NDArray[np.intp]:
        """(n,): the index of the picture that each tile is cut from."""
        return np.array([owner for owner, _ in self._tiles], np.intp)

    def __len__(self) -> int:
        return len(self._tiles)

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        owner, tile = self._tiles[index]
        if self._kept is None or self._kept[0] != owner:
            self._kept = None  # not two of them at once
            self._kept = owner, self._images[owner]
        return self._kept[1][tile].copy()

    def __iter__(self) -> Iterator[Image]:
        return (self[index] for index in range(len(self)))


def largest_by_picture(scores: NDArray[np.float64], groups: NDArray[np.intp]) -> NDArray[np.float64]:
    """The largest score among the tiles (n,) of each picture, in the order of pictures; each has at least one tile."""
    found = np.full(int(groups.max()) + 1, -np.inf)
    np.maximum.at(found, groups, scores)
    return found
