"""Preprocessing: the network's input, checked against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def test_same_size_is_only_normalised():
    result = Preprocessing(24, 32).apply(IMAGE)
    expected = (IMAGE[:, :, ::-1] / 255 - IMAGENET_MEAN) / IMAGENET_STD
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    np.testing.assert_allclose(result, expected.transpose(2, 0, 1), atol=1e-5)


def test_every_value_is_to_the_bit_what_stored_models_were_trained_on():
    levels = np.arange(256, dtype=np.uint8)
    image = np.stack([levels, levels[::-1], np.roll(levels, 7)], axis=-1).reshape(16, 16, 3)
    scale = np.float32(IMAGENET_STD) * np.float32(255)
    offset = np.float32(IMAGENET_MEAN) / np.float32(IMAGENET_STD)
    expected = (image[:, :, ::-1].astype(np.float32) / scale - offset).transpose(2, 0, 1)
    assert np.array_equal(Preprocessing(16, 16).apply(image), expected)


@given(height=st.integers(1, 60), width=st.integers(1, 60), value=st.integers(0, 255))
@settings(deadline=None)
def test_even_picture_stays_even_at_any_size(height, width, value):
    image = np.full((height, width, 3), value, np.uint8)
    result = Preprocessing(16, 24, (0, 0, 0), (1, 1, 1)).apply(image)
    assert result.shape == (3, 16, 24)
    np.testing.assert_allclose(result, value / 255, atol=1e-6)


def test_shrinking_averages_areas():
    result = Preprocessing(12, 16, (0, 0, 0), (1, 1, 1)).apply(IMAGE)
    means = IMAGE[:, :, ::-1].reshape(12, 2, 16, 2, 3).mean(axis=(1, 3)).transpose(2, 0, 1) / 255
    assert np.abs(result - means).max() <= 0.51 / 255


def test_view_and_copy_give_the_same_input():
    view = IMAGE[3:20, 5:30]
    preprocessing = Preprocessing(16, 16)
    assert np.array_equal(preprocessing.apply(view), preprocessing.apply(view.copy()))


@pytest.mark.parametrize("sizes", [[(24, 32)], [(24, 32), (10, 12), (80, 7)]])
def test_batch_is_each_picture_in_order(sizes):
    random = np.random.default_rng(1)
    images = [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    preprocessing = Preprocessing(16, 20)
    batch = preprocessing.batch(images)
    assert batch.shape == (len(images), 3, 16, 20)
    assert all(np.array_equal(row, preprocessing.apply(image)) for row, image in zip(batch, images, strict=True))
