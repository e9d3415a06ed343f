"""The middle of a training: which samples are learned from, the fitted detector, and scores of what it has not seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from inspector.data.dataset import Dataset, Label, Sample, SampleImages, Split
from inspector.data.sources import load_dataset
from inspector.data.tiles import TileImages, largest_by_picture
from inspector.detectors.base import BackboneChoice, Detector, DetectorSettings, Extras
from inspector.detectors.cross_validation import altered_copies
from inspector.detectors.parameters import build
from inspector.detectors.registry import detector_type
from inspector.errors import DatasetError, ImageError, TrainingError
from inspector.features.registry import DEFAULT_BACKBONE
from inspector.imaging.files import image_size
from inspector.imaging.frame import Image
from inspector.imaging.regions import Region
from inspector.imaging.tiling import Tiling
from inspector.jobs.description import Material
from inspector.jobs.samples import Skipped, distinct_samples, hash_samples, readable_samples
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from inspector.jobs.train import TrainingJob

_HELD_OUT_SHARE, _HELD_OUT_MOST = 5, 500
"""Of the good samples one in so many is kept away from learning, and no more than so many."""


@dataclass(frozen=True)
class UnseenScores:
    """Scores (n,) of good samples by detectors that had not learned from them; `source` as in the manifest."""

    samples: Sequence[Sample]
    scores: NDArray[np.float64]
    source: Literal["cross_validated", "held_out", "augmented"]


@dataclass
class Fitted:
    """A fitted detector, what it was given, samples that turned out to be unreadable, and what of each is looked at."""

    detector: Detector
    material: Material
    skipped: list[Skipped]
    region: Region
    tiling: Tiling | None
    seconds: float = 0.0

    def pictures(self) -> Sequence[Image]:
        """What was learned from, read when asked for: crops, or all their tiles. Raises `ImageError` where tiles are
        wanted of a file that is no picture."""
        return self._pictures_of(self.material.learned)

    def unseen_scores(self, folds: int, progress: Progress, cancel: CancelToken) -> UnseenScores:
        """Of the good samples: of those that were kept away where the method needs that, else of each by what was
        learned from the others. A sample's score is that of its most unusual tile."""
        learned, held_out = self.material.learned, self.material.held_out
        if self.detector.calibration == "cross_validated":
            scores = self._cross_validated(folds, progress, cancel)
            # A single image cannot be held out of its own training: altered copies of it were scored.
            return UnseenScores(learned, scores, "cross_validated" if len(learned) > 1 else "augmented")
        if held_out:
            scores = np.empty(len(held_out))
            for place, sample in enumerate(held_out):
                cancel.raise_if_cancelled()
                scores[place] = self._largest(self._pictures_of([sample]), cancel)
                progress(place + 1, len(held_out), "scoring", float(scores[place]))
            return UnseenScores(held_out, scores, "held_out")
        seed = self.detector.settings.seed
        copies = [copy for picture in self.pictures() for copy in altered_copies(picture, seed)]
        return UnseenScores(learned, np.array([self._largest(copies, cancel)]), "augmented")

    def _cross_validated(self, folds: int, progress: Progress, cancel: CancelToken) -> NDArray[np.float64]:
        pictures = self.pictures()
        groups = pictures.groups if isinstance(pictures, TileImages) else None
        scores = self.detector.cross_validated_scores(pictures, folds, progress, cancel, groups)
        return scores if groups is None else largest_by_picture(scores, groups)

    def _largest(self, pictures: Sequence[Image], cancel: CancelToken) -> float:
        found = -np.inf
        for picture in pictures:
            cancel.raise_if_cancelled()
            found = max(found, self.detector.predict([picture])[0].score)
        return found

    def _pictures_of(self, samples: Sequence[Sample]) -> Sequence[Image]:
        crops = crops_of(samples, self.region)
        if self.tiling is None:
            return crops
        return TileImages(crops, [self.region.size_in(*image_size(item.path)) for item in samples], self.tiling)


