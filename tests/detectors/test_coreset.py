"""Greedy k-centre by blocks against the plain algorithm."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from inspector.detectors.components import coreset
from inspector.detectors.components.coreset import greedy_k_centre, random_projection
from inspector.errors import Cancelled
from inspector.tasks import CancelToken, no_progress


def plain_greedy(points: np.ndarray, count: int, first: int) -> tuple[list[int], float]:
    """The textbook algorithm, one point at a time, in float64."""
    nearest = cdist(points, points[[first]])[:, 0]
    chosen = [first]
    while len(chosen) < count:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, cdist(points, points[[chosen[-1]]])[:, 0])
    return chosen, float(nearest.max())


def cloud(n: int, dimensions: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 3, (5, dimensions))
    return (centres[rng.integers(0, 5, n)] + rng.normal(0, 1, (n, dimensions))).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 300), st.integers(1, 12), st.integers(0, 1000), st.integers(1, 64))
def test_every_selection_is_one_that_plain_greedy_could_make(n: int, dimensions: int, seed: int, block: int) -> None:
    points = cloud(n, dimensions, seed)
    count = min(n, max(1, n // 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coreset, "_BLOCK", block)
        found = greedy_k_centre(torch.from_numpy(points), count, seed % n, no_progress, CancelToken())
    exact = points.astype(np.float64)
    nearest = cdist(exact, exact[[seed % n]])[:, 0]
    assert int(found.indices[0]) == seed % n
    for index in found.indices[1:].tolist():
        # Points that are as far as float32 can tell may be taken in either order.
        assert nearest[index] == pytest.approx(nearest.max(), rel=1e-3, abs=3e-3)
        nearest = np.minimum(nearest, cdist(exact, exact[[index]])[:, 0])
    assert len(found.indices) == count
    assert found.radius == pytest.approx(nearest.max(), rel=1e-3, abs=3e-3)


def test_it_goes_through_many_rows_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreset, "_ROWS", 100)
    points = cloud(1050, 6, 1)
    found = greedy_k_centre(torch.from_numpy(points), 60, 7, no_progress, CancelToken())
    assert found.indices.tolist() == plain_greedy(points.astype(np.float64), 60, 7)[0]


def test_copies_of_selected_points_are_not_selected() -> None:
    points = torch.from_numpy(np.repeat(cloud(10, 4, 2), 30, axis=0))
    found = greedy_k_centre(points, 200, 0, no_progress, CancelToken())
    assert len(found.indices) == 10
    assert len(points[found.indices].unique(dim=0)) == 10
    assert found.radius == pytest.approx(0.0, abs=5e-3)


def test_the_radius_shrinks_and_is_reported() -> None:
    points = torch.from_numpy(cloud(5000, 8, 3))
    seen: list[tuple[int, float]] = []

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        assert stage == "coreset"
        assert value is not None
        seen.append((done, value))

    found = greedy_k_centre(points, 800, 0, progress, CancelToken())
    counts, radii = zip(*seen, strict=True)
    assert list(counts) == sorted(counts)
    assert list(radii) == sorted(radii, reverse=True)
    true = cdist(points.numpy(), points[found.indices].numpy()).min(1).max()
    assert radii[-1] == found.radius == pytest.approx(true, rel=1e-3)


def test_cancel() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        greedy_k_centre(torch.from_numpy(cloud(50, 3, 4)), 10, 0, no_progress, token)


def test_projection_keeps_distances_roughly() -> None:
    points = torch.from_numpy(cloud(200, 400, 5))
    projected = random_projection(points, 128, torch.Generator().manual_seed(0))
    assert projected.shape == (200, 128)
    before, after = cdist(points, points), cdist(projected, projected)
    off_diagonal = ~np.eye(200, dtype=bool)
    assert np.abs(after[off_diagonal] / before[off_diagonal] - 1).mean() < 0.1
    assert random_projection(points, 400, torch.Generator()) is points
