"""Regions: the crop is exactly the asked part, and ignored zones are exactly the drawn ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import ImageError
from inspector.imaging.regions import IGNORED_GRAY, MINIMUM_SIDE, Region
from inspector.messages import sentence

FRAME = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
corner = st.tuples(st.integers(-30, 100), st.integers(-30, 100))


def test_no_region_is_the_whole_frame():
    crop = Region().crop(FRAME)
    assert np.array_equal(crop.pixels, FRAME)
    assert Region().size_in(80, 60) == (60, 80)
    assert crop.origin == (0, 0)
    assert crop.ignore is None


@given(st.data())
def test_crop_is_the_part_asked_for(data):
    width, height = data.draw(st.integers(MINIMUM_SIDE, 80)), data.draw(st.integers(MINIMUM_SIDE, 60))
    x, y = data.draw(st.integers(0, 80 - width)), data.draw(st.integers(0, 60 - height))
    region = Region((x, y, width, height))
    crop = region.crop(FRAME)
    assert crop.pixels.shape == (height, width, 3)
    assert region.size_in(80, 60) == (height, width)
    assert crop.origin == (x, y)
    assert np.array_equal(crop.pixels, FRAME[y:, x:][:height, :width])
    assert np.array_equal(region.crop_mask(FRAME[:, :, 0] > 99), crop.pixels[:, :, 0] > 99)


@given(x=st.integers(-100, 100), y=st.integers(-100, 100), width=st.integers(8, 120), height=st.integers(8, 120))
def test_leaving_the_frame_is_refused_and_nothing_else(x, y, width, height):
    inside = x >= 0 and y >= 0 and x + width <= 80 and y + height <= 60
    region = Region((x, y, width, height))
    if inside:
        assert region.crop(FRAME).pixels.size == width * height * 3
        return
    with pytest.raises(ImageError) as caught:
        region.crop(FRAME)
    assert caught.value.code == "region_outside"
    assert "80×60" in sentence(caught.value)


@pytest.mark.parametrize("roi", [(0, 0, 0, 20), (0, 0, 20, -5), (5, 5, 7, 20)])
def test_too_small(roi):
    with pytest.raises(ImageError) as caught:
        Region(roi)
    assert caught.value.code == "region_too_small"
    assert sentence(caught.value)


@pytest.mark.parametrize("corners", [[], [(0, 0)], [(0, 0), (5, 5)]])
def test_polygon_needs_three_corners(corners):
    with pytest.raises(ImageError) as caught:
        Region(ignore=[corners])
    assert caught.value.code == "region_polygon"
    assert sentence(caught.value)


@given(left=st.integers(0, 50), top=st.integers(0, 40), width=st.integers(0, 40), height=st.integers(0, 30))
def test_rectangle_is_ignored_with_its_border(left, top, width, height):
    right, bottom = left + width, top + height
    crop = Region(ignore=[[(left, top), (right, top), (right, bottom), (left, bottom)]]).crop(FRAME)
    expected = np.zeros((60, 80), bool)
    expected[top : bottom + 1, left : right + 1] = True
    assert crop.ignore is not None
    assert crop.ignore.dtype == np.bool_
    assert np.array_equal(crop.ignore, expected)
    assert (crop.pixels[expected] == IGNORED_GRAY).all()
    assert np.array_equal(crop.pixels[~expected], FRAME[~expected])


@given(polygons=st.lists(st.lists(corner, min_size=3, max_size=7), min_size=1, max_size=4))
def test_zones_add_up_whatever_they_look_like(polygons):
    together = Region(ignore=polygons).crop(FRAME).ignore
    alone = [Region(ignore=[polygon]).crop(FRAME).ignore for polygon in polygons]
    assert np.array_equal(together, np.any(alone, axis=0))


def test_zones_are_in_crop_pixels():
    zone = [(0, 0), (9, 0), (9, 9), (0, 9)]
    crop = Region((20, 10, 40, 30), [zone]).crop(FRAME)
    assert crop.ignore is not None
    assert crop.ignore.shape == (30, 40)
    assert crop.ignore[:10, :10].all()
    assert crop.ignore.sum() == 100


def test_zone_mask_is_shared_and_protected():
    region = Region(ignore=[[(0, 0), (9, 0), (9, 9)]])
    first, second = region.crop(FRAME).ignore, region.crop(FRAME).ignore
    assert first is second
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = False


def test_lists_as_json_has_them_are_the_same_region():
    assert Region([1, 2, 30, 40], [[[0, 0], [5, 0], [5, 5]]]) == Region((1, 2, 30, 40), (((0, 0), (5, 0), (5, 5)),))
