"""Drawn defects change a picture where they say and nowhere else."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.data.synthetic.blending import blended, large_blotches
from inspector.data.synthetic.surfaces import DrawnSurfaces

SIZES = st.tuples(st.integers(32, 90), st.integers(32, 90))


@given(seed=st.integers(0, 2**32 - 1), size=SIZES)
@settings(max_examples=30, deadline=None)
def test_only_the_blotches_change(seed: int, size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    before = image.copy()
    found = [
        blended(np.random.default_rng(seed), image, DrawnSurfaces(), opacity=(0.5, 1.0), smallest=0.001)
        for _ in range(2)
    ]
    altered, where = found[0]
    np.testing.assert_array_equal(altered, found[1][0])
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(altered[~where], image[~where])
    assert where.shape == size
    assert altered.dtype == np.uint8


def test_opacity_says_how_much_is_seen_of_the_surface() -> None:
    image = np.full((64, 64, 3), 128, np.uint8)
    for opacity, largest in ((0.0, 0), (0.25, 32)):
        altered, where = blended(
            np.random.default_rng(3), image, DrawnSurfaces(), opacity=(opacity, opacity), smallest=0.001
        )
        assert where.any()
        assert np.abs(altered.astype(int) - 128).max() <= largest
    opaque, where = blended(np.random.default_rng(3), image, DrawnSurfaces(), opacity=(1.0, 1.0), smallest=0.001)
    assert (opaque[where] != 128).mean() > 0.9


def test_blotches_are_as_large_as_wanted_and_seldom_missing() -> None:
    usual = [large_blotches(np.random.default_rng(seed), (64, 96), 0.001) for seed in range(100)]
    assert np.mean([not blotches.any() for blotches in usual]) < 0.05
    large = [large_blotches(np.random.default_rng(seed), (64, 96), 0.03).mean() for seed in range(100)]
    assert min(area for area in large if area) >= 0.03
