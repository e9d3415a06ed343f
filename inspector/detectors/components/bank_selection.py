"""From good pictures to PatchCore's memory bank, and to those of cross-validation, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.detectors.components.candidates import Candidates, draw_candidates
from inspector.detectors.components.conditioning import Conditioning, fit_conditioning
from inspector.detectors.components.streamed_coreset import StreamedCoreset
from inspector.detectors.cross_validation import Subset
from inspector.detectors.work import SAMPLE_PATCHES
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, Progress, no_progress

SAMPLE_IMAGES = 256
"""The conditioning is learned from patches of at most so many."""

Embed = Callable[[Sequence[Image], Progress], Iterator[Tensor]]
"""Images to batches of their patches, (N, h, w, C)."""


@dataclass(frozen=True)
class BankSettings:
    """A share of `ratio` of the patches, but of at most `room` of them; for the others see `PatchCoreParameters`."""

    ratio: float
    room: int
    conditioning: str
    dimensions: int
    projection: int
    seed: int


@dataclass(frozen=True)
class Bank:
    """What patches are compared with, `points` (m, D), how they are brought there, and how far at most a learned patch
    is from the nearest of them."""

    conditioning: Conditioning
    points: Tensor
    radius: float


class BankSelection:
    """Goes through the images' patches once to learn how they vary and once to choose; never holds them all."""

    def __init__(self, settings: BankSettings, embed: Embed, cancel: CancelToken) -> None:
        self._settings = settings
        self._embed = embed
        self._cancel = cancel

    def of(self, images: Sequence[Image], progress: Progress) -> Bank:
        """The bank of all images. Raises `Cancelled`."""
        conditioning, cells = self._conditioning_of(images, progress)
        watch = _Watch(progress, len(images))
        patches = len(images) * cells
        coreset = self._coreset(patches, patches, watch.choosing)
        for batch in self._embed(images, watch.reading):
            points = conditioning(batch.flatten(0, 2))
            coreset.add(points, points)
        return _bank(conditioning, coreset)

    def without_each(
        self, images: Sequence[Image], folds: Sequence[NDArray[np.intp]], progress: Progress
    ) -> Iterator[tuple[NDArray[np.intp], Bank]]:
        """For each fold (indices of images) the bank of the others.

        Each fold's patches are reduced by themselves, where they are many, so that what is chosen of the others does
        not depend on those that are held out. Raises `Cancelled`.
        """
        sample = self._sample(images, no_progress)
        parts: list[Tensor] = []
        for held in folds:
            progress(sum(len(fold) for fold in folds[: len(parts)]), len(images), "features")
            parts.append(self._part(images, held, sample, len(folds)))
        progress(len(images), len(images), "features")
        for number, held in enumerate(folds):
            others = torch.cat([part for place, part in enumerate(parts) if place != number])
            conditioning = self._conditioning(sample.without(torch.from_numpy(held)).vectors)
            points = conditioning(others)
            coreset = self._coreset((len(images) - len(held)) * sample.cells, len(points), no_progress)
            coreset.add(points, points)
            yield held, _bank(conditioning, coreset)

    def _part(self, images: Sequence[Image], held: NDArray[np.intp], sample: Candidates, folds: int) -> Tensor:
        """Patches (n, C) that stand for those of a fold: all, or the chosen ones of many."""
        own_sample = sample.of(torch.from_numpy(held)).vectors
        own = self._conditioning(own_sample if len(own_sample) else sample.vectors)
        coreset = self._coreset(len(images) * sample.cells, len(held) * sample.cells, no_progress)
        for batch in self._embed(Subset(images, held), no_progress):
            rows = batch.flatten(0, 2)
            coreset.add(own(rows), rows)
        return coreset.everything(self._settings.room // folds)

    def _sample(self, images: Sequence[Image], progress: Progress) -> Candidates:
        """Patches to learn from how they vary: an equal share of each image, or of some of very many images."""
        generator = self._generator()
        some = torch.arange(len(images))
        if len(images) > SAMPLE_IMAGES:
            some = torch.randperm(len(images), generator=generator)[:SAMPLE_IMAGES].sort().values
        embedded = self._embed(Subset(images, some.numpy()), progress)
        drawn = draw_candidates(embedded, len(some), SAMPLE_PATCHES, generator)
        return Candidates(drawn.vectors, some[drawn.origins], drawn.cells)

    def _conditioning_of(self, images: Sequence[Image], progress: Progress) -> tuple[Conditioning, int]:
        """Learned from all images, and how many patches each has."""
        sample = self._sample(images, progress)
        return self._conditioning(sample.vectors), sample.cells

    def _conditioning(self, vectors: Tensor) -> Conditioning:
        return fit_conditioning(vectors, self._settings.conditioning, self._settings.dimensions)

    def _coreset(self, patches: int, expected: int, progress: Progress) -> StreamedCoreset:
        """Of the share of `patches`, of which `expected` will come."""
        settings = self._settings
        count = max(1, round(settings.ratio * min(patches, settings.room)))
        generator = self._generator()
        return StreamedCoreset(count, settings.room, expected, settings.projection, generator, progress, self._cancel)

    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self._settings.seed)


def _bank(conditioning: Conditioning, coreset: StreamedCoreset) -> Bank:
    chosen = coreset.chosen()
    return Bank(conditioning, chosen.rows, chosen.radius)


class _Watch:
    """Tells one progress of two things that go on by turns: images that are read, and the radius of choices."""

    def __init__(self, progress: Progress, images: int) -> None:
        self._progress = progress
        self._images = images
        self._done = 0
        self._radius: float | None = None

    def reading(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        """The `Progress` of embedding."""
        self._done = done
        self._tell()

    def choosing(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        """The `Progress` of `greedy_k_centre`."""
        self._radius = value
        self._tell()

    def _tell(self) -> None:
        self._progress(self._done, self._images, "coreset", self._radius)
