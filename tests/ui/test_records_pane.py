"""The records pane: counted, listed, narrowed and exported while more records come in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from inspector.data.layout import ProjectLayout
from inspector.data.project import Project
from inspector.evaluation.judge import Verdict
from inspector.station.records import RecordStore
from inspector.tasks import CancelToken, Progress
from inspector.ui.context import AppContext
from inspector.ui.models.record_table import RecordColumn
from inspector.ui.panes.records import RecordsPane
from inspector.ui.panes.records.filter_bar import Period
from inspector.ui.theme import Theme
from tests.support.records import record


def write(project: Project, *records: object) -> None:
    with closing(RecordStore(ProjectLayout(project.folder).records)) as store:
        store.add(records)  # type: ignore[arg-type]


def cells(pane: RecordsPane, column: RecordColumn) -> list[str]:
    table = pane.table
    return [table.data(table.index(row, column.value)) for row in range(table.rowCount())]


def choose(pane: RecordsPane, *, period: Period | None = None, verdict: Verdict | None = None) -> None:
    if period is not None:
        pane.filter.period.setCurrentIndex(pane.filter.period.findData(period))
    pane.filter.verdict.setCurrentIndex(pane.filter.verdict.findData(verdict))


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme, context: AppContext, project: Project) -> Iterator[RecordsPane]:
    context.set_project(project)
    pane = RecordsPane(context)
    qtbot.addWidget(pane)
    yield pane
    pane.shutdown()


@pytest.fixture
def filled(qtbot: QtBot, pane: RecordsPane, project: Project) -> RecordsPane:
    now = datetime.now(UTC)
    write(
        project,
        record(1, inspected_at=now - timedelta(days=3)),
        record(2, Verdict.FAIL, inspected_at=now - timedelta(minutes=2)),
        record(3, Verdict.NOT_INSPECTED, inspected_at=now - timedelta(minutes=1)),
        record(4, inspected_at=now),
    )
    choose(pane, period=Period.ALL)
    pane.show()
    qtbot.waitUntil(lambda: pane.table.rowCount() == 4)
    return pane


def test_the_newest_come_first_with_word_and_symbol(filled: RecordsPane) -> None:
    assert cells(filled, RecordColumn.VERDICT) == ["PASS", "NOT INSPECTED", "FAIL", "PASS"]
    assert cells(filled, RecordColumn.FAULT) == ["", "camera stalled", "", ""]
    index = filled.table.index(0, RecordColumn.VERDICT.value)
    assert not filled.table.data(index, Qt.ItemDataRole.DecorationRole).isNull()
    assert filled.summary.figures[Verdict.PASS].text() == "2"
    assert filled.summary.passed.text() == "66.7 %"
    assert "of 3 inspected" in filled.summary.interval.text()


def test_time_and_verdict_narrow_what_is_shown_and_counted(qtbot: QtBot, filled: RecordsPane) -> None:
    choose(filled, period=Period.HOUR)
    qtbot.waitUntil(lambda: filled.table.rowCount() == 3)
    choose(filled, verdict=Verdict.FAIL)
    qtbot.waitUntil(lambda: cells(filled, RecordColumn.PART) == ["2"])
    assert filled.summary.figures[Verdict.PASS].text() == "0"


def test_what_comes_in_is_shown_without_being_asked_for(qtbot: QtBot, filled: RecordsPane, project: Project) -> None:
    write(project, record(5, inspected_at=datetime.now(UTC)))
    qtbot.waitUntil(lambda: filled.table.rowCount() == 5)


def test_without_records_it_says_so_and_makes_no_file(qtbot: QtBot, pane: RecordsPane, project: Project) -> None:
    with qtbot.waitSignal(pane._queue.done):
        pane.show()
    assert pane.table.rowCount() == 0
    assert not pane.filter.export.isEnabled()
    assert not ProjectLayout(project.folder).records.exists()


def test_all_that_is_counted_is_exported(
    qtbot: QtBot, filled: RecordsPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    with qtbot.waitSignal(filled.runner.finished):
        filled.filter.export.click()
    assert "4 records" in filled.banner.text
    assert len(file.with_suffix(".csv").read_text(encoding="utf-8").splitlines()) == 5


def test_damaged_records_are_told_once(qtbot: QtBot, pane: RecordsPane, project: Project, context: AppContext) -> None:
    ProjectLayout(project.folder).records.write_bytes(b"no database at all" * 100)
    told: list[object] = []
    context.failed.connect(told.append)
    for _ in range(2):
        with qtbot.waitSignal(pane._queue.failed):
            pane.look()
    assert [getattr(error, "code", None) for error in told] == ["records_damaged"]


def test_leaving_a_project_ends_its_export_and_forgets_its_faults(
    qtbot: QtBot, pane: RecordsPane, context: AppContext, project: Project, tmp_path: Path
) -> None:
    pane.show()
    told: list[object] = []
    context.failed.connect(told.append)
    second = Project.create(tmp_path / "second", "Second")
    for damaged in (project, second):
        ProjectLayout(damaged.folder).records.write_bytes(b"no database at all" * 100)
    with qtbot.waitSignal(pane._queue.failed):
        pane.look()
    pane.runner.start(_until_cancelled)
    qtbot.waitUntil(pane.strip.isVisible)
    with qtbot.waitSignal(pane._queue.failed):
        context.set_project(second)
    assert not pane.strip.isVisible()
    assert len(told) == 2
    context.set_project(None)


def _until_cancelled(progress: Progress, cancel: CancelToken) -> None:
    while True:
        progress(0, 1, "writing")
        cancel.raise_if_cancelled()


def test_another_project_shows_its_own(qtbot: QtBot, filled: RecordsPane, context: AppContext, tmp_path: Path) -> None:
    context.set_project(Project.create(tmp_path / "second", "Second"))
    qtbot.waitUntil(lambda: filled.table.rowCount() == 0)
    context.set_project(None)
