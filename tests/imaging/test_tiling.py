"""Tiles cover every crop, and their maps become one map again that shows nothing of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.errors import ImageError
from inspector.imaging.tiling import MapMerger, Tiling
from inspector.messages import sentence

TILINGS = st.integers(32, 90).flatmap(lambda size: st.builds(Tiling, st.just(size), st.integers(0, size // 2)))
SIDES = st.integers(1, 300)


@given(TILINGS, SIDES, SIDES)
def test_tiles_cover_every_pixel_in_order(tiling: Tiling, height: int, width: int) -> None:
    seen = np.zeros((height, width), int)
    tiles = tiling.tiles(height, width)
    for rows, columns in tiles:
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        assert rows.stop - rows.start == min(tiling.size, height)
        assert columns.stop - columns.start == min(tiling.size, width)
        seen[rows, columns] += 1
    assert seen.min() >= 1
    assert tiles == sorted(tiles, key=lambda tile: (tile[0].start, tile[1].start))
    assert len(set(map(str, tiles))) == len(tiles)


@given(TILINGS, SIDES)
def test_neighbours_share_the_overlap_and_no_tile_is_needless(tiling: Tiling, width: int) -> None:
    spans = [columns for _, columns in tiling.tiles(1, width)]
    for left, right in pairwise(spans):
        assert left.stop - right.start >= tiling.overlap
    for left, right in zip(spans, spans[2:], strict=False):
        assert right.stop - left.start > tiling.size


@given(TILINGS, SIDES, SIDES, st.integers(0, 9))
def test_tiles_cut_from_a_map_give_that_map_back(tiling: Tiling, height: int, width: int, seed: int) -> None:
    whole = np.random.default_rng(seed).normal(3, 50, (height, width)).astype(np.float32)
    merger = MapMerger(tiling, height, width)
    for tile in tiling.tiles(height, width):
        merger.add(tile, whole[tile])
    assert merger.merged.dtype == np.float32
    np.testing.assert_allclose(merger.merged, whole, rtol=1e-5, atol=1e-4)


@given(TILINGS.filter(lambda tiling: tiling.overlap >= 8), SIDES, st.integers(0, 9))
@example(Tiling(56, 28), 57, 1)
@example(Tiling(51, 15), 88, 1)
def test_tiles_that_disagree_leave_no_seam(tiling: Tiling, width: int, seed: int) -> None:
    """Each tile says another number: from pixel to pixel the merged map changes no more than a ramp over the overlap
    does. Two ramps may meet (before and after a tile), and three tiles where the last one was moved inwards."""
    merger = MapMerger(tiling, 4, width)
    said = np.random.default_rng(seed).uniform(0, 1, 300)
    for value, tile in zip(said, tiling.tiles(4, width), strict=False):
        merger.add(tile, np.full((4, tile[1].stop - tile[1].start), value, np.float32))
    assert np.abs(np.diff(merger.merged, axis=1)).max(initial=0) <= 3 / tiling.overlap
    assert np.ptp(merger.merged, axis=0).max() <= 1e-6


def test_the_size_of_a_large_camera() -> None:
    tiles = Tiling(512, 128).tiles(3648, 5472)
    assert len(tiles) == 10 * 14
    assert tiles[-1] == (slice(3136, 3648), slice(4960, 5472))
    assert Tiling(512, 128).tiles(512, 100) == [(slice(0, 512), slice(0, 100))]


@pytest.mark.parametrize(("size", "overlap"), [(31, 0), (4097, 0), (256, -1), (256, 129)])
def test_tiles_that_make_no_sense_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ImageError) as caught:
        Tiling(size, overlap)
    assert caught.value.code == "tiling_invalid"
    assert str(size) in sentence(caught.value)