def crops_of(samples: Sequence[Sample], region: Region) -> SampleImages:
    """The crops of samples, read when asked for."""
    return SampleImages(samples, lambda image: region.crop(image).pixels)


def make_detector(job: TrainingJob) -> Detector:
    """The unfitted detector a job asks for. Raises `TrainingError` for unknown ids and parameters."""
    kind = detector_type(job.detector)
    choice = BackboneChoice(job.backbone or DEFAULT_BACKBONE, job.weights, job.layers)
    settings = DetectorSettings(choice, job.image_size, job.seed, job.device)
    return kind(settings, build(kind.parameters_type, dict(job.parameters), job.preset))


def fit(job: TrainingJob, dataset: Dataset, progress: Progress, cancel: CancelToken) -> Fitted:
    """Fit on all good samples, copies once. Where one turns out to be unreadable, all are checked once and the readable
    ones fitted."""
    good = dataset.select(Label.GOOD, Split.TRAIN)
    if not good:
        raise DatasetError("training_no_good", dataset=dataset.name)
    hashed, unreadable = hash_samples(good, progress, cancel)
    samples, copies = distinct_samples(hashed)
    left_out = [*unreadable, *copies]
    try:
        return _fit_once(job, dataset, samples, left_out, progress, cancel)
    except ImageError:
        readable, damaged = readable_samples(samples, dataset.region, progress, cancel)
        if not damaged:
            raise
    return _fit_once(job, dataset, readable, [*left_out, *damaged], progress, cancel)


def _fit_once(
    job: TrainingJob,
    dataset: Dataset,
    samples: list[Sample],
    left_out: list[Skipped],
    progress: Progress,
    cancel: CancelToken,
) -> Fitted:
    if not samples:
        reason = left_out[0].reason
        raise DatasetError("training_none_readable", dataset=dataset.name, count=len(left_out), reason=reason)
    detector = make_detector(job)
    tiling = job.tiling.build() if job.tiling else None
    learned, held_out = _kept_away(detector, samples)
    defects = _defects(detector, job, dataset, progress, cancel)
    detector.extras = Extras(crops_of(defects, dataset.region), _others(detector, job))
    fitted = Fitted(detector, Material(learned, held_out, defects), left_out, dataset.region, tiling)
    started = time.perf_counter()
    detector.fit(fitted.pictures(), progress, cancel)
    fitted.seconds = time.perf_counter() - started
    return fitted


def _kept_away(detector: Detector, samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    """(what is learned from, what is not), each in the order of the samples."""
    if detector.calibration == "cross_validated" or len(samples) < 2:
        return samples, []
    count = min(max(round(len(samples) / _HELD_OUT_SHARE), 1), _HELD_OUT_MOST)
    drawn = set(np.random.default_rng(detector.settings.seed).permutation(len(samples))[:count].tolist())
    learned = [sample for place, sample in enumerate(samples) if place not in drawn]
    return learned, [samples[place] for place in sorted(drawn)]


def _defects(
    detector: Detector, job: TrainingJob, dataset: Dataset, progress: Progress, cancel: CancelToken
) -> list[Sample]:
    """Defects that may be learned from, for methods that do."""
    if not detector.needs_defects:
        return []
    if job.tiling is not None:
        raise TrainingError("training_defects_in_tiles", method=detector.title)
    hashed, _ = hash_samples(dataset.select(Label.DEFECT, Split.TRAIN), progress, cancel)
    distinct, _ = distinct_samples(hashed)
    return readable_samples(distinct, dataset.region, progress, cancel)[0]


def _others(detector: Detector, job: TrainingJob) -> dict[str, SampleImages]:
    """Good crops of other products, for methods that learn from them; data sets without any are left out."""
    if not detector.needs_others:
        return {}
    found = {}
    for path in job.others:
        other = load_dataset(path)
        samples = other.select(Label.GOOD)
        if samples:
            found[f"{other.name} ({path})"] = crops_of(samples, other.region)
    return found
