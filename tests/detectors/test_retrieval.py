"""Galleries of whole pictures and of their maps, beside the plain way to compute the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.detectors.components.pooled import PictureGallery, chosen_pictures, pooled
from inspector.detectors.components.pooling import bounded
from inspector.detectors.components.spade_network import MapGallery
from inspector.detectors.grids import bounded_grid
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import bad_part, fitted, good_parts


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_layers_are_pooled_side_by_side() -> None:
    maps = [drawn(2, 3, 4, 6), drawn(2, 5, 2, 3)]
    found = pooled(maps)
    assert found.shape == (2, 8)
    torch.testing.assert_close(found[:, :3], maps[0].flatten(2).mean(2))
    torch.testing.assert_close(found[:, 3:], maps[1].flatten(2).mean(2))


@pytest.mark.parametrize("neighbours", [1, 3, 40])
def test_the_nearest_pictures_are_found(neighbours: int) -> None:
    points, queries = drawn(20, 6), drawn(5, 6, seed=1)
    distances, indices = PictureGallery.of(points, neighbours)(queries)
    expected = torch.cdist(queries, points).sort(1)
    count = min(neighbours, 20)
    torch.testing.assert_close(distances, expected.values[:, :count].mean(1), rtol=1e-4, atol=1e-4)
    assert torch.equal(indices, expected.indices[:, :count])


def test_pictures_that_are_nearly_alike_keep_their_distances() -> None:
    """Pooled features of one product differ in their last digits."""
    far = 100 + 1e-3 * drawn(20, 6)
    distances, _ = PictureGallery.of(far, 1)(far[:3] + 1e-3)
    torch.testing.assert_close(distances, torch.cdist(far[:3] + 1e-3, far).amin(1), rtol=0.05, atol=0)


def test_few_pictures_stand_for_many() -> None:
    points = torch.cat([drawn(50, 3) * 0.01, drawn(50, 3) * 0.01 + 10, torch.full((1, 3), 30.0)])
    rows = chosen_pictures(points, 3, CancelToken())
    assert torch.equal(rows, rows.sort().values)
    assert [int((rows < 50).sum()), int(((rows >= 50) & (rows < 100)).sum()), int((rows == 100).sum())] == [1, 1, 1]
    assert torch.equal(chosen_pictures(points, 101, CancelToken()), torch.arange(101))


def test_each_place_is_compared_with_all_places_of_its_own_pictures() -> None:
    vectors, queries = drawn(9, 4, 5), drawn(2, 6, 5, seed=1)
    retrieved = torch.tensor([[0, 3, 5, 1, 7, 8, 2], [8, 7, 6, 5, 4, 3, 2]])
    expected = torch.stack(
        [torch.cdist(query, vectors[own].flatten(0, 1)).amin(1) for query, own in zip(queries, retrieved, strict=True)]
    )
    torch.testing.assert_close(MapGallery(vectors)(queries, retrieved), expected, rtol=1e-4, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12))
def test_a_grid_is_bounded_as_declared(height: int, width: int, limit: int) -> None:
    found = bounded(torch.full((1, 2, height, width), 3.0), limit)
    assert tuple(found.shape[-2:]) == bounded_grid(height, width, limit)
    assert max(found.shape[-2:]) <= limit
    torch.testing.assert_close(found, torch.full_like(found, 3.0))


@pytest.mark.parametrize("detector_id", ["dn2", "spade"])
def test_a_small_gallery_is_enough(detector_id: str) -> None:
    detector = fitted(detector_id, good_parts(12), gallery=3, neighbours=5)
    assert len(detector.state()["gallery.points"]) == 3
    good, bad = (item.score for item in detector.predict([good_parts(13)[-1], bad_part(1)]))
    assert bad > good
    unseen = detector.cross_validated_scores(good_parts(12), 4, no_progress, CancelToken())
    assert np.median(unseen) < bad


def test_fine_grids_make_no_larger_models() -> None:
    coarse, fine = (fitted("spade", good_parts(3), grid=grid) for grid in (6, 32))
    assert coarse.state()["maps.0"].shape[1] == 36
    assert fine.state()["maps.0"].shape[1] == 144
    peak = np.unravel_index(coarse.predict([bad_part(3)])[0].anomaly_map.argmax(), (96, 96))  # type: ignore[union-attr]
    assert 26 <= peak[0] <= 54
    assert 44 <= peak[1] <= 72
