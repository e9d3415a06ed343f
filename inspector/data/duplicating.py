"""A copy of a whole project, which appears when it is complete or not at all."""

from __future__ import annotations

import logging
import shutil
import uuid
from pathlib import Path

from inspector.data.database import Database
from inspector.data.failures import explained
from inspector.data.layout import ProjectLayout
from inspector.data.opening import copy_database, prepare_folder
from inspector.data.schema import PropertyRecord
from inspector.errors import ProjectError
from inspector.tasks import CancelToken, Progress

logger = logging.getLogger(__name__)


def duplicate_project(source: ProjectLayout, folder: Path, name: str, progress: Progress, cancel: CancelToken) -> Path:
    """See `Project.duplicate`. Raises `Cancelled`, and `ProjectError` as `prepare_folder` and for a failing disk."""
    if folder.resolve().is_relative_to(source.root.resolve()):
        raise ProjectError("project_inside_itself", folder=str(folder))
    prepare_folder(folder)
    partial = folder.with_name(f".{folder.name}.partial-{uuid.uuid4().hex[:8]}")
    try:
        with explained(partial.parent):
            _copy(source, ProjectLayout(partial), progress, cancel)
            _rename(ProjectLayout(partial), name)
            if folder.is_dir():
                folder.rmdir()  # empty, as was made sure of; Windows does not rename onto a folder
            partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def _copy(source: ProjectLayout, target: ProjectLayout, progress: Progress, cancel: CancelToken) -> None:
    target.create()
    # The database goes first, the files after it: what is imported meanwhile is simply not part of the copy.
    copy_database(source.database, target.database)
    folders = (source.images, source.masks, source.models, source.thumbnails)
    files = [
        path for folder in folders for path in folder.rglob("*") if path.is_file() and not _unfinished(path, source)
    ]
    for number, path in enumerate(files):
        cancel.raise_if_cancelled()
        progress(number, len(files), "copying")
        copy = target.root / path.relative_to(source.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            logger.warning("%s was removed while the project was copied", path)
    progress(len(files), len(files), "copying")


def _unfinished(path: Path, layout: ProjectLayout) -> bool:
    """What is being written or deleted at this moment has a name, or a folder, with a dot in front."""
    return any(part.startswith(".") for part in path.relative_to(layout.root).parts)


def _rename(layout: ProjectLayout, name: str) -> None:
    database = Database(layout.database)
    try:
        with database.write() as session:
            session.merge(PropertyRecord(key="name", value=name))
    finally:
        database.close()
