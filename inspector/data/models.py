"""The trained models of a project: which there are, what they achieved, and the one in use."""

from __future__ import annotations

import json
import logging
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import select, update

from inspector.data.database import Database
from inspector.data.layout import ProjectLayout
from inspector.data.schema import ModelRecord
from inspector.errors import ProjectError, is_disk_full

logger = logging.getLogger(__name__)

_REMOVED = ".removed-"


class _ManifestHead(BaseModel):
    """What the list of models needs of a bundle's manifest; the rest is the runtime's business."""

    id: str
    name: str
    detector: str
    created_at: datetime
    metrics: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One trained model. `folder` is its bundle; `bundle_id` the manifest's id; `created_at` is UTC."""

    id: int
    bundle_id: str
    name: str
    folder: Path
    detector: str
    created_at: datetime
    metrics: dict[str, Any]
    active: bool


class ModelStore:
    """Every method raises `ProjectError`; any thread may call."""

    def __init__(self, database: Database, layout: ProjectLayout) -> None:
        self._database = database
        self._layout = layout

    def rows(self) -> list[ModelRow]:
        """All models, the newest first."""
        with self._database.read() as session:
            order = (ModelRecord.created_at.desc(), ModelRecord.id.desc())
            return [self._row(record) for record in session.scalars(select(ModelRecord).order_by(*order))]

    def active(self) -> ModelRow | None:
        """The model that inspects, if one was chosen."""
        with self._database.read() as session:
            record = session.scalars(select(ModelRecord).where(ModelRecord.active)).first()
            return None if record is None else self._row(record)

    def new_folder(self) -> Path:
        """A path for a new bundle; the folder itself does not exist yet.

        Raises `ProjectError` `project_gone`: whoever writes there would make the whole path anew, on another disk.
        """
        if not self._layout.root.is_dir():
            raise ProjectError("project_gone", folder=str(self._layout.root))
        return self._layout.models / uuid.uuid4().hex[:12]

    def add(self, bundle: Path) -> ModelRow:
        """Enter a finished bundle folder; one outside the project is copied into it first. It is not made active."""
        head = _read_head(bundle)
        folder = bundle if bundle.parent == self._layout.models else self._adopt(bundle)
        with self._database.write() as session:
            record = ModelRecord(
                bundle_id=head.id,
                name=head.name,
                folder=folder.name,
                detector=head.detector,
                created_at=head.created_at,
                metrics=head.metrics,
                active=False,
            )
            session.add(record)
            session.flush()
            return self._row(record)

    def activate(self, model_id: int) -> None:
        """Make this model the only active one."""
        with self._database.write() as session:
            _record(session.get(ModelRecord, model_id), model_id)
            session.execute(update(ModelRecord).values(active=ModelRecord.id == model_id))

    def rename(self, model_id: int, name: str) -> None:
        """Give a model another name in the project; its bundle is not touched."""
        with self._database.write() as session:
            _record(session.get(ModelRecord, model_id), model_id).name = name

    def remove(self, model_id: int) -> None:
        """Forget a model and delete its bundle. What another program still holds open goes at the next opening."""
        with self._database.write() as session:
            record = _record(session.get(ModelRecord, model_id), model_id)
            folder = self._layout.models / record.folder
            session.delete(record)
        if folder.parent == self._layout.models:
            _discard(folder)

    def _adopt(self, bundle: Path) -> Path:
        target = self.new_folder()
        partial = self._layout.incoming / target.name
        try:
            shutil.copytree(bundle, partial)
            partial.replace(target)
        except OSError as error:  # shutil.Error is one: it lists the words of all files
            _delete(partial)
            if is_disk_full(error):
                raise ProjectError("project_disk_full", folder=str(self._layout.root)) from error
            reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror or str(error)
            raise ProjectError("model_not_copied", path=str(bundle), reason=reason) from error
        return target

    def _row(self, record: ModelRecord) -> ModelRow:
        return ModelRow(
            id=record.id,
            bundle_id=record.bundle_id,
            name=record.name,
            folder=self._layout.models / record.folder,
            detector=record.detector,
            created_at=record.created_at,
            metrics=record.metrics,
            active=record.active,
        )


def sweep_models(layout: ProjectLayout) -> None:
    """Delete bundles whose removal could not be finished."""
    for folder in layout.models.glob(f"{_REMOVED}*"):
        _delete(folder)


def _record(record: ModelRecord | None, model_id: int) -> ModelRecord:
    if record is None:
        raise ProjectError("model_unknown", id=model_id)
    return record


def _read_head(bundle: Path) -> _ManifestHead:
    try:
        return _ManifestHead.model_validate(json.loads((bundle / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ProjectError("model_not_bundle", path=str(bundle)) from error


def _discard(folder: Path) -> None:
    """Delete a folder so that a half-deleted one is never taken for a bundle."""
    if not folder.exists():
        return
    doomed = folder.with_name(_REMOVED + folder.name)
    try:
        folder.rename(doomed)
    except OSError as error:
        logger.warning("model folder %s is held open: %s", folder, error)
        return
    _delete(doomed)


def _delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        logger.warning("%s could not be deleted yet", folder)
