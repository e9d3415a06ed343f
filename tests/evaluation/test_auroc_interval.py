from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from inspector.evaluation.auroc_interval import auroc_interval


def test_values_worked_out_by_hand() -> None:
    """Shares below the defects 2/3 and 1, above the good parts 1, 1 and 1/2: AUROC 5/6, whose odds are 5.

    Variances 1/18 of two and 1/12 of three give 1/36 + 1/36; 1.96 * sqrt(1/18) / (5/36) is 3.3263 on the logit scale.
    """
    found = auroc_interval(np.array([1.0, 2.0, 3.0]), np.array([4.0, 2.5]))
    assert found == pytest.approx((0.15227, 0.99287), abs=1e-4)


def test_ties_count_half() -> None:
    """The same shares, one of them from a tie: 1.5 of two defects lie above the second good part."""
    ties = auroc_interval(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert ties is not None
    variance = 2 * (2 * 0.125**2) / 2  # shares 3/4 and 1 on both sides
    reach = 1.959964 * np.sqrt(variance) / (7 / 8 * 1 / 8)
    assert ties == pytest.approx((1 / (1 + np.exp(reach) / 7), 1 / (1 + np.exp(-reach) / 7)), rel=1e-5)


def test_a_perfect_ranking_of_few_proves_little() -> None:
    low, high = auroc_interval(np.arange(10.0), np.arange(20.0, 24.0)) or (0, 0)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 4)), 1.0)
    low, _ = auroc_interval(np.arange(100.0), np.arange(200.0, 300.0)) or (0, 0)
    assert low == pytest.approx(0.025 ** (1 / 100))


def test_the_true_value_is_inside_as_often_as_is_said() -> None:
    rng = np.random.default_rng(5)
    truth = norm.cdf(1.2 / np.sqrt(2))
    inside = 0
    for _ in range(600):
        low, high = auroc_interval(rng.normal(0, 1, 40), rng.normal(1.2, 1, 25)) or (1, 0)
        inside += low <= truth <= high
    assert 0.925 <= inside / 600 <= 0.98


def test_without_one_of_the_two_nothing_is_known() -> None:
    assert auroc_interval(np.array([]), np.array([1.0])) is None
    assert auroc_interval(np.array([1.0]), np.array([])) is None


@pytest.mark.parametrize(("good", "defect"), [([1.0], [1.0]), ([1.0], [2.0, 0.5]), ([1.0, 1.0], [1.0, 1.0])])
def test_few_or_equal_scores_give_a_proper_interval(good: list[float], defect: list[float]) -> None:
    low, high = auroc_interval(np.array(good), np.array(defect)) or (1, 0)
    assert 0 <= low <= 0.5 <= high <= 1
