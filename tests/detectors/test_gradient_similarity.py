"""Similarity of edges: its bounds, one position by hand, and gradients that stay finite where pictures are even."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.detectors.components.gradient_similarity import GradientSimilarity, median


@given(seed=st.integers(0, 2**31), height=st.integers(3, 12), width=st.integers(3, 12))
@settings(max_examples=20, deadline=None)
def test_the_median_is_the_median(seed: int, height: int, width: int) -> None:
    gray = torch.rand(2, 1, height, width, generator=torch.Generator().manual_seed(seed))
    padded = np.pad(gray.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    np.testing.assert_array_equal(median(gray).numpy(), np.median(windows, (4, 5)))


def test_a_picture_is_like_itself_and_less_like_others() -> None:
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.rand(2, 3, 33, 50, generator=generator) for _ in range(2))
    similarity = GradientSimilarity()
    torch.testing.assert_close(similarity(one, one), torch.ones(2, 33, 50))
    found = similarity(one, other)
    assert found.shape == (2, 33, 50)
    assert found.max() <= 1
    assert found.min() > 0
    assert found.mean() < 0.9
    torch.testing.assert_close(found, similarity(other, one))


def test_a_ramp_and_an_even_picture_by_hand() -> None:
    """Along a ramp of s per pixel Prewitt gives 2 s, at each coarser scale twice as much."""
    slope = 0.01
    ramp = (torch.arange(64) * slope).expand(1, 3, 64, 64)
    found = GradientSimilarity()(ramp, torch.full((1, 3, 64, 64), 0.5))[0, 32, 32].item()
    lengths = np.sqrt((2 * slope * 2.0 ** np.arange(4)) ** 2 + 1e-6)
    expected = np.mean((2 * lengths * 1e-3 + 0.0026) / (lengths**2 + 1e-6 + 0.0026))
    assert found == pytest.approx(expected, rel=1e-4)


def test_gradients_are_finite_on_even_pictures() -> None:
    even = torch.full((1, 3, 32, 32), 0.5, requires_grad=True)
    GradientSimilarity()(even, torch.full((1, 3, 32, 32), 0.5)).mean().backward()
    assert even.grad is not None
    assert torch.isfinite(even.grad).all()
