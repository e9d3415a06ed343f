import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import TrainingError
from inspector.evaluation.calibration import best_f1, from_good, no_escape
from inspector.evaluation.image_metrics import confusion
from inspector.evaluation.judge import Verdict, judge_score

few = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=15)


@pytest.mark.parametrize("target", [0.01, 0.05])
def test_rejects_about_the_stated_share_of_new_good_parts(target: float) -> None:
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(60):
        threshold = from_good(rng.normal(10, 2, 100), target).thresholds.fail
        rates.append(float((rng.normal(10, 2, 5000) >= threshold).mean()))
    assert np.mean(rates) == pytest.approx(target, rel=0.5)


def test_one_odd_sample_does_not_decide() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(10, 1, 100)
    clean = from_good(scores).thresholds.fail
    scores[np.argmax(scores)] = 1e6
    assert from_good(scores).thresholds.fail == pytest.approx(clean, rel=0.01)


def test_a_skewed_upper_half_is_followed() -> None:
    rng = np.random.default_rng(2)
    scores = rng.gamma(2.0, 1.0, 2000)
    symmetric = np.median(scores) + 2.33 * 1.4826 * np.median(np.abs(scores - np.median(scores)))
    rejected = (rng.gamma(2.0, 1.0, 20_000) >= from_good(scores).thresholds.fail).mean()
    assert rejected < (scores >= symmetric).mean()
    assert rejected < 0.03


@given(few)
def test_few_scores_pass_their_own_median(scores: list[float]) -> None:
    thresholds = from_good(np.array(scores)).thresholds
    assert np.isfinite(thresholds.fail)
    assert judge_score(float(np.median(scores)), thresholds) is Verdict.PASS


def test_identical_scores_all_pass() -> None:
    thresholds = from_good(np.full(30, 0.0)).thresholds
    assert judge_score(0.0, thresholds) is Verdict.PASS


def test_a_review_rate_opens_a_band() -> None:
    scores = np.random.default_rng(3).normal(0, 1, 200)
    thresholds = from_good(scores, 0.01, review_rate=0.1).thresholds
    assert thresholds.review < thresholds.fail


@given(few, few)
def test_no_escape_lets_no_defect_pass_and_no_higher_threshold_does(good: list[float], defect: list[float]) -> None:
    result = no_escape(np.array(good), np.array(defect))
    counted = confusion(good, defect, result.thresholds)
    assert counted.escapes.count == 0
    assert counted.overkill.count == sum(score >= min(defect) for score in good)


@given(few, few)
def test_best_f1_is_the_best_of_all_thresholds(good: list[float], defect: list[float]) -> None:
    from inspector.evaluation.judge import Thresholds

    found = confusion(good, defect, best_f1(np.array(good), np.array(defect)).thresholds).f1
    tried = [confusion(good, defect, Thresholds(limit, limit)).f1 for limit in {*good, *defect}]
    assert found is not None
    assert found == pytest.approx(max(value for value in tried if value is not None))


def test_missing_scores_are_named() -> None:
    with pytest.raises(TrainingError) as error:
        no_escape(np.array([1.0]), np.array([]))
    assert error.value.parameters == {"kind": "defect"}
    with pytest.raises(TrainingError):
        from_good(np.array([]))
