"""A project: the folder in which an engineer collects samples of one product, labels them and keeps the models."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from inspector.data.database import Database
from inspector.data.dataset import Dataset
from inspector.data.duplicating import duplicate_project
from inspector.data.failures import explained
from inspector.data.files import SampleFiles
from inspector.data.layout import ProjectLayout
from inspector.data.lock import ProjectLock
from inspector.data.models import ModelStore, sweep_models
from inspector.data.opening import check_is_project, checked_name, create_database, open_database, prepare_folder
from inspector.data.samples import SampleStore
from inspector.data.schema import PropertyRecord
from inspector.imaging.regions import Region
from inspector.tasks import CancelToken, Progress

logger = logging.getLogger(__name__)


class Project:
    """One open project. No other program can open it until `close`; any thread may use it.

    Every method raises `ProjectError` when the disk, the folder or the database fails; what was committed stays.
    """

    def __init__(self, layout: ProjectLayout, database: Database, lock: ProjectLock) -> None:
        self._layout = layout
        self._database = database
        self._lock = lock
        self.samples = SampleStore(database, layout)
        self.models = ModelStore(database, layout)

    @classmethod
    def create(cls, folder: Path, name: str) -> Project:
        """Make a project in a new or empty folder and open it.

        Raises `ProjectError` `project_folder_not_empty`, `project_name_empty` and those of `open`.
        """
        layout = ProjectLayout(folder.absolute())
        title = checked_name(name)
        prepare_folder(layout.root)
        try:
            with explained(layout.root.parent):
                layout.create()
            create_database(layout, title)
        except BaseException:
            shutil.rmtree(layout.root, ignore_errors=True)  # it was empty; left half-made, it could not be chosen again
            raise
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Open a project; one made by an older version is brought up to date, after a backup of its database.

        Raises `ProjectError`: `project_gone`, `project_not_found`, `project_damaged`, `project_newer`,
        `project_in_use`, `project_read_only`, `project_unreadable`.
        """
        layout = ProjectLayout(folder.absolute())
        check_is_project(layout)
        with explained(layout.root):
            lock = ProjectLock(layout.lock)
            try:
                database = open_database(layout)
                _tidy(layout)
            except BaseException:
                lock.release()
                raise
        return cls(layout, database, lock)

    def close(self) -> None:
        """Let go of the project; harmless when repeated. Later calls raise `ProjectError` `project_closed`."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Where the project is."""
        return self._layout.root

    @property
    def name(self) -> str:
        """What the engineer calls it; independent of the folder's name."""
        return str(self._property("name"))

    def rename(self, name: str) -> None:
        """Change the name; the folder stays where it is. Raises `ProjectError` `project_name_empty`."""
        self._set_property("name", checked_name(name))

    def duplicate(self, folder: Path, name: str, progress: Progress, cancel: CancelToken) -> Path:
        """Copy samples, labels and models into a new project; returns its folder, which is not opened.

        The folder appears when it is complete: after `Cancelled` or an error nothing is left of it.
        """
        return duplicate_project(self._layout, folder.absolute(), checked_name(name), progress, cancel)

    def dataset(self) -> Dataset:
        """All samples as training and evaluation want them: what is good and not held out is TRAIN, the rest TEST."""
        return Dataset(self.name, self.folder, self.samples.stored())

    @property
    def region(self) -> Region:
        """The part of the frame that is learned and judged."""
        return Region(**(self._property("region") or {}))

    @region.setter
    def region(self, region: Region) -> None:
        ignore = [[[int(x), int(y)] for x, y in polygon] for polygon in region.ignore]
        self._set_property("region", {"roi": list(region.roi) if region.roi else None, "ignore": ignore})

    def _property(self, key: str) -> Any:
        with self._database.read() as session:
            return session.scalar(select(PropertyRecord.value).where(PropertyRecord.key == key))

    def _set_property(self, key: str, value: Any) -> None:
        with self._database.write() as session:
            session.merge(PropertyRecord(key=key, value=value))


def _tidy(layout: ProjectLayout) -> None:
    """Delete what a killed program was writing or deleting, and make folders that are missing. Raises OSError."""
    layout.create()
    SampleFiles(layout).sweep()
    for leftover in layout.incoming.iterdir():
        logger.info("deleting what was cut short: %s", leftover)
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    sweep_models(layout)
