"""Copying pictures into a project: one bad file never stops it, and a kill leaves no row without its file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from inspector.data.database import Database
from inspector.data.dataset import Label, Sample, Split
from inspector.data.discovery import find_samples, is_video
from inspector.data.files import SampleFiles
from inspector.data.layout import ProjectLayout
from inspector.data.rows import ImportDuplicate, ImportProblem, ImportReport
from inspector.data.schema import ProblemRecord, SampleRecord
from inspector.data.video import distinct_frames
from inspector.errors import ImageError
from inspector.imaging.files import IMAGE_SUFFIXES, decode_image, image_size, read_bytes, read_mask
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, Progress

BATCH = 50


@dataclass(frozen=True, slots=True)
class NewSample:
    """A row to be: its file is on the disk already. `size` is (width, height)."""

    sha256: str
    file: str
    name: str
    label: Label
    kind: str | None
    split: Split
    size: tuple[int, int]
    mask: str | None
    source: str | None
    defect_split: Split = Split.TEST


def insert_samples(session: Session, samples: Sequence[NewSample]) -> dict[str, int]:
    """Add rows; returns the ids of the new ones by hash. A hash that is there already is left as it is."""
    added_at = datetime.now(UTC)
    values = [
        {
            "sha256": sample.sha256,
            "file": sample.file,
            "name": sample.name,
            "label": sample.label.value,
            "kind": sample.kind,
            "split": sample.split.value,
            "defect_split": sample.defect_split.value,
            "width": sample.size[0],
            "height": sample.size[1],
            "mask": sample.mask,
            "source": sample.source,
            "added_at": added_at,
        }
        for sample in samples
    ]
    if not values:
        return {}
    table = SampleRecord.__table__
    statement = insert(SampleRecord).on_conflict_do_nothing(index_elements=[table.c.sha256])
    added = session.execute(statement.returning(table.c.sha256, table.c.id), values)
    return {row.sha256: row.id for row in added}


class Importer:
    """One run of an import. Rows are committed in batches, each after its files are on the disk."""

    def __init__(self, database: Database, layout: ProjectLayout, files: SampleFiles) -> None:
        self._database = database
        self._layout = layout
        self._files = files
        self._known: set[str] = set()
        self._batch: list[NewSample] = []
        self._added: list[int] = []
        self._duplicates: list[tuple[Path, str]] = []
        self._problems: dict[Path, ImportProblem] = {}
        self._unsaved_problems: list[ImportProblem] = []
        self._old_problems: set[str] = set()
        self._solved: list[str] = []
        self._label: Label | None = None

    def run(self, paths: Iterable[Path], progress: Progress, cancel: CancelToken, label: Label | None) -> ImportReport:
        """See `SampleStore.import_paths`."""
        self._label = label
        with self._database.read() as session:
            self._known = set(session.scalars(select(SampleRecord.sha256)))
            self._old_problems = set(session.scalars(select(ProblemRecord.path)))
        progress(0, 0, "searching")
        samples = find_samples(paths, label, self._note, cancel)
        try:
            for number, sample in enumerate(samples):
                progress(number, len(samples), "importing")
                self._take(sample, cancel)
        finally:
            self._commit()  # after a cancel or an error as well: what was copied so far stays
        progress(len(samples), len(samples), "importing")
        return self._report()

    def _take(self, sample: Sample, cancel: CancelToken) -> None:
        cancel.raise_if_cancelled()
        try:
            if is_video(sample.path):
                for name, image in distinct_frames(sample.path):
                    cancel.raise_if_cancelled()
                    _, encoded = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
                    self._add(sample, encoded.tobytes(), image, name, ".png")
                    if len(self._batch) >= BATCH:
                        self._commit()
            else:
                self._take_image(sample)
        except ImageError as error:
            self._note(sample.path, error)
        else:
            if str(sample.path) in self._old_problems:
                self._solved.append(str(sample.path))
        if len(self._batch) + len(self._unsaved_problems) >= BATCH:
            self._commit()

    def _take_image(self, sample: Sample) -> None:
        if sample.path.suffix.lower() not in IMAGE_SUFFIXES:
            image_size(sample.path)  # refuses, by its first bytes, a large file that is no image before it is read
        data = read_bytes(sample.path)
        self._add(sample, data, None, sample.path.name, sample.path.suffix)

    def _add(self, sample: Sample, data: bytes, image: Image | None, name: str, suffix: str) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in self._known:
            self._duplicates.append((sample.path, sha256))
            return
        pixels = decode_image(data, sample.path) if image is None else image
        path = self._files.put(data, sha256, suffix)
        self._files.put_thumbnail(sha256, pixels)
        size = (pixels.shape[1], pixels.shape[0])
        self._batch.append(
            NewSample(
                sha256=sha256,
                file=self._layout.relative(path),
                name=name,
                label=sample.label,
                kind=sample.kind,
                split=sample.split,
                size=size,
                mask=self._take_mask(sample, sha256, size),
                source=str(sample.path),
                defect_split=self._defect_split(sample),
            )
        )
        self._known.add(sha256)

    def _defect_split(self, sample: Sample) -> Split:
        """Only a data set's own layout gives defects to training; a label for all says nothing of it."""
        return sample.split if sample.label is Label.DEFECT and self._label is None else Split.TEST

    def _take_mask(self, sample: Sample, sha256: str, size: tuple[int, int]) -> str | None:
        """The mask stored beside the sample; one that cannot be used is listed, its sample is kept without."""
        if sample.mask_path is None:
            return None
        try:
            mask = read_mask(sample.mask_path)
            if mask.shape != (size[1], size[0]):
                raise ImageError("mask_mismatch", path=str(sample.mask_path), width=size[0], height=size[1])
        except ImageError as error:
            self._note(sample.mask_path, error)
            return None
        return self._layout.relative(self._files.put_mask(sha256, mask))

    def _note(self, path: Path, error: ImageError) -> None:
        parameters = {
            name: value if isinstance(value, int | float) else str(value) for name, value in error.parameters.items()
        }
        problem = ImportProblem(path, error.code, parameters, datetime.now(UTC))
        self._problems[path] = problem
        self._unsaved_problems.append(problem)

    def _commit(self) -> None:
        with self._database.write() as session:
            added = insert_samples(session, self._batch)
            for path in self._solved:
                session.execute(delete(ProblemRecord).where(ProblemRecord.path == path))
            for problem in self._unsaved_problems:
                session.merge(
                    ProblemRecord(
                        path=str(problem.path), code=problem.code, parameters=dict(problem.parameters), at=problem.at
                    )
                )
        self._added += added.values()
        self._batch.clear()
        self._solved.clear()
        self._unsaved_problems.clear()

    def _report(self) -> ImportReport:
        hashes = {sha256 for _, sha256 in self._duplicates}
        ids: dict[str, int] = {}
        if hashes:
            with self._database.read() as session:
                stored = session.execute(select(SampleRecord.sha256, SampleRecord.id))
                ids = {sha256: key for sha256, key in stored if sha256 in hashes}
        duplicates = tuple(ImportDuplicate(path, ids[sha256]) for path, sha256 in self._duplicates if sha256 in ids)
        return ImportReport(tuple(self._added), duplicates, tuple(self._problems.values()))
