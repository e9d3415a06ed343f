"""What every detector must do that scores each good part by what was learned from the others."""

from __future__ import annotations

import time

import numpy as np
import pytest

from inspector.detectors.cross_validation import refit_scores
from inspector.errors import Cancelled, TrainingError
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import SIZE, CancellingImages, bad_part, fitted, good_parts, ids, make

pytestmark = pytest.mark.parametrize("detector_id", ids("cross_validated"))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_images_suffice(detector_id: str, count: int) -> None:
    found = make(detector_id, size=64).cross_validated_scores(good_parts(count), 5, no_progress, CancelToken())
    assert found.shape == (count,)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_identical_and_flat_images_work(detector_id: str, grey: int) -> None:
    images = [np.full((SIZE, SIZE, 3), grey, np.uint8)] * 4
    found = make(detector_id, size=64).cross_validated_scores(images, 3, no_progress, CancelToken())
    assert np.isfinite(found).all()


def test_the_same_seed_gives_the_same_scores(detector_id: str) -> None:
    one, two = (fitted(detector_id, good_parts(4), size=64, seed=3) for _ in range(2))
    again = [item.cross_validated_scores(good_parts(4), 2, no_progress, CancelToken()) for item in (one, two)]
    np.testing.assert_array_equal(*again)


def test_unseen_scores_are_higher_than_learned_ones(detector_id: str) -> None:
    images = good_parts(8)
    detector = fitted(detector_id, images)
    unseen = detector.cross_validated_scores(images, 4, no_progress, CancelToken())
    assert np.median(unseen) > np.median([item.score for item in detector.predict(images)])
    assert unseen.max() < detector.predict([bad_part(1)])[0].score


def test_cross_validation_orders_scores_as_the_images(detector_id: str) -> None:
    images = [*good_parts(5), bad_part(7)]
    for detector in (make(detector_id, size=64), fitted(detector_id, images, size=64)):
        found = detector.cross_validated_scores(images, 6, no_progress, CancelToken())
        assert found.argmax() == 5


def test_what_belongs_together_is_held_out_together(detector_id: str) -> None:
    """Two tiles of one picture show the same defect: with its twin among the learned ones it would look usual."""
    images = [*good_parts(8), bad_part(7), bad_part(7)]
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    detector = make(detector_id, size=64)
    apart = detector.cross_validated_scores(images, 10, no_progress, CancelToken())
    together = detector.cross_validated_scores(images, 10, no_progress, CancelToken(), groups)
    assert together.shape == (10,)
    assert set(together.argsort()[-2:]) == {8, 9}
    assert together[8:].min() > 1.5 * apart[8:].max()
    refitted = refit_scores(detector, images, 10, no_progress, CancelToken(), groups)
    np.testing.assert_allclose(together, refitted, rtol=0.1)


def test_progress_counts_up_to_the_end(detector_id: str) -> None:
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        if stage == "cross_validation":
            seen.append((done, total))

    make(detector_id, size=64).cross_validated_scores(good_parts(5), 5, progress, CancelToken())
    assert all(done <= total for done, total in seen)
    assert seen[-1] == (5, 5)


def test_cancel_is_heard_within_a_second(detector_id: str) -> None:
    token = CancelToken()
    images = CancellingImages(good_parts(30), token, at=13)
    with pytest.raises(Cancelled):
        make(detector_id).cross_validated_scores(images, 5, no_progress, token)
    assert time.perf_counter() - images.asked < 1.0


def test_nothing_to_learn_from_is_said(detector_id: str) -> None:
    with pytest.raises(TrainingError):
        make(detector_id).cross_validated_scores([], 5, no_progress, CancelToken())
