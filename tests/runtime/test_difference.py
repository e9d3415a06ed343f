"""How far two ways of computing are apart: every score counts, of a map all but one part in a hundred."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.runtime.difference import difference


def maps() -> np.ndarray:
    return np.linspace(0, 10, 2 * 50 * 50, dtype=np.float32).reshape(2, 50, 50)


def test_one_wrong_score_is_told() -> None:
    scores = np.linspace(0, 10, 200, dtype=np.float32)
    other = scores.copy()
    other[7] += 1
    assert difference(scores, other) == pytest.approx(0.1)


def test_a_few_cells_of_a_map_may_differ_and_more_may_not() -> None:
    other = maps()
    other.reshape(-1)[:40] += 3
    assert difference(maps(), other) == 0
    other.reshape(-1)[:60] += 3
    assert difference(maps(), other) > 0.1


def test_what_cannot_be_compared_is_infinitely_far() -> None:
    other = maps()
    other[0, 0, 0] = np.nan
    assert difference(maps(), other) == difference(maps(), maps()[:1]) == float("inf")
