import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score

from inspector.evaluation.image_metrics import confusion, ranking
from inspector.evaluation.judge import Thresholds, Verdict, judge_score

scores = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40)


def test_ranking_worked_out_by_hand() -> None:
    # pairs (good, defect): (1,2) right, (1,4) right, (3,2) wrong, (3,4) right -> 3/4
    figures = ranking(np.array([1.0, 3.0]), np.array([2.0, 4.0]))
    assert figures.auroc == pytest.approx(0.75)
    # down the list: 4 (hit, 1/1), 3, 2 (hit, 2/3) -> mean of precisions at hits
    assert figures.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert (figures.n_good, figures.n_defect) == (2, 2)


def test_ranking_without_defects_is_not_a_number_made_up() -> None:
    figures = ranking(np.array([1.0]), np.array([]))
    assert figures.auroc is None
    assert figures.average_precision is None


@given(scores, scores)
def test_ranking_survives_any_increasing_change_of_scale(good: list[float], defect: list[float]) -> None:
    plain = ranking(np.array(good), np.array(defect)).auroc
    everything = np.unique(np.r_[good, defect])
    ranks = np.searchsorted(everything, good), np.searchsorted(everything, defect)
    assert ranking(ranks[0].astype(float), ranks[1].astype(float)).auroc == pytest.approx(plain)
    assert plain == pytest.approx(roc_auc_score(np.r_[np.zeros(len(good)), np.ones(len(defect))], np.r_[good, defect]))


@given(scores, scores, st.floats(-1e6, 1e6, width=32))
def test_confusion_and_f1_agree_with_scikit_learn(good: list[float], defect: list[float], limit: float) -> None:
    result = confusion(good, defect, Thresholds(limit, limit))
    truth = np.r_[np.zeros(len(good)), np.ones(len(defect))]
    alarm = np.r_[good, defect] >= limit
    (tn, fp), (fn, tp) = confusion_matrix(truth, alarm, labels=[0, 1])
    assert (result.good[Verdict.PASS], result.good[Verdict.FAIL]) == (tn, fp)
    assert (result.defect[Verdict.PASS], result.defect[Verdict.FAIL]) == (fn, tp)
    assert result.f1 == pytest.approx(f1_score(truth, alarm, zero_division=0.0))
    assert (result.escapes.count, result.escapes.n) == (fn, len(defect))
    assert (result.overkill.count, result.overkill.n) == (fp, len(good))


def test_review_is_neither_escape_nor_overkill() -> None:
    result = confusion([1.0, 5.0, 9.0], [5.0, 1.0], Thresholds(4.0, 6.0))
    assert result.overkill.count == 1
    assert result.escapes.count == 1
    assert (result.reviewed.count, result.reviewed.n) == (2, 5)


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(1.9, Verdict.PASS), (2.0, Verdict.REVIEW), (3.0, Verdict.REVIEW), (3.1, Verdict.FAIL)],
)
def test_both_ends_of_the_band_are_reviewed(score: float, verdict: Verdict) -> None:
    assert judge_score(score, Thresholds(2.0, 3.0)) is verdict


def test_without_a_band_a_score_on_the_threshold_fails() -> None:
    assert judge_score(2.0, Thresholds(2.0, 2.0)) is Verdict.FAIL


def test_crossed_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match="above"):
        Thresholds(3.0, 2.0)
