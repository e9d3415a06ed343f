"""From a folder to a usable database: made, checked without touching it, brought up to date after a backup."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from inspector import __version__
from inspector.data.database import Database, address
from inspector.data.failures import explained
from inspector.data.layout import ProjectLayout, is_project
from inspector.data.schema import PropertyRecord
from inspector.errors import ProjectError

logger = logging.getLogger(__name__)


def create_database(layout: ProjectLayout, name: str) -> None:
    """A new database in an existing layout; it appears under its name when it is complete."""
    from inspector.data import migrations  # Alembic is only loaded where tables are made or changed

    draft = layout.incoming / "new.sqlite"
    with explained(layout.root):
        draft.touch()
        database = Database(draft)
        try:
            with database.connect() as connection:
                migrations.upgrade(connection)
            with database.write() as session:
                session.add(PropertyRecord(key="name", value=name))
                session.add(PropertyRecord(key="written_by", value=__version__))
        finally:
            database.close()
        draft.replace(layout.database)


def open_database(layout: ProjectLayout) -> Database:
    """The checked database, migrated if it was made by an older version. The caller holds the project's lock."""
    from inspector.data import migrations

    revision = check_database(layout)
    database = Database(layout.database)
    try:
        if revision != migrations.HEAD:
            logger.info("database is at revision %s, upgrading to %s", revision, migrations.HEAD)
            _back_up(layout, revision)
            with database.connect() as connection:
                migrations.upgrade(connection)
        with database.write() as session:
            session.merge(PropertyRecord(key="written_by", value=__version__))
    except BaseException:
        database.close()
        raise
    return database


def check_database(layout: ProjectLayout) -> str:
    """The revision of a sound database that this version knows; only reads.

    Raises `ProjectError`: `project_gone`, `project_not_found`, `project_damaged`, `project_newer`,
    `project_unreadable`.
    """
    from inspector.data import migrations

    check_is_project(layout)
    with explained(layout.root):
        revision, version = _inspect(layout.database)
    if revision is None:
        raise ProjectError("project_damaged", folder=str(layout.root))
    if revision not in migrations.REVISIONS:
        raise ProjectError("project_newer", folder=str(layout.root), version=version)
    return revision


def check_is_project(layout: ProjectLayout) -> None:
    """Raise `ProjectError` `project_gone` or `project_not_found` for a folder that holds no project."""
    if not layout.root.is_dir():
        raise ProjectError("project_gone", folder=str(layout.root))
    if not is_project(layout.root):
        raise ProjectError("project_not_found", folder=str(layout.root))


def _inspect(file: Path) -> tuple[str | None, str]:
    """(revision or None where the file is damaged or no project's, program version that wrote last)."""
    connection = sqlite3.connect(address(file, "ro"), uri=True)
    try:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            return None, "?"
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"alembic_version", "properties"} <= tables:
            return None, "?"
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        version = connection.execute("SELECT value FROM properties WHERE key = 'written_by'").fetchone()
        return revision and revision[0], version[0].strip('"') if version else "?"
    finally:
        connection.close()


def _back_up(layout: ProjectLayout, revision: str) -> None:
    """A complete copy beside the database, with what is still in the write-ahead log."""
    copy_database(layout.database, layout.database.with_name(f"{layout.database.name}.bak-{revision}"))


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of a database that may be in use; `target` appears when it is complete and on the disk."""
    draft = target.with_name(f"{target.name}.tmp")
    draft.unlink(missing_ok=True)
    with explained(source.parent):
        original, copy = sqlite3.connect(address(source, "ro"), uri=True), sqlite3.connect(draft)
        try:
            original.backup(copy)
        finally:
            copy.close()
            original.close()
        draft.replace(target)


def prepare_folder(folder: Path) -> None:
    """Make sure that a new project can go there: the folder is new or empty.

    Raises `ProjectError` `project_folder_not_empty`, `project_folder_is_file` and those of a failing disk.
    """
    with explained(folder.parent):
        if folder.exists() and not folder.is_dir():
            raise ProjectError("project_folder_is_file", folder=str(folder))
        if folder.is_dir() and any(folder.iterdir()):
            raise ProjectError("project_folder_not_empty", folder=str(folder))
        folder.parent.mkdir(parents=True, exist_ok=True)


def checked_name(name: str) -> str:
    """A project's name without blanks around it. Raises `ProjectError` `project_name_empty`."""
    stripped = name.strip()
    if not stripped:
        raise ProjectError("project_name_empty")
    return stripped
