from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from inspector.data import database as database_module
from inspector.data import migrations
from inspector.data.database import Database
from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.data.schema import Base, PropertyRecord
from inspector.errors import ProjectError
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress
from tests.data.pictures import save_many

STORED = Path(__file__).parent / "files"


def refusal(folder: Path) -> str:
    with pytest.raises(ProjectError) as caught:
        Project.open(folder)
    assert sentence(caught.value)
    return caught.value.code


@pytest.fixture
def old_project(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    folder.mkdir()
    shutil.copy(STORED / "project_v1.sqlite", folder / "project.sqlite")
    return folder


def test_migrations_make_the_tables_that_the_program_uses(project: Project) -> None:
    database = Database(project.folder / "project.sqlite")
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_heads() == (migrations.HEAD,)
    database.close()


def test_a_project_of_the_first_version_opens(old_project: Path) -> None:
    with Project.open(old_project) as project:
        assert project.name == "Washer 40 mm"
        rows = project.samples.rows(project.samples.ids())
        assert [(row.name, row.label, row.kind, row.split, row.has_mask) for row in rows] == [
            ("part 1.png", Label.GOOD, None, Split.TRAIN, False),
            ("Teil ü.jpg", Label.DEFECT, "scratch", Split.TEST, True),
            ("part 3.png", Label.NONE, None, Split.TRAIN, False),
        ]
        assert rows[1].added_at.isoformat() == "2026-10-01T08:00:01.500000+00:00"
        assert project.samples.problems() == []
        active = project.models.active()
        assert active is not None
        assert active.metrics == {"image_auroc": 0.97}
        project.samples.set_split([1], Split.TEST)


def test_the_file_before_a_migration_is_kept(old_project: Path) -> None:
    before = (old_project / "project.sqlite").read_bytes()
    Project.open(old_project).close()
    backup = sqlite3.connect(old_project / "project.sqlite.bak-0001")
    assert backup.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert backup.execute("SELECT count(*) FROM samples").fetchone() == (3,)
    backup.close()
    assert (old_project / "project.sqlite").read_bytes() != before
    Project.open(old_project).close()
    assert sorted(path.name for path in old_project.glob("*.bak-*")) == ["project.sqlite.bak-0001"]


def test_a_migration_that_fails_changes_nothing(old_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        migrations.v0002_splits.op.add_column(
            "samples", migrations.v0002_splits.sa.Column("half", migrations.v0002_splits.sa.String)
        )
        raise sqlite3.OperationalError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(migrations.v0002_splits, "upgrade", breaks)
        with pytest.raises(sqlite3.OperationalError):
            Project.open(old_project)
    connection = sqlite3.connect(old_project / "project.sqlite")
    assert "half" not in {row[1] for row in connection.execute("PRAGMA table_info(samples)")}
    connection.close()
    Project.open(old_project).close()


def test_a_project_of_a_newer_version_is_refused(project: Project) -> None:
    project.close()
    connection = sqlite3.connect(project.folder / "project.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.execute("UPDATE properties SET value = '\"7.3\"' WHERE key = 'written_by'")
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match="project_newer") as caught:
        Project.open(project.folder)
    assert "7.3" in sentence(caught.value)


def damage_header(data: bytes) -> bytes:
    return os.urandom(len(data))


def damage_middle(data: bytes) -> bytes:
    return data[:4096] + os.urandom(8192) + data[12288:]


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def empty(data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [damage_header, damage_middle, cut_short, empty])
def test_a_damaged_database_is_refused_and_left_as_it_is(filled: Project, damage: Any) -> None:
    filled.close()
    file = filled.folder / "project.sqlite"
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    assert refusal(filled.folder) == "project_damaged"
    assert file.read_bytes() == damaged
    assert refusal(filled.folder) == "project_damaged", "the lock was not released"


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "project.sqlite")
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.commit()
    connection.close()
    assert refusal(tmp_path) == "project_damaged"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let an open project be moved")
def test_a_folder_that_vanishes_is_told_and_swallows_no_label(filled: Project, tmp_path: Path) -> None:
    ids = filled.samples.ids()
    away = tmp_path / "away"
    filled.folder.rename(away)
    for action in (filled.samples.ids, lambda: filled.samples.set_label(ids, Label.GOOD), lambda: filled.rename("x")):
        with pytest.raises(ProjectError, match="project_gone"):
            action()
    away.rename(filled.folder)
    assert filled.samples.counts()[Label.NONE] == 8
    filled.samples.set_label(ids, Label.GOOD)
    assert filled.samples.counts()[Label.GOOD] == 8


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps open files where they are")
def test_a_drive_that_was_connected_anew_swallows_no_label(filled: Project, tmp_path: Path) -> None:
    """The same files in their old place, but other ones to the system; what is still open leads elsewhere."""
    ids = filled.samples.ids()
    filled.folder.rename(tmp_path / "away")
    shutil.copytree(tmp_path / "away", filled.folder)
    filled.samples.set_label(ids, Label.GOOD)
    database = Database(filled.folder / "project.sqlite", read_only=True)
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM samples WHERE label = 'good'").scalar() == len(ids)
    database.close()


def test_a_full_disk_is_told_by_the_database_and_nothing_is_lost(filled: Project) -> None:
    ids = filled.samples.ids()
    filled.samples.set_label(ids, Label.GOOD)
    with filled._database.read() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()

    # SQLite itself runs out of pages, as it does on a full disk.
    def limit(connection: Any, record: Any, proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    database_module.event.listen(filled._database._engine, "checkout", limit)
    with pytest.raises(ProjectError, match="project_disk_full"):
        filled.samples.set_label(ids, Label.DEFECT, "x" * 100_000)
    assert filled.samples.counts()[Label.GOOD] == 8


def test_a_full_disk_stops_an_import_and_keeps_what_there_is(
    filled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = save_many(tmp_path / "more", 5, first=100)
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 4:  # a file and its folder each: two pictures fit
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ProjectError, match="project_disk_full"):
            filled.samples.import_paths(files, no_progress, CancelToken())
    assert len(filled.samples.ids()) == 10
    assert len(filled.samples.import_paths(files, no_progress, CancelToken()).added) == 3


def test_a_project_that_cannot_be_made_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(connection: Any, target: str = "") -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(migrations, "upgrade", full)
    with pytest.raises(ProjectError, match="project_disk_full"):
        Project.create(tmp_path / "new", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_write_protected_folder_is_told(project: Project) -> None:
    project.close()
    project.folder.chmod(0o500)
    (project.folder / "project.lock").chmod(0o400)
    try:
        if os.access(project.folder, os.W_OK):
            pytest.skip("needs a user whom permissions bind")
        assert refusal(project.folder) == "project_read_only"
    finally:
        project.folder.chmod(0o700)


def test_a_database_locked_by_another_program_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.close()
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 0.01)
    with Project.open(project.folder) as again:
        other = sqlite3.connect(project.folder / "project.sqlite")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ProjectError, match="project_busy"):
            again.rename("x")
        assert again.name == "Unterlegscheibe Ø40", "readers need not wait"
        other.close()


def test_an_exception_in_a_transaction_undoes_all_of_it(project: Project) -> None:
    def rename_and_fail() -> None:
        with project._database.write() as session:
            session.merge(PropertyRecord(key="name", value="changed"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rename_and_fail()
    assert project.name == "Unterlegscheibe Ø40"


def test_threads_write_and_read_at_the_same_time(filled: Project) -> None:
    ids = filled.samples.ids()
    failures: list[BaseException] = []

    def work(label: Label) -> None:
        try:
            for _ in range(20):
                filled.samples.set_label(ids, label)
                counts = filled.samples.counts()
                assert sorted(counts.values()) == [0, 0, 0, 8], "a reader saw half a change"
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(label,)) for label in (Label.GOOD, Label.DEFECT, Label.UNSURE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_labels_reach_the_disk_before_they_count_as_saved(project: Project) -> None:
    with project._database.write() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
