"""Overlay: colours follow the map, normal areas stay as they are, outlines enclose what is above the threshold."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inspector.imaging.overlay import COLOUR_MAPS, blend, colourise, contours, draw_contours, peak_at_score

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
RAMP = np.linspace(-1, 2, 50, dtype=np.float32)[None, :].repeat(40, axis=0)
maps = arrays(np.float32, (11, 9), elements=st.floats(-100, 100, width=32))


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colours_run_from_low_to_high(name):
    palette = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], COLOUR_MAPS[name])[:, 0]
    coloured = colourise(RAMP, 0, 1, name)
    assert coloured.dtype == np.uint8
    levels = np.clip(np.rint(RAMP[0] * 255), 0, 255).astype(int)
    nearest = np.abs(palette[None].astype(int) - coloured[0][:, None]).sum(axis=2).argmin(axis=1)
    assert np.abs(nearest - levels).max() <= 1
    assert (coloured[:, 0] == palette[0]).all()
    assert (coloured[:, -1] == palette[255]).all()


@given(anomaly_map=maps, shift=st.integers(-1000, 1000), scale=st.sampled_from([0.25, 0.5, 2, 8]))
@settings(deadline=None)
def test_colours_depend_on_the_place_in_the_range_alone(anomaly_map, shift, scale):
    plain = colourise(anomaly_map, -10, 30).astype(int)
    moved = colourise(anomaly_map * np.float32(scale) + np.float32(shift), -10 * scale + shift, 30 * scale + shift)
    assert np.abs(plain - moved).max() <= 8  # one colour step, from rounding


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (0.5, 0.1)])
def test_empty_range_is_a_step(low, high):
    coloured = colourise(RAMP, low, high)
    assert len(np.unique(coloured[0], axis=0)) == 2
    assert np.array_equal((coloured[0] == coloured[0, -1]).all(axis=1), RAMP[0] > low)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_normal_areas_are_left_as_they_are(name):
    result = blend(PICTURE, RAMP, 0, 1, 0.6, name)
    normal = RAMP <= 0
    assert np.array_equal(result[normal], PICTURE[normal])
    assert (result[RAMP > 0.5] != PICTURE[RAMP > 0.5]).any(axis=1).mean() > 0.95


@given(opacity=st.floats(0, 1))
def test_high_areas_have_the_asked_opacity(opacity):
    result = blend(PICTURE, np.full((40, 50), 5, np.float32), 0, 1, opacity, "turbo")
    colour = colourise(np.full((40, 50), 5, np.float32), 0, 1, "turbo")
    assert np.abs(result - (PICTURE * (1 - opacity) + colour * opacity)).max() <= 1.6


def test_picture_and_map_are_not_changed():
    picture, anomaly_map = PICTURE.copy(), RAMP.copy()
    blend(picture, anomaly_map, 0, 1, 1)
    assert np.array_equal(picture, PICTURE)
    assert np.array_equal(anomaly_map, RAMP)


def test_smaller_map_is_stretched():
    small = np.zeros((4, 5), np.float32)
    small[:, 3:] = 1
    result = blend(PICTURE, small, 0, 1, 1)
    assert result.shape == PICTURE.shape
    assert np.array_equal(result[:, :20], PICTURE[:, :20])
    assert (result[:, 40:] == colourise(np.ones((1, 1), np.float32), 0, 1)[0, 0]).all()


@given(anomaly_map=maps, threshold=st.floats(-100, 100, width=32))
@settings(deadline=None)
def test_outlines_enclose_what_is_above(anomaly_map, threshold):
    above = anomaly_map >= threshold
    outlines = contours(anomaly_map, threshold)
    drawn = np.zeros(above.shape, np.uint8)
    for outline in outlines:
        assert above[outline[:, 1], outline[:, 0]].all()
        cv2.fillPoly(drawn, [outline], 1)
    assert (drawn.astype(bool) | ~above).all()
    assert bool(outlines) == bool(above.any())


def test_largest_outline_comes_first():
    anomaly_map = np.zeros((40, 50), np.float32)
    anomaly_map[2:5, 2:5] = 1
    anomaly_map[10:30, 10:40] = 1
    assert [outline.tolist() for outline in contours(anomaly_map, 1)] == [
        [[10, 10], [10, 29], [39, 29], [39, 10]],
        [[2, 2], [2, 4], [4, 4], [4, 2]],
    ]


@pytest.mark.parametrize("threshold", [float("inf"), float("nan")])
def test_no_threshold_has_no_outline(threshold):
    assert contours(RAMP, threshold) == []


@pytest.mark.parametrize("ground", [0, 255])
def test_outlines_show_on_any_ground(ground):
    picture = np.full((40, 50, 3), ground, np.uint8)
    draw_contours(picture, [np.array([[10, 10], [40, 10], [40, 30], [10, 30]], np.int32)])
    assert picture[10, 20].tolist() == [255, 255, 255]
    assert picture[8, 20].max() < 120
    assert (picture[0] == ground).all()


@given(maps, st.floats(-200, 200, width=32))
def test_the_shown_peak_is_the_score_and_order_is_kept(anomaly_map, score):
    shown = peak_at_score(anomaly_map, score)
    assert shown.max() == pytest.approx(score, abs=1e-2)
    order = np.argsort(anomaly_map, axis=None)
    assert (np.diff(shown.ravel()[order]) >= -1e-3).all()


def test_a_strong_defect_does_not_lift_the_background():
    anomaly_map = np.full((64, 64), 4, np.float32)
    anomaly_map[20:24, 20:24] = 12
    shown = peak_at_score(anomaly_map, 34)
    assert shown.max() == pytest.approx(34)
    assert np.median(shown) == pytest.approx(4)
    assert len(contours(shown, 5.2)) == 1
