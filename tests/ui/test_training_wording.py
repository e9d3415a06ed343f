"""What the training pane says and computes, without a window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.data.dataset import Label, Split
from inspector.errors import TrainingError
from inspector.evaluation.intervals import clopper_pearson
from inspector.evaluation.judge import Thresholds
from inspector.runtime.manifest import TilingPart
from inspector.runtime.scores import ScoreRow
from inspector.ui.panes.training.evidence import Evidence
from inspector.ui.panes.training.wording import (
    figure,
    in_sample_warning,
    judged_in_tiles,
    measured_on,
    rate_count,
    rate_interval,
    threshold_origin,
    training_material,
)

SCORES = st.lists(st.floats(0, 100), max_size=15)


def row(label: Label, score: float, *, learned: bool = False) -> ScoreRow:
    split = Split.TRAIN if learned else Split.TEST
    return ScoreRow(sha256="x", name="x.png", label=label, kind=None, split=split, score=score, cross_validated=learned)


def evidence(learned=(), held_out=(), defect=()) -> Evidence:
    rows = [row(Label.GOOD, score, learned=True) for score in learned]
    rows += [row(Label.GOOD, score) for score in held_out] + [row(Label.DEFECT, score) for score in defect]
    return Evidence.of(rows)


@given(learned=SCORES, held_out=SCORES, defect=SCORES, ends=st.tuples(st.floats(0, 100), st.floats(0, 100)))
def test_figures_agree_with_counting_by_hand(learned, held_out, defect, ends) -> None:
    review, fail = min(ends), max(ends)
    judged = evidence(learned, held_out, defect).judged(Thresholds(review, fail))

    def fails(score: float) -> bool:
        return score > fail or (review == fail and score == fail)

    assert (judged.escapes.count, judged.escapes.n) == (sum(s < review for s in defect), len(defect))
    assert (judged.overkill_learned.count, judged.overkill_learned.n) == (sum(map(fails, learned)), len(learned))
    assert (judged.overkill_held_out.count, judged.overkill_held_out.n) == (sum(map(fails, held_out)), len(held_out))
    everything = [*learned, *held_out, *defect]
    between = sum(review <= score and not fails(score) for score in everything)
    assert (judged.reviewed.count, judged.reviewed.n) == (between, len(everything))


def test_held_out_good_parts_stay_out_of_calibration() -> None:
    part = evidence(learned=[1.0, 1.1, 1.2], held_out=[50.0], defect=[3.0]).from_good(0.01)
    assert part.fail < 50
    assert (part.method, part.good_scores, part.n_good) == ("good_quantile", "cross_validated", 3)


def test_no_escape_and_best_f1_separate_what_can_be_separated() -> None:
    found = evidence(learned=[1.0, 2.0], defect=[3.0, 4.0])
    for part in (found.no_escape(), found.best_f1()):
        judged = found.judged(part.build())
        assert judged.escapes.count == judged.overkill_learned.count == 0
        assert judged.f1 == 1
        assert in_sample_warning(part)


def test_without_scores_there_is_a_reason() -> None:
    with pytest.raises(TrainingError, match="calibration_no_scores"):
        evidence().from_good(0.01)
    with pytest.raises(TrainingError, match="calibration_no_scores"):
        evidence(learned=[1.0, 2.0]).no_escape()


def test_origin_says_what_stood_behind_a_threshold() -> None:
    learned = evidence(learned=np.linspace(1, 2, 30), defect=[5.0])
    assert "cross-validated" in threshold_origin(learned.from_good(0.02))
    assert "2.0 %" in threshold_origin(learned.from_good(0.02))
    assert "held out" in threshold_origin(evidence(held_out=[1.0, 2.0]).from_good(0.01))
    assert "only good part" in threshold_origin(evidence(learned=[1.0]).from_good(0.01))
    assert threshold_origin(learned.manual(1, 2)) == "Set by hand."


def test_a_rate_never_goes_without_its_n() -> None:
    rate = clopper_pearson(0, 60)
    assert rate_count(rate) == "0 of 60"
    assert rate_interval(rate) == "0.0 %  (95 %: 0.0 % to 6.0 %)"
    assert math.isclose(rate.high, 0.0596, abs_tol=1e-3)
    assert rate_count(clopper_pearson(0, 0)) == "none to judge"


def test_missing_figures_have_a_reason() -> None:
    metrics = {"image_auroc": None, "pixel_auroc": None, "aupro": 0.5, "n_good": 9, "n_defect": 0,
               "n_pixel_images": 12, "n_regions": 4}  # fmt: skip
    assert figure(metrics, "image_auroc") == ("not available", "no picture is labelled as defect")
    assert "outline" in figure({**metrics, "n_defect": 3}, "pixel_auroc")[1]
    assert figure(metrics, "aupro") == ("0.500", "n = 12 pictures, 4 defect areas")
    assert "No picture is labelled as defect" in measured_on(metrics)
    assert "never saw" in measured_on({"good_scores": "held_out", "n_good": 1, "n_defect": 1})
    assert "cross-validated" in measured_on({"good_scores": "cross_validated", "n_good": 1, "n_defect": 1})


def test_tiles_are_told() -> None:
    assert judged_in_tiles(None) == ""
    assert "256 pixels" in judged_in_tiles(TilingPart(size=256, overlap=64))


@pytest.mark.parametrize(
    ("counts", "word"), [((0, 0, 0), "No good picture"), ((5, 0, 0), "few"), ((40, 0, 0), "escape"), ((40, 5, 5), "")]
)
def test_training_material_warns_in_time(counts: tuple[int, int, int], word: str) -> None:
    facts, warning = training_material(*counts)
    assert str(counts[0]) in facts
    assert word in warning
    assert bool(word) == bool(warning)
