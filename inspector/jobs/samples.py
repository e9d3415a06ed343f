"""Which samples work can be done on: hashed, and with a reason for each that cannot be read. None is ever hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from inspector.data.dataset import Sample
from inspector.errors import ImageError
from inspector.imaging.regions import Region
from inspector.messages import sentence
from inspector.runtime.container import file_hash
from inspector.tasks import CancelToken, Progress


class Skipped(BaseModel):
    """An image that was left out, and why, as a sentence."""

    path: Path
    reason: str


def content_hash(sample: Sample) -> str:
    """The hash that `hash_samples` made sure of."""
    if sample.sha256 is None:
        raise ValueError(f"{sample.path} was not hashed")
    return sample.sha256


def skipped(sample: Sample, error: ImageError) -> Skipped:
    """The note about a sample that cannot be used."""
    return Skipped(path=sample.path, reason=sentence(error))


def hash_samples(
    samples: Sequence[Sample], progress: Progress, cancel: CancelToken
) -> tuple[list[Sample], list[Skipped]]:
    """Each sample with the SHA-256 of its file, which a project knows already; files that are not there are
    listed."""
    hashed: list[Sample] = []
    left_out: list[Skipped] = []
    for done, sample in enumerate(samples):
        cancel.raise_if_cancelled()
        try:
            hashed.append(sample if sample.sha256 else replace(sample, sha256=_hash(sample.path)))
        except ImageError as error:
            left_out.append(skipped(sample, error))
        progress(done + 1, len(samples), "loading")
    return hashed, left_out


def distinct_samples(samples: Sequence[Sample]) -> tuple[list[Sample], list[Skipped]]:
    """Hashed samples, each picture once: a copy teaches nothing, and scored by its twin it would look too good."""
    first: dict[str, Sample] = {}
    copies: list[Skipped] = []
    for sample in samples:
        known = first.setdefault(content_hash(sample), sample)
        if known is not sample:
            copies.append(skipped(sample, ImageError("image_copy", path=sample.path, original=known.path.name)))
    return list(first.values()), copies


def _hash(path: Path) -> str:
    try:
        return file_hash(path)
    except FileNotFoundError as error:
        raise ImageError("image_missing", path=path) from error
    except PermissionError as error:
        raise ImageError("image_permission", path=path) from error
    except OSError as error:
        raise ImageError("image_unreadable", path=path, reason=error.strerror or str(error)) from error


def readable_samples(
    samples: Sequence[Sample], region: Region, progress: Progress, cancel: CancelToken
) -> tuple[list[Sample], list[Skipped]]:
    """Decode every image once and tell those that cannot be used from the others."""
    readable: list[Sample] = []
    left_out: list[Skipped] = []
    for done, sample in enumerate(samples):
        cancel.raise_if_cancelled()
        try:
            region.crop(sample.read())
        except ImageError as error:
            left_out.append(skipped(sample, error))
        else:
            readable.append(sample)
        progress(done + 1, len(samples), "loading")
    return readable, left_out
