"""When things go wrong while the window is open: a sentence, and the window goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.cameras.base import CameraSource
from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.evaluation.judge import Verdict
from inspector.ui.dialogs.crash import CrashDialog
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.errors import show_error
from inspector.ui.main_window import MainWindow
from inspector.ui.navigation import Place
from inspector.ui.panes.inspection import InspectionPane
from inspector.ui.panes.project import ProjectPane
from inspector.ui.panes.training import TrainingPane
from tests.support.brightness import add_brightness_model, write_pictures
from tests.support.mjpeg import MjpegServer

WAIT = 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two labelled samples and a model."""
    with Project.create(tmp_path / "drive" / "washers", "Washers") as project:
        from inspector.tasks import CancelToken, no_progress

        pictures = write_pictures(tmp_path / "pictures", 20, 40)
        project.samples.import_paths([pictures], no_progress, CancelToken(), Label.GOOD)
        add_brightness_model(project, tmp_path / "scratch")
    return tmp_path / "drive" / "washers"


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, folder: Path) -> MainWindow:
    with qtbot.waitSignal(window.project_actions.opened, timeout=WAIT):
        window.project_actions.open_project(folder)
    return window


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with MjpegServer() as server:
        yield server


def told(qtbot: QtBot) -> str:
    """The sentence in the dialog that is open; it is closed."""

    def dialogs() -> list[MessageDialog]:
        return [item for item in QApplication.topLevelWidgets() if isinstance(item, MessageDialog) and item.isVisible()]

    qtbot.waitUntil(lambda: bool(dialogs()), timeout=WAIT)
    assert not [item for item in QApplication.topLevelWidgets() if isinstance(item, CrashDialog) and item.isVisible()]
    (dialog,) = dialogs()
    dialog.accept()
    return dialog.text


def inspection(window: MainWindow, qtbot: QtBot, source: CameraSource) -> InspectionPane:
    """The pane, inspecting."""
    window.rail.button(Place.INSPECTION).click()
    pane = window.pane(Place.INSPECTION)
    assert isinstance(pane, InspectionPane)
    qtbot.waitUntil(lambda: pane.model.bundle is not None, timeout=WAIT)
    pane.controls.source.select(source)
    pane.controls.start.click()
    qtbot.waitUntil(lambda: len(pane.strip.items) >= 2, timeout=WAIT)
    return pane


def test_a_camera_that_is_unplugged_is_told_and_used_again(
    opened: MainWindow, qtbot: QtBot, camera: MjpegServer
) -> None:
    opened.context.settings.camera_read_timeout_s = 0.5
    pane = inspection(opened, qtbot, CameraSource("url", camera.url))
    camera.stop()
    qtbot.waitUntil(pane.banner.isVisible, timeout=WAIT)
    assert camera.url in pane.banner.text.text()
    assert pane.tile.verdict is Verdict.NOT_INSPECTED
    camera.start()
    qtbot.waitUntil(pane.banner.isHidden, timeout=WAIT)
    qtbot.waitUntil(lambda: pane.tile.verdict is not Verdict.NOT_INSPECTED, timeout=WAIT)
    pane.controls.start.click()
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps open files where they are")
def test_a_drive_that_goes_while_inspecting_withholds_verdicts(opened: MainWindow, qtbot: QtBot, folder: Path) -> None:
    pane = inspection(opened, qtbot, CameraSource("simulated", "washer?seed=2&fps=20"))
    drive = folder.parent
    drive.rename(drive.with_name("unplugged"))
    qtbot.waitUntil(pane.banner.isVisible, timeout=WAIT)
    assert "their drive is not connected" in pane.banner.text.text()
    assert pane.tile.verdict is Verdict.NOT_INSPECTED
    drive.with_name("unplugged").rename(drive)
    qtbot.waitUntil(lambda: pane.tile.verdict is not Verdict.NOT_INSPECTED, timeout=WAIT)
    pane.controls.start.click()
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)


def test_a_drive_that_goes_is_told_by_every_pane_and_all_is_there_when_it_is_back(
    opened: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    pane = opened.pane(Place.PROJECT)
    assert isinstance(pane, ProjectPane)
    qtbot.waitUntil(lambda: len(pane.model.ids) == 2, timeout=WAIT)
    drive = folder.parent
    drive.rename(drive.with_name("unplugged"))
    pane.grid.select_ids([pane.model.ids[0]], pane.model.ids[0])
    qtbot.keyClick(pane.grid, Qt.Key.Key_D)
    assert "cannot be found" in told(qtbot)
    opened.rail.button(Place.TRAINING).click()
    training = opened.pane(Place.TRAINING)
    assert isinstance(training, TrainingPane)
    training.trainer.recount()
    assert "cannot be found" in told(qtbot)
    assert not drive.exists(), "nothing may be begun anew where the drive was"
    drive.with_name("unplugged").rename(drive)
    project = opened.context.project
    assert project is not None
    assert project.samples.counts()[Label.GOOD] == 2
    opened.rail.button(Place.PROJECT).click()
    qtbot.keyClick(pane.grid, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: project.samples.counts()[Label.DEFECT] == 1, timeout=WAIT)


def test_what_cannot_be_opened_is_told_on_the_start_page(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    with Project.open(folder):
        window.project_actions.open_project(folder)
        assert "is already open" in told(qtbot)
    qtbot.waitUntil(window.project_actions.new.isEnabled, timeout=WAIT)
    (folder / "project.sqlite").write_bytes(b"x" * 9000)
    window.project_actions.open_project(folder)
    assert "is damaged and was left as it is" in told(qtbot)
    assert (folder / "project.sqlite").read_bytes() == b"x" * 9000
    assert window.place is Place.START
    qtbot.waitUntil(window.project_actions.new.isEnabled, timeout=WAIT)


@pytest.mark.parametrize(
    ("error", "words"), [(MemoryError(), "not enough memory"), (OSError(28, "No space left on device"), "disk is full")]
)
def test_what_the_computer_ran_out_of_is_no_crash(
    window: MainWindow, qtbot: QtBot, error: Exception, words: str
) -> None:
    show_error(window, error)
    assert words in told(qtbot)
