"""Made-up defects: where they are said to be and nowhere else, the same for the same seed, of many looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.data.synthetic.altered_surfaces import CHANGES, AlteredSurfaces, Change
from inspector.data.synthetic.anomalies import perlin_anomaly
from inspector.data.synthetic.surfaces import DrawnSurfaces, Surfaces
from inspector.imaging.frame import Image

SIZES = st.tuples(st.integers(16, 90), st.integers(16, 90))


class Plain(Surfaces):
    """The very colour of the picture on its left half, another one on the right."""

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        surface = np.full((*size, 3), 100, np.uint8)
        surface[:, size[1] // 2 :] = 200
        return surface


@given(seed=st.integers(0, 2**32 - 1), size=SIZES)
@settings(max_examples=40, deadline=None)
def test_a_defect_is_where_the_mask_is_and_nowhere_else(seed: int, size: tuple[int, int]) -> None:
    image = np.random.default_rng(seed + 1).integers(0, 256, (*size, 3)).astype(np.uint8)
    before = image.copy()
    surfaces = AlteredSurfaces(DrawnSurfaces())
    (altered, mask), (again, where) = (perlin_anomaly(np.random.default_rng(seed), image, surfaces) for _ in range(2))
    assert altered.shape == image.shape
    assert altered.dtype == np.uint8
    np.testing.assert_array_equal(mask, (altered != image).any(2))
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(altered, again)
    np.testing.assert_array_equal(mask, where)


def test_about_half_of_the_pictures_stay_good() -> None:
    image = np.full((48, 64, 3), 90, np.uint8)
    rng = np.random.default_rng(3)
    areas = np.array([perlin_anomaly(rng, image, Plain())[1].mean() for _ in range(200)])
    assert 0.4 < (areas == 0).mean() < 0.65
    assert areas.max() < 0.9
    always = [perlin_anomaly(rng, image, Plain(), share=1.0)[1].any() for _ in range(50)]
    assert np.mean(always) > 0.9


def test_what_cannot_be_seen_is_no_defect() -> None:
    image = np.full((48, 64, 3), 100, np.uint8)
    masks = [perlin_anomaly(np.random.default_rng(seed), image, Plain(), share=1.0)[1] for seed in range(30)]
    assert not any(mask[:, :32].any() for mask in masks)
    assert any(mask[:, 32:].any() for mask in masks)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_surfaces_stay_pictures(change: Change) -> None:
    image = DrawnSurfaces().draw(np.random.default_rng(5), (40, 56))
    flat = np.full((40, 56, 3), 17, np.uint8)
    found = [change(np.random.default_rng(seed), image) for seed in range(6)]
    for item in (*found, change(np.random.default_rng(0), flat)):
        assert item.shape == (40, 56, 3)
        assert item.dtype == np.uint8
    assert any((item != image).any() for item in found)


def test_a_surface_comes_in_many_lights() -> None:
    means = [AlteredSurfaces(Plain()).draw(np.random.default_rng(seed), (32, 32)).mean() for seed in range(20)]
    assert np.ptp(means) > 40
