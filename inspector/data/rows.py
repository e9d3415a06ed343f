"""What the sample store hands out and takes: rows, queries, label states, import reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from inspector.data.dataset import Label, Split
from inspector.errors import ImageError


class SampleSort(StrEnum):
    """Orders a query can ask for; ties go by the order of adding."""

    ADDED = "added"
    NAME = "name"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class SampleQuery:
    """Which samples, in which order; None leaves a condition open.

    `text` is looked for in the name and the kind of defect, Latin letters in either case; `problem` asks for samples
    whose stored file could not be read (True) or could (False).
    """

    label: Label | None = None
    kind: str | None = None
    split: Split | None = None
    text: str = ""
    problem: bool | None = None
    sort: SampleSort = SampleSort.ADDED
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One stored sample. `path` is the stored copy, `name` the original file name, `width` and `height` the upright
    size in pixels; `problem` the code of the `ImageError` met when the copy was last read."""

    id: int
    path: Path
    name: str
    label: Label
    kind: str | None
    split: Split
    width: int
    height: int
    sha256: str
    added_at: datetime
    has_mask: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class LabelState:
    """All that labelling can change in a sample, for undo."""

    id: int
    label: Label
    kind: str | None
    split: Split


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A file that could not be imported; `error` says why."""

    path: Path
    code: str
    parameters: Mapping[str, Any]
    at: datetime

    @property
    def error(self) -> ImageError:
        """The reason, for `messages.sentence`."""
        return ImageError(self.code, **self.parameters)


@dataclass(frozen=True, slots=True)
class ImportDuplicate:
    """A picture that the project has already, as sample `id`."""

    path: Path
    id: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: ids of new samples, pictures that were there already, files that could not be used."""

    added: tuple[int, ...]
    duplicates: tuple[ImportDuplicate, ...]
    problems: tuple[ImportProblem, ...]
