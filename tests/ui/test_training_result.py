"""What the training pane shows of a model, and what can be changed: with a real bundle, network and project."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.evaluation.judge import Verdict
from inspector.runtime.bundle import load_bundle, save_bundle
from inspector.runtime.manifest import PreprocessingPart
from inspector.runtime.scores import ScoreRow
from inspector.tasks import CancelToken, no_progress
from inspector.ui.context import AppContext
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.models.score_table import Column, Show
from inspector.ui.panes.training import TrainingPane
from inspector.ui.panes.training.heatmaps import HeatmapMaker
from tests.support.brightness import SIDE, write_network, write_pictures
from tests.support.bundles import STATE, manifest, thresholds

WAIT = 10_000
GOOD = (20, 30, 40, 60)
DEFECT = (90, 200, 230)
METRICS = {
    "image_auroc": 1.0, "average_precision": 1.0, "f1": 0.8, "pixel_auroc": None, "aupro": None,
    "n_good": 4, "n_defect": 3, "n_pixel_images": 0, "n_regions": 0, "good_scores": "cross_validated",
}  # fmt: skip


def add_model(project: Project, scratch: Path, model_id: str) -> None:
    """A model whose score is the brightness, with the project's own pictures behind its scores."""
    scratch.mkdir(exist_ok=True)
    rows = [
        ScoreRow(
            sha256=sample.sha256 or "", name=sample.path.name, label=sample.label, kind=sample.kind,
            split=sample.split, score=float(sample.read().max()), cross_validated=sample.split is Split.TRAIN,
        )
        for sample in project.dataset().samples
    ]  # fmt: skip
    details = manifest(model_id).model_copy(
        update={
            "id": model_id,
            "metrics": METRICS,
            "thresholds": thresholds().model_copy(update={"review": 100.0, "fail": 100.0}),
            "preprocessing": PreprocessingPart(height=SIDE, width=SIDE, mean=(0.0,) * 3, std=(1.0,) * 3),
        }
    )
    folder = project.models.new_folder()
    save_bundle(folder, details, STATE, write_network(scratch / f"{model_id}.onnx"), rows)
    project.models.add(folder)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "Prüflinge", "Prüflinge")
    for label, values in ((Label.GOOD, GOOD), (Label.DEFECT, DEFECT)):
        folder = write_pictures(tmp_path / label.value, *values)
        made.samples.import_paths([folder], no_progress, CancelToken(), label)
    add_model(made, tmp_path / "scratch", "first")
    made.models.activate(made.models.rows()[0].id)
    yield made
    made.close()


@pytest.fixture
def pane(project: Project, context: AppContext, qtbot: QtBot) -> Iterator[TrainingPane]:
    context.set_project(project)
    shown = TrainingPane(context)
    qtbot.addWidget(shown)
    shown.resize(1140, 700)
    shown.show()
    qtbot.waitUntil(lambda: shown.result.result is not None, timeout=WAIT)
    yield shown
    shown.shutdown()


def stored(project: Project) -> tuple[float, float, str]:
    part = load_bundle(project.models.rows()[0].folder).manifest.thresholds
    return part.review, part.fail, part.method


def saved(pane: TrainingPane, qtbot: QtBot, action: Callable[[], object]) -> None:
    with qtbot.waitSignal(pane.result.editor.thresholds_saved, timeout=WAIT):
        action()


def test_shows_scores_figures_and_where_they_come_from(pane: TrainingPane) -> None:
    figures = pane.result.figures
    assert figures.escapes.count.text() == "1 of 3"
    assert figures.learned.count.text() == "0 of 4"
    assert figures.held_out.isHidden()
    assert pane.result.histogram.thresholds() == (100, 100)
    assert "cross-validated" in pane.result._measured.text()
    assert pane.result.tiles.tiles["image_auroc"].value.text() == "1.000"
    assert pane.result.tiles.tiles["aupro"].value.text() == "not available"
    assert "outline" in pane.result.tiles.tiles["aupro"].note.text()


