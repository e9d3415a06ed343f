"""Nearest-neighbour search against scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from inspector.detectors.components import nearest
from inspector.detectors.components.nearest import MemoryBank


def vectors(n: int, dimensions: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2, (n, dimensions)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 20), st.integers(1, 5), st.integers(1, 25))
def test_distances_are_those_of_scipy(n: int, m: int, dimensions: int, neighbours: int, chunk: int) -> None:
    queries, points = vectors(n, dimensions, 0), vectors(m, dimensions, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_CHUNK", chunk)
        found = MemoryBank(torch.from_numpy(points))(torch.from_numpy(queries), neighbours)
    expected = np.sort(cdist(queries, points), axis=1)[:, :neighbours].mean(1)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-3, atol=2e-3)


def test_rounding_does_not_show_where_a_patch_is_known() -> None:
    """Float32 and float64 agree, as ONNX Runtime and torch have to, where |a|² + |b|² - 2ab is all but nothing."""
    points = vectors(200, 64, 4) * np.linspace(1, 12, 200, dtype=np.float32)[:, None]
    queries = torch.from_numpy(points + 1e-4)
    exact = MemoryBank(torch.from_numpy(points).double())(queries.double())
    found = MemoryBank(torch.from_numpy(points))(queries)
    spread = float(np.median(cdist(points, points)))
    assert float((found - exact).abs().max()) < 3e-4 * spread


def test_all_distances() -> None:
    queries, points = vectors(3, 9, 2), vectors(50, 9, 3)
    found = MemoryBank(torch.from_numpy(points)).distances(torch.from_numpy(queries))
    np.testing.assert_allclose(found.numpy(), cdist(queries, points), rtol=1e-4, atol=1e-4)


def test_a_vector_of_the_bank_is_at_all_but_no_distance() -> None:
    points = torch.from_numpy(vectors(20, 8, 5))
    assert bool((MemoryBank(points)(points) < 4e-3 * points.norm(dim=1)).all())
