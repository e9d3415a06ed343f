"""A project's samples as a data set, whether or not the project is open elsewhere."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from inspector.data.database import Database
from inspector.data.dataset import Dataset
from inspector.data.layout import ProjectLayout
from inspector.data.opening import check_database
from inspector.data.project import Project
from inspector.data.samples import SampleStore
from inspector.data.schema import PropertyRecord
from inspector.errors import DatasetError
from inspector.imaging.regions import Region


def project_dataset(folder: Path) -> Dataset:
    """See `sources.load_dataset`. Raises `DatasetError` `dataset_empty`, `ProjectError`."""
    layout = ProjectLayout(folder)
    from inspector.data import migrations  # Alembic is only loaded where a project's database is met

    if check_database(layout) != migrations.HEAD:
        Project.open(folder).close()  # brings it up to date
    database = Database(layout.database, read_only=True)
    try:
        with database.read() as session:
            facts = {row.key: row.value for row in session.scalars(select(PropertyRecord))}
        samples = SampleStore(database, layout).stored()
    finally:
        database.close()
    if not samples:
        raise DatasetError("dataset_empty", name=str(facts["name"]))
    return Dataset(str(facts["name"]), folder, samples, Region(**(facts.get("region") or {})))
