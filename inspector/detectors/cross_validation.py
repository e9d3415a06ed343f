"""Honest scores of the very images that are learned from: each is scored by a detector that has not seen it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.detectors.base import Detector
from inspector.errors import TrainingError
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, Progress, no_progress

COPIES = 8
_SHIFT = 0.02
_TURN_DEGREES = 2.0
_BRIGHTNESS = 0.05
_NOISE = 2.0


class Subset(Sequence[Image]):
    """Some of a sequence's images, read when asked for."""

    def __init__(self, images: Sequence[Image], indices: Sequence[int] | NDArray[np.intp]) -> None:
        self._images = images
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Image]: ...
    def __getitem__(self, index: int | slice) -> Image | Sequence[Image]:
        if isinstance(index, slice):
            return Subset(self._images, self._indices[index])
        return self._images[int(self._indices[index])]


def fold_members(groups: NDArray[np.intp], folds: int, seed: int) -> list[NDArray[np.intp]]:
    """Indices of items (n,), whose groups are given, in at most `folds` parts of nearly as many groups each.

    Groups are shuffled and never divided; no part is empty. With no more groups than `folds`, one group is left out at
    a time.
    """
    names = np.unique(groups)
    drawn = np.array_split(np.random.default_rng(seed).permutation(names), min(max(folds, 2), len(names)))
    return [np.flatnonzero(np.isin(groups, part)) for part in drawn]


def groups_of(images: Sequence[Image], groups: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """The groups given, (n,), or each image as its own."""
    return np.arange(len(images)) if groups is None else groups


def refit_scores(
    detector: Detector,
    images: Sequence[Image],
    folds: int,
    progress: Progress,
    cancel: CancelToken,
    groups: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """Scores (n,) float64 of n good images, in order, by fitting a detector like this one once per fold of `groups`.

    A single group cannot be held out. Each of its images gets the largest score among mildly altered copies of itself
    (moved, turned, brighter or darker, noisier), by a detector fitted on all of them: an optimistic stand-in for a
    second good part. Raises what `Detector.fit` raises.
    """
    if not len(images):
        raise TrainingError("training_no_images")
    owners = groups_of(images, groups)
    parts = fold_members(owners, folds, detector.settings.seed)
    scores = np.empty(len(images))
    done = 0
    for held in parts:
        others = np.setdiff1d(np.arange(len(images)), held) if len(parts) > 1 else held
        fitted = _fitted_like(detector, Subset(images, others), cancel)
        for index in held:
            cancel.raise_if_cancelled()
            seen = images[int(index)]
            queries = [seen] if len(parts) > 1 else altered_copies(seen, detector.settings.seed)
            scores[index] = max(prediction.score for prediction in fitted.predict(queries))
            progress(done := done + 1, len(images), "cross_validation")
    return scores


def _fitted_like(detector: Detector, images: Sequence[Image], cancel: CancelToken) -> Detector:
    fresh = type(detector)(detector.settings, detector.parameters)
    fresh.fit(images, no_progress, cancel)
    return fresh


def altered_copies(image: Image, seed: int) -> list[Image]:
    """Eight copies as a slightly different placing and lighting of the same part would give them: moved by up to 2 %,
    turned by up to 2 degrees, up to 5 % brighter or darker, with sensor noise of two grey levels."""
    generator = np.random.default_rng(seed)
    return [_altered(image, generator) for _ in range(COPIES)]


def _altered(image: Image, generator: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), generator.uniform(-_TURN_DEGREES, _TURN_DEGREES), 1.0)
    turn[:, 2] += generator.uniform(-_SHIFT, _SHIFT, 2) * np.array([width, height])
    moved = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    light = generator.uniform(1 - _BRIGHTNESS, 1 + _BRIGHTNESS)
    seen = moved.astype(np.float64) * light + generator.normal(0, _NOISE, moved.shape)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)
