"""Pasted pieces: only their place changes, the same for the same seed, of the sizes that the paper gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.data.synthetic.cutpaste import jittered, with_patch, with_scar
from inspector.imaging.frame import Image

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.tuples(st.integers(16, 120), st.integers(16, 120))

Paste = Callable[[np.random.Generator, Image], tuple[Image, np.ndarray]]
each = pytest.mark.parametrize("paste", [with_patch, with_scar])


def noise(size: tuple[int, int], seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


@each
@given(seed=SEEDS, size=SIZES)
@settings(max_examples=60, deadline=None)
def test_only_the_pasted_place_changes_and_it_is_repeatable(paste: Paste, seed: int, size: tuple[int, int]) -> None:
    image = noise(size)
    before = image.copy()
    altered, where = paste(np.random.default_rng(seed), image)
    assert altered.dtype == np.uint8
    assert altered.shape == image.shape
    assert where.dtype == np.bool_
    assert where.shape == size
    assert where.any()
    np.testing.assert_array_equal(altered[~where], image[~where])
    np.testing.assert_array_equal(image, before)
    for one, other in zip(paste(np.random.default_rng(seed), image), (altered, where), strict=True):
        np.testing.assert_array_equal(one, other)


@each
def test_the_piece_is_seen(paste: Paste) -> None:
    image = noise((128, 128))
    for seed in range(20):
        altered, where = paste(np.random.default_rng(seed), image)
        assert (altered[where] != image[where]).any(axis=1).mean() > 0.9


def test_patches_have_the_areas_and_shapes_of_the_paper() -> None:
    image = noise((256, 256))
    wheres = [with_patch(np.random.default_rng(seed), image)[1] for seed in range(300)]
    areas = np.array([where.mean() for where in wheres])
    aspects = np.array([where.any(0).sum() / where.any(1).sum() for where in wheres])
    assert 0.019 < areas.min() < 0.03
    assert 0.13 < areas.max() < 0.152
    assert 0.28 < aspects.min() < 0.36
    assert 2.7 < aspects.max() < 3.5
    assert abs(np.log(aspects).mean()) < 0.15


@pytest.mark.parametrize("size", [(256, 256), (512, 512), (512, 2048)])
def test_scars_grow_with_the_smaller_side(size: tuple[int, int]) -> None:
    image, scale = np.zeros((*size, 3), np.uint8), min(size) / 256
    areas = [with_scar(np.random.default_rng(seed), image)[1].sum() / scale**2 for seed in range(200)]
    assert 15 < min(areas) < 60
    assert 250 < max(areas) < 420


def test_scars_are_turned() -> None:
    image = np.zeros((1024, 1024, 3), np.uint8)
    filled = []
    for seed in range(30):
        where = with_scar(np.random.default_rng(seed), image)[1]
        filled.append(where.sum() / (where.any(0).sum() * where.any(1).sum()))
    assert min(filled) < 0.6


@given(seed=SEEDS, amount=st.floats(0, 0.3))
@settings(max_examples=30, deadline=None)
def test_jitter_changes_colours_a_little(seed: int, amount: float) -> None:
    image = noise((20, 30))
    found = jittered(np.random.default_rng(seed), image, amount)
    assert found.dtype == np.uint8
    assert found.shape == image.shape
    gray = np.full((20, 30, 3), 100, np.uint8)
    shifted = jittered(np.random.default_rng(seed), gray, amount).astype(int)
    assert np.ptp(shifted) <= 1
    assert abs(shifted.mean() - 100) <= 100 * amount + 1


def test_no_jitter_is_no_change() -> None:
    image = noise((20, 30))
    difference = jittered(np.random.default_rng(0), image, 0.0).astype(int) - image
    assert np.abs(difference).max() <= 1
