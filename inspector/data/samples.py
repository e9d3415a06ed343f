"""The samples of a project: images with their labels. A label is on the disk when the call that set it returns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
from sqlalchemy import ColumnElement, Row, Select, bindparam, case, delete, func, or_, select, update

from inspector.data.database import Database
from inspector.data.dataset import Label, Sample, Split
from inspector.data.files import SampleFiles
from inspector.data.importing import Importer, NewSample, insert_samples
from inspector.data.layout import ProjectLayout
from inspector.data.rows import ImportProblem, ImportReport, LabelState, SampleQuery, SampleRow, SampleSort
from inspector.data.schema import ProblemRecord, SampleRecord
from inspector.errors import ImageError, ProjectError
from inspector.imaging.frame import Frame, Image, Mask
from inspector.tasks import CancelToken, Progress

AnyRow = Row[*tuple[Any, ...]]
_SPLIT = case((SampleRecord.label == Label.DEFECT.value, SampleRecord.defect_split), else_=SampleRecord.split)
"""The split that counts, by the label."""
_ROW: tuple[Any, ...] = (
    SampleRecord.id,
    SampleRecord.file,
    SampleRecord.name,
    SampleRecord.label,
    SampleRecord.kind,
    _SPLIT.label("split"),
    SampleRecord.width,
    SampleRecord.height,
    SampleRecord.sha256,
    SampleRecord.added_at,
    SampleRecord.mask,
    SampleRecord.problem,
)
_STATE: tuple[Any, ...] = (SampleRecord.id, SampleRecord.label, SampleRecord.kind, _SPLIT.label("split"))
_ORDER = {
    SampleSort.ADDED: SampleRecord.id,
    SampleSort.NAME: func.lower(SampleRecord.name),
    SampleSort.LABEL: SampleRecord.label,
}


class SampleStore:
    """Any thread may call any method; each is one transaction. All raise `ProjectError` when the disk or the
    database fails."""

    def __init__(self, database: Database, layout: ProjectLayout) -> None:
        self._database = database
        self._layout = layout
        self._files = SampleFiles(layout)

    def ids(self, query: SampleQuery = SampleQuery()) -> list[int]:  # noqa: B008 - frozen
        """Ids of the samples that match, in the order asked for."""
        with self._database.read() as session:
            return list(session.scalars(_ordered(select(SampleRecord.id).where(*_conditions(query)), query)))

    def rows(self, ids: Sequence[int]) -> list[SampleRow]:
        """The samples with these ids in the same order; ids that are gone are left out."""
        with self._database.read() as session:
            found = {row.id: row for row in session.execute(select(*_ROW).where(_among(ids)))}
        return [self._row(found[item]) for item in ids if item in found]

    def counts(self) -> dict[Label, int]:
        """How many samples carry each label; every label is there."""
        with self._database.read() as session:
            found = session.execute(select(SampleRecord.label, func.count()).group_by(SampleRecord.label))
            return dict.fromkeys(Label, 0) | {Label(label): count for label, count in found}

    def kinds(self) -> list[str]:
        """The kinds of defect in use, the most frequent first."""
        with self._database.read() as session:
            kind = SampleRecord.kind
            statement = select(kind).where(kind.is_not(None)).group_by(kind).order_by(func.count().desc(), kind)
            return [str(found) for found in session.scalars(statement)]

    def set_label(self, ids: Sequence[int], label: Label, kind: str | None = None) -> list[LabelState]:
        """Label samples; returns how they were before, for `restore`.

        `kind` counts for defects only: None leaves the kind that a defect has, an empty text takes it away.
        """
        values: dict[str, Any] = {"label": label.value}
        if label is not Label.DEFECT or kind is not None:
            values["kind"] = (kind or None) if label is Label.DEFECT else None
        return self._change(ids, values)

    def set_split(self, ids: Sequence[int], split: Split) -> list[LabelState]:
        """Hold samples out or give them to training; returns how they were before, for `restore`.

        A sample that is relabelled as a defect is held out until it is given to training as a defect, and as it was
        before when it is none any more.
        """
        return self._change(ids, _split_set(SampleRecord.label, split.value))

    def restore(self, states: Iterable[LabelState]) -> None:
        """Undo: bring label, kind and split back; samples that are gone are left out."""
        values = [{"key": s.id, "label": s.label.value, "kind": s.kind, "split": s.split.value} for s in states]
        if not values:
            return
        table = SampleRecord.__table__
        columns: dict[Any, Any] = {name: bindparam(name) for name in ("label", "kind")}
        columns |= _split_set(bindparam("label"), bindparam("split"))
        statement = update(SampleRecord).where(table.c.id == bindparam("key")).values(columns)
        with self._database.write() as session:
            session.connection().execute(statement, values)

    def remove(self, ids: Sequence[int]) -> None:
        """Delete samples with their files."""
        with self._database.write() as session:
            gone = (SampleRecord.sha256, SampleRecord.file, SampleRecord.mask)
            found = session.execute(select(*gone).where(_among(ids))).all()
            session.execute(delete(SampleRecord).where(_among(ids)))
        # Files last: a kill in between leaves a file that no row names, never a row without its file.
        for sha256, file, mask in found:
            self._files.delete(self._layout.root / file)
            self._files.delete(self._files.thumbnail_path(sha256))
            if mask is not None:
                self._files.delete(self._layout.root / mask)

    def set_mask(self, sample_id: int, mask: Mask | None) -> None:
        """Keep the outline of the defect, (H, W) bool in the upright size of the image, or take it away.

        Raises `ProjectError` `mask_size` where the sizes differ.
        """
        row = self._one(sample_id)
        if mask is None:
            self._update(sample_id, mask=None)
            self._files.delete(self._layout.masks / f"{row.sha256}.png")
            return
        if mask.shape != (row.height, row.width):
            raise ProjectError(
                "mask_size", name=row.name, width=row.width, height=row.height, got=f"{mask.shape[1]}x{mask.shape[0]}"
            )
        self._update(sample_id, mask=self._layout.relative(self._files.put_mask(row.sha256, mask)))

    def mask_path(self, sample_id: int) -> Path | None:
        """The mask file of a sample, or None."""
        with self._database.read() as session:
            mask = session.scalar(select(SampleRecord.mask).where(SampleRecord.id == sample_id))
        return None if mask is None else self._layout.root / mask

    def add_frame(self, frame: Frame, label: Label) -> SampleRow:
        """Keep a camera's frame as PNG. A picture that the project has already comes back as it is there."""
        _, encoded = cv2.imencode(".png", frame.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        data = encoded.tobytes()
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._files.put(data, sha256, ".png")
        self._files.put_thumbnail(sha256, frame.pixels)
        new = NewSample(
            sha256=sha256,
            file=self._layout.relative(path),
            name=f"{frame.captured_at:%Y-%m-%d %H-%M-%S.%f}.png",
            label=label,
            kind=None,
            split=Split.TRAIN,
            size=(frame.pixels.shape[1], frame.pixels.shape[0]),
            mask=None,
            source=frame.source,
        )
        with self._database.write() as session:
            insert_samples(session, [new])
            return self._row(session.execute(select(*_ROW).where(SampleRecord.sha256 == sha256)).one())

    def import_paths(
        self, paths: Iterable[Path], progress: Progress, cancel: CancelToken, label: Label | None = None
    ) -> ImportReport:
        """Copy pictures into the project: image files, video files, folders with all below them.

        A data set in a known layout brings its labels and masks, unless `label` is given for all. A file that cannot be
        read is listed with its reason and the import goes on. Raises `Cancelled` (what was imported so far stays) and
        `ProjectError`, for instance when the disk is full (likewise).
        """
        return Importer(self._database, self._layout, self._files).run(paths, progress, cancel, label)

    def stored(self) -> tuple[Sample, ...]:
        """All samples for training and evaluation, in the order of adding. A defect is TEST unless somebody gave it to
        training, where only methods that need defects learn from it."""
        columns: tuple[Any, ...] = (*_STATE, SampleRecord.file, SampleRecord.mask, SampleRecord.sha256)
        with self._database.read() as session:
            found = session.execute(select(*columns).order_by(SampleRecord.id)).all()
        return tuple(self._sample(row) for row in found)

    def problems(self) -> list[ImportProblem]:
        """Files that could not be imported and have not been since, the newest first."""
        with self._database.read() as session:
            records = session.scalars(select(ProblemRecord).order_by(ProblemRecord.at.desc(), ProblemRecord.path))
            return [ImportProblem(Path(item.path), item.code, item.parameters, item.at) for item in records]

    def clear_problems(self) -> None:
        """Forget the files that could not be imported."""
        with self._database.write() as session:
            session.execute(delete(ProblemRecord))

    def thumbnail(self, sample_id: int) -> Image:
        """(H, W, 3) BGR, at most 192 pixels a side, from the cache or made now.

        Raises `ImageError` where the stored file is missing or damaged; the sample is then marked with the problem.
        """
        row = self._one(sample_id)
        try:
            image = self._files.thumbnail(row.sha256, row.path)
        except ImageError as error:
            if row.problem != error.code:
                self._update(sample_id, problem=error.code)
            raise
        if row.problem is not None:
            self._update(sample_id, problem=None)
        return image

    def _change(self, ids: Sequence[int], values: dict[str, Any]) -> list[LabelState]:
        with self._database.write() as session:
            before = session.execute(select(*_STATE).where(_among(ids))).all()
            session.execute(update(SampleRecord).where(_among(ids)).values(values))
        return [LabelState(row.id, Label(row.label), row.kind, Split(row.split)) for row in before]

    def _update(self, sample_id: int, **values: Any) -> None:
        with self._database.write() as session:
            session.execute(update(SampleRecord).where(SampleRecord.id == sample_id).values(values))

    def _one(self, sample_id: int) -> SampleRow:
        with self._database.read() as session:
            row = session.execute(select(*_ROW).where(SampleRecord.id == sample_id)).one_or_none()
        if row is None:
            raise ProjectError("sample_unknown", id=sample_id)
        return self._row(row)

    def _sample(self, row: AnyRow) -> Sample:
        defect = row.label == Label.DEFECT
        return Sample(
            path=self._layout.root / row.file,
            label=Label(row.label),
            split=Split(row.split),
            kind=row.kind,
            mask_path=self._layout.root / row.mask if defect and row.mask is not None else None,
            sha256=row.sha256,
            id=row.id,
        )

    def _row(self, row: AnyRow) -> SampleRow:
        return SampleRow(
            id=row.id,
            path=self._layout.root / row.file,
            name=row.name,
            label=Label(row.label),
            kind=row.kind,
            split=Split(row.split),
            width=row.width,
            height=row.height,
            sha256=row.sha256,
            added_at=row.added_at,
            has_mask=row.mask is not None,
            problem=row.problem,
        )


def _split_set(label: Any, split: Any) -> dict[str, Any]:
    """What an update sets so that samples of this label get this split."""
    defect = label == Label.DEFECT.value
    return {
        "split": case((defect, SampleRecord.split), else_=split),
        "defect_split": case((defect, split), else_=SampleRecord.defect_split),
    }


def _among(ids: Sequence[int]) -> ColumnElement[bool]:
    """One parameter for any number of ids; SQLite limits the number of parameters."""
    listed = func.json_each(json.dumps([int(item) for item in ids])).table_valued("value")
    return SampleRecord.id.in_(select(listed.c.value))


def _conditions(query: SampleQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.label is not None:
        conditions.append(SampleRecord.label == query.label.value)
    if query.kind is not None:
        conditions.append(SampleRecord.kind == query.kind)
    if query.split is not None:
        conditions.append(_SPLIT.in_([query.split.value]))
    if query.problem is not None:
        conditions.append(SampleRecord.problem.is_not(None) if query.problem else SampleRecord.problem.is_(None))
    if query.text:
        columns = (SampleRecord.name, SampleRecord.kind)
        conditions.append(or_(*(column.icontains(query.text, autoescape=True) for column in columns)))
    return conditions


def _ordered(statement: Select[int], query: SampleQuery) -> Select[int]:
    keys = (_ORDER[query.sort], SampleRecord.id)
    return statement.order_by(*(key.desc() if query.descending else key.asc() for key in keys))
