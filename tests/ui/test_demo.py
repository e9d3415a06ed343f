"""The demo in the real window: a simulated product is rendered, imported, trained and inspected live."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from inspector.jobs.demo import DemoJob
from inspector.ui.main_window import MainWindow
from inspector.ui.navigation import Place


@pytest.mark.slow
def test_the_demo_ends_in_live_verdicts(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.demo.start(DemoJob(folder=tmp_path, products=("washer",), good=6, held_out=0))
    qtbot.waitUntil(lambda: window.place is Place.INSPECTION, timeout=120_000)
    pane = window.pane(Place.INSPECTION)
    qtbot.waitUntil(lambda: pane.history.newest is not None, timeout=30_000)
    assert pane.history.newest.score is not None
    assert window.context.project is not None
    assert window.context.project.folder == tmp_path / "washer"


def test_the_demo_offers_every_product_and_can_be_cancelled(window: MainWindow, qtbot: QtBot) -> None:
    window.demo.menu.aboutToShow.emit()
    actions: list[QAction] = window.demo.menu.actions()
    assert len(actions) >= 3
    with qtbot.waitSignal(window.demo.runner.progress):
        actions[0].trigger()
    assert not window.start_page.list.isEnabled()
    with qtbot.waitSignal(window.demo.runner.finished, timeout=3000):
        window.demo.runner.cancel()
    assert window.place is Place.START
