"""Folds, lazily read subsets, copies of a single image, and the generic refit against the methods' own way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.detectors import padim
from inspector.detectors.cross_validation import COPIES, Subset, altered_copies, fold_members, refit_scores
from inspector.detectors.input_size import input_size
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import fitted, good_part, good_parts, ids, make


@given(st.integers(2, 200), st.integers(1, 300), st.integers(0, 5))
def test_folds_share_out_every_image_once(n: int, folds: int, seed: int) -> None:
    parts = fold_members(np.arange(n), folds, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    assert len(parts) == min(max(folds, 2), n)
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert all((np.diff(part) > 0).all() for part in parts)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=40), st.integers(1, 50), st.integers(0, 5))
def test_folds_never_divide_a_group(sizes: list[int], folds: int, seed: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    parts = fold_members(groups, folds, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(groups)))
    counts = [len(set(groups[part])) for part in parts]
    assert sum(counts) == len(sizes)
    assert max(counts) - min(counts) <= 1
    assert len(parts) == min(max(folds, 2), len(sizes))


def test_subsets_read_what_is_asked_for() -> None:
    class Counting(list):
        read = 0

        def __getitem__(self, index):
            Counting.read += 1
            return super().__getitem__(index)

    subset = Subset(Counting(range(100)), np.array([5, 50, 7]))
    assert len(subset) == 3
    assert list(subset[1:]) == [50, 7]
    assert subset[0] == 5
    assert Counting.read == 3


def test_copies_are_near_the_image_and_differ() -> None:
    image = good_part(0)
    copies = altered_copies(image, 0)
    assert len(copies) == COPIES
    for copy in copies:
        assert copy.shape == image.shape
        assert copy.dtype == np.uint8
        difference = np.abs(copy.astype(float) - image).mean()
        assert 0.5 < difference < 25
    assert not np.array_equal(copies[0], copies[1])
    np.testing.assert_array_equal(copies[3], altered_copies(image, 0)[3])


def test_a_single_image_is_scored_by_its_copies() -> None:
    image = good_part(3)
    detector = fitted("patchcore", [image], size=64)
    (score,) = refit_scores(detector, [image], 5, no_progress, CancelToken())
    assert score == pytest.approx(max(item.score for item in detector.predict(altered_copies(image, 0))), rel=1e-5)
    assert score > detector.predict([image])[0].score


@pytest.mark.parametrize("detector_id", ids("cross_validated"))
def test_reusing_features_gives_what_refitting_gives(detector_id: str) -> None:
    images = good_parts(6)
    detector = make(detector_id, size=64)
    own = detector.cross_validated_scores(images, 3, no_progress, CancelToken())
    refitted = refit_scores(detector, images, 3, no_progress, CancelToken())
    np.testing.assert_allclose(own, refitted, rtol=0.05)


def test_features_that_do_not_fit_into_memory_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for limit in (1 << 30, 1):
        monkeypatch.setattr(padim, "_HELD_BYTES", limit)
        detector = make("padim", size=64)
        found.append(detector.cross_validated_scores(good_parts(7), 2, no_progress, CancelToken()))
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_tiles_of_a_single_picture_are_scored_by_their_copies() -> None:
    tiles = good_parts(3)
    detector = fitted("patchcore", tiles, size=64)
    found = detector.cross_validated_scores(tiles, 5, no_progress, CancelToken(), np.zeros(3, int))
    expected = [max(item.score for item in detector.predict(altered_copies(tile, 0))) for tile in tiles]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "size", "expected"),
    [
        ([(100, 100)], 256, (256, 256)),
        ([(480, 640)] * 5, 256, (224, 288)),
        ([(480, 640), (481, 640)], 256, (224, 288)),
        ([(480, 640), (640, 480)], 256, (256, 256)),
        ([(100, 1000)], 256, (256, 256)),
        ([(1000, 500)], 64, (96, 32)),
    ],
)
def test_input_size(shapes: list[tuple[int, int]], size: int, expected: tuple[int, int]) -> None:
    assert input_size([np.zeros((*shape, 3), np.uint8) for shape in shapes], size) == expected
