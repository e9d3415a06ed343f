"""The comparison in the training pane: real trainings, cancelling, coming back to it, and what is shown of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from inspector.data.project import Project
from inspector.detectors.padim import PaDiM
from inspector.jobs.pairing import BenchmarkRow
from inspector.tasks import CancelToken, no_progress
from inspector.ui.context import AppContext
from inspector.ui.models.comparison_table import Column, ComparisonTable
from inspector.ui.panes.training import TrainingPane
from inspector.ui.panes.training.compare import CompareView
from inspector.ui.widgets.score_histogram import ScoreHistogram
from tests.support.parts import write_good, write_mvtec

WAIT = 10_000
TRAININGS_MS = 240_000


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "Prüflinge", "Prüflinge")
    parts = write_mvtec(tmp_path / "parts", good=5, held_out=2, defects=2)
    made.samples.import_paths([parts], no_progress, CancelToken())
    yield made
    made.close()


@pytest.fixture
def pane(project: Project, context: AppContext, qtbot: QtBot) -> Iterator[TrainingPane]:
    context.set_project(project)
    shown = TrainingPane(context)
    qtbot.addWidget(shown)
    shown.resize(1140, 700)
    shown.show()
    shown.to_compare.click()
    yield shown
    shown.shutdown()


@pytest.fixture
def view(pane: TrainingPane) -> CompareView:
    pane.compare.choices.image_size.setValue(64)
    return pane.compare


def row(detector: str, auroc: float | None, folder: Path, **changes: object) -> BenchmarkRow:
    figures = {
        "dataset": "washers", "source": folder, "detector": detector, "title": detector.upper(), "seed": 0,
        "preset": "quick", "image_size": 64, "image_auroc": auroc, "auroc_low": auroc and auroc - 0.1,
        "auroc_high": auroc and min(auroc + 0.05, 1.0), "n_good": 3, "n_defect": 2, "median_ms": auroc and 20 * auroc,
        "review": 1.5, "fail": 1.5, "scores_good": [1.0, 1.1, 1.2], "scores_defect": [2.0, 3.0],
    }  # fmt: skip
    return BenchmarkRow(**{**figures, **changes})


def shown(table: ComparisonTable, column: Column) -> list[str]:
    return [table.index(place, column.value).data() for place in range(table.rowCount())]


@pytest.mark.slow
def test_two_methods_are_compared_for_real_and_one_becomes_a_model(
    view: CompareView, pane: TrainingPane, project: Project, context: AppContext, tmp_path: Path, qtbot: QtBot
) -> None:
    assert view.choices.detectors == ("padim", "patchcore")
    assert view.choices.datasets == (project.folder,)
    with qtbot.waitSignal(view.run.finished, timeout=TRAININGS_MS) as done:
        view.start.click()
    assert [item.problem for item in done.args[0].rows] == [None, None]
    qtbot.waitUntil(lambda: not view.run.runner.running, timeout=WAIT)
    assert {item.detector for item in view.table.rows} == {"padim", "patchcore"}
    assert len(view.plot.rows) == 2
    assert view.chosen is not None
    assert view.chosen.n_good == 2

    with qtbot.waitSignal(context.models_changed, timeout=WAIT):
        view.use.click()
    assert [item.detector for item in project.models.rows()] == [view.chosen.detector]
    assert project.models.rows()[0].name == f"{view.chosen.title} 1"

    view.run.export(view.table.rows, tmp_path / "c.csv")
    qtbot.waitUntil(lambda: "c.csv" in view.banner.text, timeout=WAIT)
    assert (tmp_path / "c.csv").read_text("utf-8").count("\n") == 3

    view.set_project(project)  # as when the project is opened again
    qtbot.waitUntil(lambda: len(view.table.rows) == 2, timeout=WAIT)
    with qtbot.waitSignal(view.run.finished, timeout=WAIT) as again:
        view.start.click()
    assert again.args[0].reused == 2
    qtbot.waitUntil(lambda: not view.run.runner.running, timeout=WAIT)


@pytest.mark.slow
def test_cancel_answers_soon_and_the_pane_is_as_before(view: CompareView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.run.news, timeout=60_000):
        view.start.click()
    assert "Cancel" in view.start.text()
    assert not view.choices.isEnabled()
    with qtbot.waitSignal(view.run.runner.finished, timeout=3000):
        view.start.click()
    assert view.start.text() == "Start comparing"
    assert view.start.isEnabled()
    assert view.table.rows == []


def test_rows_are_sorted_and_the_selection_goes_along(view: CompareView, project: Project) -> None:
    folder = project.folder
    for item in (row("a", 0.8, folder), row("b", 0.95, folder), row("c", None, folder, problem="Broke.")):
        view.run.row_done.emit(item)
    assert shown(view.table, Column.METHOD) == ["B", "A", "C"]
    assert shown(view.table, Column.IMAGE) == ["0.950 (0.85–1.00)", "0.800 (0.70–0.85)", "failed"]
    assert view.chosen == row("a", 0.8, folder)
    view.view.sortByColumn(Column.METHOD.value, Qt.SortOrder.DescendingOrder)
    assert shown(view.table, Column.METHOD) == ["C", "B", "A"]
    assert view.view.currentIndex().row() == 2
    view.run.row_done.emit(row("a", 0.9, folder))
    assert len(view.table.rows) == 3
    assert len(view.plot.rows) == 2


def test_a_point_of_the_plot_selects_its_row_and_its_scores(view: CompareView, project: Project) -> None:
    for item in (row("a", 0.8, project.folder), row("b", 0.95, project.folder, review=2.0, fail=2.5)):
        view.run.row_done.emit(item)
    view.plot.selected.emit(view.plot.rows[0])
    assert view.chosen == row("b", 0.95, project.folder, review=2.0, fail=2.5)
    assert view.histogram.thresholds() == (2.0, 2.5)


def test_only_a_model_of_the_open_project_can_be_used(view: CompareView, project: Project, tmp_path: Path) -> None:
    view.run.row_done.emit(row("a", 0.9, project.folder, bundle=tmp_path))
    assert view.use.isEnabled()
    view.run.row_done.emit(row("b", 0.9, tmp_path / "elsewhere", bundle=tmp_path))
    view.choose(view.table.rows[1])
    assert not view.use.isEnabled()


def test_methods_that_cannot_learn_here_are_greyed_with_the_reason(
    view: CompareView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PaDiM, "needs_others", True)
    view.choices.add(write_good(tmp_path / "more", 1))
    assert view.choices.detectors == ("padim", "patchcore")
    view.choices.data.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert view.choices.detectors == ("patchcore",)
    greyed = view.choices.methods.item(0)
    assert not greyed.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "two sets" in greyed.toolTip()


def test_methods_that_learn_from_defects_can_be_chosen_once_some_are_marked(
    pane: TrainingPane, view: CompareView
) -> None:
    view.choices.tick_methods(("cyclegan",))
    assert view.choices.detectors == ()
    pane.trainer.marked_defects.emit(3)
    assert view.choices.detectors == ("cyclegan",)


def test_without_a_method_or_data_nothing_can_be_started(view: CompareView) -> None:
    view.choices.tick_methods(())
    assert not view.start.isEnabled()
    view.choices.tick_methods(("padim",))
    assert view.start.isEnabled()
    view.choices.data.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert not view.start.isEnabled()


def test_folders_and_other_projects_can_be_added(
    view: CompareView, context: AppContext, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "more"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    view.choices.add_folder.click()
    view.choices.add_folder.click()
    context.settings.remember_project(tmp_path / "other")
    context.settings.remember_project(project.folder)
    menu = view.choices.add_project.menu()
    menu.aboutToShow.emit()
    (action,) = menu.actions()
    action.trigger()
    assert view.choices.datasets == (project.folder, folder, tmp_path / "other")


def test_back_and_forth(pane: TrainingPane, view: CompareView) -> None:
    assert view.isVisible()
    view.back.click()
    assert not view.isVisible()
    assert pane.trainer.isVisible()


def test_a_histogram_that_is_only_shown_cannot_be_moved(qtbot: QtBot) -> None:
    histogram = ScoreHistogram(editable=False)
    qtbot.addWidget(histogram)
    histogram.resize(500, 300)
    histogram.show()
    histogram.set_scores([1.0, 2.0], [3.0])
    histogram.set_thresholds(2.0, 2.5)
    assert not histogram.fail.isVisible()
    assert not histogram.review.isVisible()
    at = QPoint(round(histogram.plot.pixel_of(2.5)), 100)
    qtbot.mousePress(histogram.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(histogram.plot.viewport(), at + QPoint(40, 0))
    qtbot.mouseRelease(histogram.plot.viewport(), Qt.MouseButton.LeftButton, pos=at + QPoint(40, 0))
    assert histogram.thresholds() == (2.0, 2.5)
