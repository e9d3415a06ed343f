"""The main job in the real window: from an empty folder over labels and training to live verdicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.cameras.base import CameraSource
from inspector.data.dataset import Label
from inspector.evaluation.judge import Verdict
from inspector.imaging.files import write_image
from inspector.imaging.simulation import render
from inspector.ui.main_window import MainWindow
from inspector.ui.navigation import Place
from inspector.ui.panes.inspection import InspectionPane
from inspector.ui.panes.project import ProjectPane
from inspector.ui.panes.training import TrainingPane

GOOD, DEFECTS = 10, 2
TRAINING_MS = 120_000
WAIT = 20_000


def rendered(folder: Path) -> Path:
    folder.mkdir()
    for index in range(GOOD):
        write_image(folder / f"good {index:02}.png", render("washer", 1, index).image)
    for index in range(DEFECTS):
        write_image(folder / f"stain {index:02}.png", render("washer", 1, 100 + index, kind="stain").image)
    return folder


def show(window: MainWindow, place: Place) -> object:
    window.rail.button(place).click()
    assert window.place is place
    return window.pane(place)


@pytest.mark.slow
def test_from_an_empty_folder_to_live_verdicts(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    errors: list[BaseException] = []
    window.context.failed.connect(errors.append)
    create_project(window, qtbot, tmp_path / "Prüflinge")
    collect(window, qtbot, rendered(tmp_path / "pictures"))
    train(window, qtbot)
    inspect(window, qtbot)
    assert errors == []


def create_project(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    with qtbot.waitSignal(window.project_actions.opened, timeout=WAIT):
        window.project_actions.create_project("Washers", folder)
    assert window.place is Place.PROJECT


def collect(window: MainWindow, qtbot: QtBot, pictures: Path) -> None:
    """Import everything, then label by keyboard."""
    pane = show(window, Place.PROJECT)
    assert isinstance(pane, ProjectPane)
    project = window.context.project
    assert project is not None
    pane.import_paths([pictures])
    qtbot.waitUntil(lambda: len(pane.grid.selected_ids()) == GOOD + DEFECTS, timeout=WAIT)
    ids = list(pane.model.ids)
    for key, chosen in ((Qt.Key.Key_G, ids[:GOOD]), (Qt.Key.Key_D, ids[GOOD:])):
        pane.grid.select_ids(chosen, chosen[0])
        qtbot.keyClick(pane.grid, key)
    qtbot.waitUntil(lambda: project.samples.counts()[Label.DEFECT] == DEFECTS, timeout=WAIT)
    assert project.samples.counts()[Label.GOOD] == GOOD


def train(window: MainWindow, qtbot: QtBot) -> None:
    """A real, small training; its model becomes the active one."""
    pane = show(window, Place.TRAINING)
    assert isinstance(pane, TrainingPane)
    pane.trainer.form.image_size.setValue(64)
    for button in pane.trainer.form.presets.buttons():
        button.setChecked(button.property("preset") == "quick")
    qtbot.waitUntil(pane.trainer.start.isEnabled, timeout=WAIT)
    with qtbot.waitSignal(pane.trainer.run.trained, timeout=TRAINING_MS):
        pane.trainer.start.click()
    assert window.context.project is not None
    assert window.context.project.models.active() is not None


def inspect(window: MainWindow, qtbot: QtBot) -> None:
    """The simulated line, with the threshold moved between the scores that come."""
    pane = show(window, Place.INSPECTION)
    assert isinstance(pane, InspectionPane)
    qtbot.waitUntil(lambda: pane.model.bundle is not None, timeout=WAIT)
    pane.controls.source.select(CameraSource("simulated", "washer?seed=2&defects=0.5&fps=20"))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: len(pane.strip.items) >= 6, timeout=WAIT)
    pane.thresholds.histogram.fail.spin.setValue(float(np.median(pane.session.bridge.scores())))
    assert {item.verdict for item in pane.strip.items} >= {Verdict.PASS, Verdict.FAIL}
    for verdict in (Verdict.PASS, Verdict.FAIL):
        qtbot.waitUntil(lambda verdict=verdict: pane.tile.verdict is verdict, timeout=WAIT)
    qtbot.waitUntil(lambda: pane.counters.figures["inspected"].text() not in ("–", "0"), timeout=WAIT)
    assert pane.view.picture.has_image
    assert pane.tally.known
    pane.controls.start.click()
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)
