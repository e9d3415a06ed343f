"""Nearest-neighbour search against scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from inspector.detectors.components import nearest
from inspector.detectors.components.nearest import LargestDistance, MemoryBank


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


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200), st.integers(1, 300), st.integers(0, 100), st.integers(1, 3), st.integers(2, 12))
def test_the_largest_distance_is_found_without_all_others(
    n: int, m: int, seed: int, neighbours: int, dimensions: int
) -> None:
    scale = np.linspace(2, 0.1, dimensions, dtype=np.float32)
    bank = MemoryBank(torch.from_numpy(vectors(m, dimensions, seed) * scale))
    queries = torch.from_numpy(vectors(n, dimensions, seed + 1) * scale)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_REDUCED", 2)
        value, row = LargestDistance(bank)(queries, neighbours)
    everything = bank(queries, neighbours)
    assert float(value) == pytest.approx(float(everything.max()), rel=1e-4)
    assert float(everything[row]) == pytest.approx(float(value), rel=1e-4)


def test_most_distances_are_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    scale = np.concatenate([np.full(8, 3.0), np.full(92, 0.05)]).astype(np.float32)
    bank = MemoryBank(torch.from_numpy(vectors(3000, 100, 1) * scale))
    queries = torch.from_numpy(vectors(1000, 100, 2) * scale)
    asked: list[int] = []
    monkeypatch.setattr(
        MemoryBank, "forward", lambda self, some, k=1: asked.append(len(some)) or self.distances(some).amin(1)
    )
    value, _ = LargestDistance(bank)(queries)
    assert float(value) == pytest.approx(cdist(queries, bank.points).min(1).max(), rel=1e-4)
    assert sum(asked) < 100


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(1, 60), st.integers(1, 6), st.integers(1, 25))
def test_nearest_rows_are_those_of_scipy(n: int, m: int, neighbours: int, chunk: int) -> None:
    queries, points = vectors(n, 7, 8), vectors(m, 7, 9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_CHUNK", chunk)
        found = MemoryBank(torch.from_numpy(points)).nearest(torch.from_numpy(queries), neighbours)
    expected = np.argsort(cdist(queries, points), axis=1)[:, :neighbours]
    np.testing.assert_array_equal(np.sort(found.numpy(), 1), np.sort(expected, 1))


def test_a_vector_of_the_bank_is_at_all_but_no_distance() -> None:
    points = torch.from_numpy(vectors(20, 8, 5))
    assert bool((MemoryBank(points)(points) < 4e-3 * points.norm(dim=1)).all())
