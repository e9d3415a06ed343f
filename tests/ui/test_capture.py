"""Taking samples with the simulated camera, through the real driver and its threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.cameras.base import CameraSource
from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.ui.context import AppContext
from inspector.ui.dialogs.capture import LABELS, CaptureDialog
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.panes.project import ProjectPane

WASHERS = CameraSource("simulated", "washer?fps=50")


@pytest.fixture
def dialog(pane: ProjectPane, context: AppContext, qtbot: QtBot) -> Iterator[CaptureDialog]:
    shown = CaptureDialog(context.settings, pane.editor, pane)
    shown.open()
    shown.sources.select(WASHERS)
    yield shown
    if shiboken6.isValid(shown):
        shown.done(0)


def start(dialog: CaptureDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.live.frame):
        dialog.start_button.click()


def test_space_keeps_the_picture_with_the_chosen_label(
    dialog: CaptureDialog, project: Project, pane: ProjectPane, qtbot: QtBot
) -> None:
    assert not dialog.take_button.isEnabled()
    start(dialog, qtbot)
    dialog._labels.button(LABELS.index(Label.DEFECT)).click()
    with qtbot.waitSignal(pane.editor.captured):
        qtbot.keyClick(dialog, Qt.Key.Key_Space)
    (row,) = project.samples.rows(project.samples.ids())
    assert row.label is Label.DEFECT
    qtbot.waitUntil(lambda: pane.model.ids == [row.id])


def test_the_last_picture_can_be_discarded(
    dialog: CaptureDialog, project: Project, pane: ProjectPane, qtbot: QtBot
) -> None:
    start(dialog, qtbot)
    with qtbot.waitSignal(pane.editor.captured):
        dialog.take_button.click()
    with qtbot.waitSignal(pane.editor.removed):
        dialog.discard_button.click()
    assert project.samples.ids() == []
    assert not dialog.discard_button.isEnabled()


def test_stop_and_start_again(dialog: CaptureDialog, qtbot: QtBot) -> None:
    start(dialog, qtbot)
    with qtbot.waitSignal(dialog.live.runner.finished, timeout=2000):
        dialog.start_button.click()
    start(dialog, qtbot)


def test_a_source_that_is_not_there_is_told(dialog: CaptureDialog, qtbot: QtBot) -> None:
    dialog.sources.select(CameraSource("simulated", "teapot"))
    with qtbot.waitSignal(dialog.live.failed):
        dialog.start_button.click()
    (message,) = [item for item in QApplication.topLevelWidgets() if isinstance(item, MessageDialog)]
    assert "teapot" in message.text
    message.accept()
    qtbot.waitUntil(lambda: not dialog.live.running)
    assert not dialog.take_button.isEnabled()


def test_closing_releases_the_camera(dialog: CaptureDialog, qtbot: QtBot) -> None:
    start(dialog, qtbot)
    dialog.accept()
    assert not dialog.live.running
