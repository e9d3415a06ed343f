"""The fast search in ONNX Runtime: same scores and maps as in torch, and never less than the exact search."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inspector.detectors.base import Detector
from inspector.detectors.components.coarse_search import CoarseToFine
from inspector.runtime.difference import TOLERANCE
from inspector.runtime.export import export_network
from tests.detectors.parts import bad_part, fitted, good_part, good_parts


def patchcore(search: str) -> Detector:
    return fitted("patchcore", good_parts(8), search=search, coreset_ratio=1.0)


def test_it_is_exported_and_agrees(tmp_path: Path) -> None:
    detector = patchcore("fast")
    assert isinstance(detector.network().search, CoarseToFine)
    parity = export_network(detector, good_parts(4), tmp_path / "model.onnx")
    assert parity.max_score_difference < TOLERANCE


def test_no_score_is_lower_than_that_of_the_exact_search_and_those_of_defects_are_equal() -> None:
    good, bad = ([make(seed) for seed in range(20, 25)] for make in (good_part, bad_part))
    fast, exact = (
        np.array([found.score for found in patchcore(search).predict([*good, *bad])]) for search in ("fast", "exact")
    )
    assert (fast >= exact * (1 - 1e-4)).all()
    np.testing.assert_allclose(fast[5:], exact[5:], rtol=1e-4)