def test_moving_the_line_moves_the_figures_and_saves(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    histogram = pane.result.histogram
    histogram.plot.dragged.emit("fail", 50.0)
    qtbot.waitUntil(lambda: pane.result.figures.learned.count.text() == "1 of 4", timeout=WAIT)
    assert pane.result.figures.escapes.count.text() == "0 of 3"
    assert stored(project) == (100, 100, "good_quantile")  # nothing is written while the finger is on it
    saved(pane, qtbot, histogram.plot.released.emit)
    assert stored(project) == (50, 50, "manual")
    saved(pane, qtbot, pane.result.editor.undo_stack.undo)
    assert stored(project) == (100, 100, "good_quantile")
    assert histogram.thresholds() == (100, 100)
    assert pane.result.figures.escapes.count.text() == "1 of 3"
    saved(pane, qtbot, pane.result.editor.undo_stack.redo)
    assert stored(project) == (50, 50, "manual")


def test_methods_propose_thresholds(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    saved(pane, qtbot, pane.result.figures.no_escape.click)
    review, fail, method = stored(project)
    assert 60 < review == fail <= 90
    assert method == "no_escape"
    assert pane.result.figures.escapes.count.text() == "0 of 3"
    saved(pane, qtbot, pane.result.figures.from_good.click)
    assert stored(project)[2] == "good_quantile"


def test_a_review_band_is_saved_as_one(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    saved(pane, qtbot, pane.result.histogram.band.click)
    review, fail, _ = stored(project)
    assert review < fail == 100
    assert pane.result.figures.reviewed.isVisibleTo(pane)


def test_thresholds_that_cannot_be_saved_are_told_and_taken_back(
    pane: TrainingPane, project: Project, context: AppContext, qtbot: QtBot
) -> None:
    folder = project.models.rows()[0].folder
    hidden = folder.with_name("hidden")
    folder.rename(hidden)
    with qtbot.waitSignal(context.failed, timeout=WAIT) as failure:
        pane.result.figures.no_escape.click()
    assert failure.args[0].code == "bundle_missing"
    hidden.rename(folder)
    assert stored(project)[2] == "good_quantile"
    # Reading it again may have failed as well while it was away; the next look shows what is on the disk.
    with qtbot.waitSignal(pane.keeper.loaded, timeout=WAIT):
        pane._reload()
    assert pane.result.histogram.thresholds() == (100, 100)


def test_table_is_sorted_and_filtered(pane: TrainingPane) -> None:
    table = pane.result.images.table
    assert [table.image(row).score for row in range(table.rowCount())] == [230, 200, 90, 60, 40, 30, 20]
    assert table.verdict(table.image(0)) is Verdict.FAIL
    table.set_show(Show.WRONG)
    assert [table.image(row).score for row in range(table.rowCount())] == [90]
    assert table.index(0, Column.VERDICT.value).data() == "PASS"
    table.set_show(Show.GOOD)
    table.sort(Column.SCORE.value, Qt.SortOrder.AscendingOrder)
    assert [table.image(row).score for row in range(table.rowCount())] == list(GOOD)


def test_selecting_a_picture_shows_its_heatmap(pane: TrainingPane, qtbot: QtBot) -> None:
    pane.result.tabs.setCurrentIndex(1)
    pane.result.images.view.selectRow(6)
    picture = pane.result.picture
    qtbot.waitUntil(lambda: picture._heatmap is not None and picture._heatmap.crop.max() == 20, timeout=WAIT)
    assert picture._heatmap.anomaly_map.max() == pytest.approx(20)
    assert picture.view.has_image
    pane.result.images.view.selectRow(0)
    qtbot.waitUntil(lambda: picture._heatmap.crop.max() == 230, timeout=WAIT)
    assert len(picture.view._contours) == 1
    view = pane.result.images.view
    middle = view.visualRect(pane.result.images.table.index(0, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    large = picture._large
    assert large is not None
    assert large.isVisible()
    large.accept()


def test_a_wrong_label_is_corrected_and_undone(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    def label() -> Label:
        return project.samples.rows([image.sample_id])[0].label

    pane.result.images.view.selectRow(2)
    image = pane.result.images.chosen
    assert image.score == 90
    with qtbot.waitSignal(pane.result.editor.labels_saved, timeout=WAIT):
        pane.result.picture.labels[Label.GOOD].click()
    assert label() is Label.GOOD
    assert pane.result.images.table.relabelled == 1
    assert pane.result.picture.labels[Label.GOOD].isChecked()
    with qtbot.waitSignal(pane.result.editor.labels_saved, timeout=WAIT):
        pane.result.editor.undo_stack.undo()
    assert label() is Label.DEFECT
    assert pane.result.images.table.relabelled == 0


def test_a_picture_that_has_gone_is_said_to_be(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    image = pane.result.images.table.image(3)
    Path(image.path).unlink()
    pane.result.images.view.selectRow(3)
    qtbot.waitUntil(lambda: "not there" in pane.result.picture.view._placeholder, timeout=WAIT)


def test_models_are_activated_renamed_exported_and_removed(
    pane: TrainingPane, project: Project, context: AppContext, qtbot: QtBot, tmp_path: Path
) -> None:
    add_model(project, tmp_path / "scratch", "second")
    with qtbot.waitSignal(pane.keeper.listed, timeout=WAIT):
        context.models_changed.emit()
    newest, oldest = (project.models.rows()[place] for place in (0, 1))
    with qtbot.waitSignal(pane.keeper.loaded, timeout=WAIT):
        pane.models.choose(newest.id)
    with qtbot.waitSignals([context.models_changed, pane.keeper.listed], timeout=WAIT):
        pane.models.activate.click()
    assert project.models.active().id == newest.id
    rename(pane, qtbot, "Scheiben")
    assert {row.name for row in project.models.rows()} == {"Scheiben", oldest.name}
    with qtbot.waitSignal(pane.keeper.exported, timeout=WAIT):
        pane.keeper.export(newest, tmp_path / "Scheiben.inspector")
    assert load_bundle(tmp_path / "Scheiben.inspector").manifest.id == "second"
    pane.models.remove.trigger()
    (question,) = pane.findChildren(MessageDialog)
    with qtbot.waitSignal(pane.keeper.changed, timeout=WAIT):
        question.accept()
    assert [row.id for row in project.models.rows()] == [oldest.id]
    qtbot.waitUntil(lambda: pane.models.chosen is not None and pane.models.chosen.id == oldest.id, timeout=WAIT)
    qtbot.waitUntil(lambda: pane.result.result.row.id == oldest.id, timeout=WAIT)


def rename(pane: TrainingPane, qtbot: QtBot, name: str) -> None:
    pane.models.rename.trigger()
    editor = pane.models.view.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, name)
    with qtbot.waitSignal(pane.keeper.changed, timeout=WAIT):
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_a_damaged_model_is_told_and_the_pane_goes_on(
    pane: TrainingPane, project: Project, context: AppContext, qtbot: QtBot
) -> None:
    folder = project.models.rows()[0].folder
    (folder / "scores.json").write_text("[1, 2")
    with qtbot.waitSignal(context.failed, timeout=WAIT) as failure:
        context.models_changed.emit()
    assert failure.args[0].code == "bundle_damaged"
    assert pane.models.chosen is not None


def test_switching_projects_lets_go_of_the_one_before(
    pane: TrainingPane, context: AppContext, qtbot: QtBot, tmp_path: Path
) -> None:
    other = Project.create(tmp_path / "empty", "Empty")
    context.set_project(other)
    assert pane.result.result is None
    assert pane.models.models.rowCount() == 0
    assert not pane.trainer.start.isEnabled()
    qtbot.waitUntil(lambda: "No good picture" in pane.trainer._warning.text(), timeout=WAIT)
    context.set_project(None)


def test_heatmaps_are_kept_within_their_memory(project: Project) -> None:
    bundle = load_bundle(project.models.rows()[0].folder)
    samples = project.dataset().samples
    one = 48 * 48 * 3 + 48 * 48 * 4
    maker = HeatmapMaker(memory=2 * one)
    for sample in samples:
        maker.make(bundle, sample.path, sample.sha256, 0.5, "inferno")
    assert maker.kept == [sample.sha256 for sample in samples[-2:]]
    shutil.move(samples[-1].path, samples[-1].path.with_suffix(".away"))
    again = maker.make(bundle, samples[-1].path, samples[-1].sha256, 0.5, "inferno")
    assert again.crop.shape == (48, 48, 3)  # from memory: the file is gone
    maker.close()
    assert maker.kept == []
