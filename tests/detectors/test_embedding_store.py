"""Pictures are embedded once for fitting and cross-validation, within a bound, and never taken for one another."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.detectors.components.embedding_store import EmbeddingStore
from inspector.features.loading import LoadedBackbone
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import good_parts, ids, make

FOLDS = 3


def inputs(*values: float) -> list[np.ndarray]:
    return [np.full((3, 4, 4), value, np.float32) for value in values]


def embedded(*values: float) -> torch.Tensor:
    return torch.stack([torch.full((2, 2, 5), float(value)) for value in values])


def test_what_was_kept_is_found_in_any_order_and_nothing_else() -> None:
    store = EmbeddingStore(10_000)
    store.keep(inputs(1, 2, 3), embedded(1, 2, 3))
    found = store.find(inputs(3, 1))
    assert found is not None
    torch.testing.assert_close(found, embedded(3, 1))
    assert store.find(inputs(1, 4)) is None


def test_it_is_bounded() -> None:
    store = EmbeddingStore(2 * embedded(1).numel() * 4)
    store.keep(inputs(1, 1, 2, 3), embedded(1, 1, 2, 3))
    assert store.find(inputs(1, 2)) is not None
    assert store.find(inputs(3)) is None


@pytest.mark.parametrize("detector_id", ids("cross_validated"))
def test_training_computes_features_once(detector_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    whole = LoadedBackbone.forward
    monkeypatch.setattr(LoadedBackbone, "forward", lambda self, images: seen.append(len(images)) or whole(self, images))
    detector, parts = make(detector_id), good_parts(7)
    detector.fit(parts, no_progress, CancelToken())
    fitting = sum(seen)
    shared = detector.cross_validated_scores(parts, FOLDS, no_progress, CancelToken())
    # SPADE chooses its gallery by pooled features first, and takes the maps of the chosen pictures then.
    assert sum(seen) == fitting == len(parts) * (2 if detector_id == "spade" else 1)
    alone = make(detector_id).cross_validated_scores(parts, FOLDS, no_progress, CancelToken())
    np.testing.assert_allclose(shared, alone, rtol=1e-5)


@pytest.mark.parametrize("detector_id", ids("cross_validated"))
def test_other_pictures_are_not_taken_for_those_of_the_fit(detector_id: str) -> None:
    detector, others = make(detector_id), good_parts(16)[8:]
    detector.fit(good_parts(8), no_progress, CancelToken())
    after = detector.cross_validated_scores(others, FOLDS, no_progress, CancelToken())
    alone = make(detector_id).cross_validated_scores(others, FOLDS, no_progress, CancelToken())
    np.testing.assert_allclose(after, alone, rtol=1e-5)
