"""What training and evaluation work on: a list of labelled samples, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from inspector.imaging.files import read_image, read_mask
from inspector.imaging.frame import Image, Mask
from inspector.imaging.regions import Region


class Label(StrEnum):
    """What a person says of a sample. NONE: nobody has said anything yet."""

    GOOD = "good"
    DEFECT = "defect"
    UNSURE = "unsure"
    NONE = "none"


class Split(StrEnum):
    """TRAIN: may be learned from; a defect only by methods that need some. TEST: held out, never seen by training or
    threshold calibration."""

    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored image with its label. `kind` is the free-text kind of defect; `id` is the project's, where there is
    one."""

    path: Path
    label: Label
    split: Split
    kind: str | None = None
    mask_path: Path | None = None
    sha256: str | None = None
    id: int | None = None

    def read(self) -> Image:
        """(H, W, 3) uint8 BGR. Raises `ImageError`."""
        return read_image(self.path)

    def read_mask(self) -> Mask | None:
        """(H, W) bool, True on the defect, or None where no mask is known. Raises `ImageError`."""
        return read_mask(self.mask_path) if self.mask_path is not None else None


@dataclass(frozen=True)
class Dataset:
    """Samples in a fixed order. `source` is the folder or project it was loaded from, `region` what of each image is
    judged unless somebody asks for another."""

    name: str
    source: Path
    samples: tuple[Sample, ...]
    region: Region = field(default_factory=Region)

    def select(self, label: Label | None = None, split: Split | None = None) -> tuple[Sample, ...]:
        """The samples with this label and split, either may be left open."""
        return tuple(
            sample
            for sample in self.samples
            if (label is None or sample.label == label) and (split is None or sample.split == split)
        )


class SampleImages(Sequence[Image]):
    """The crops of samples as a lazily read sequence, for `Detector.fit`: nothing is kept in memory."""

    def __init__(self, samples: Sequence[Sample], crop: Callable[[Image], Image] | None = None) -> None:
        self._samples = samples
        self._crop = crop

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        image = self._samples[index].read()
        return self._crop(image) if self._crop else image

    def __iter__(self) -> Iterator[Image]:
        return (self[index] for index in range(len(self)))
