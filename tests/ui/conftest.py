"""What every test of the window gets: a themed application and failures for what is left behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.data.project import Project
from inspector.imaging.files import write_image
from inspector.settings import Settings
from inspector.ui.context import AppContext
from inspector.ui.main_window import MainWindow
from inspector.ui.panes.project import ProjectPane
from inspector.ui.theme import Theme

OFFSCREEN_NOISE = "This plugin does not support propagateSizeHints"
"""Said by the offscreen platform about any window with a smallest size."""


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.qt_log_ignore(OFFSCREEN_NOISE, extend=True))


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """The light theme, whatever the machine prefers."""
    return Theme(qapp, "light")


def deliver_deletions() -> None:
    """Let `deleteLater` take effect and Python drop its cycles."""
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


def live(kind: type[QObject]) -> list[QObject]:
    """Qt objects of a kind that Python knows and that have not been deleted."""
    # Not isinstance: it asks every object alive for its `__class__`, which some lazy ones answer with a warning.
    return [item for item in gc.get_objects() if issubclass(type(item), kind) and shiboken6.isValid(item)]


def running_threads() -> list[QObject]:
    return [thread for thread in live(QThread) if isinstance(thread, QThread) and thread.isRunning()]


def active_timers() -> list[QObject]:
    return [timer for timer in live(QTimer) if isinstance(timer, QTimer) and timer.isActive()]


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a running QThread, an active timer or a top-level widget."""
    request.getfixturevalue("theme")
    # What is alive now need not be looked through after the test: it was checked, and there is a lot of it.
    gc.freeze()
    before: set[QWidget] = set(QApplication.topLevelWidgets())
    # Set up before qtbot, so torn down after it has closed the widgets it was given.
    yield
    deliver_deletions()
    assert not running_threads(), "a QThread was left running"
    assert not active_timers(), "a QTimer was left active"
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before and widget.isVisible()]
    assert not left, f"windows were left open: {left}"


@pytest.fixture
def context(nothing_left_behind: None, qtbot: QtBot) -> AppContext:
    """A context with default settings and no project."""
    return AppContext(Settings())


@pytest.fixture
def window(context: AppContext, theme: Theme) -> Iterator[MainWindow]:
    """The real window, closed in the end whatever the test did."""
    shown = MainWindow(context, theme)
    shown.show()
    yield shown
    shown.close()
    shown.deleteLater()


@pytest.fixture
def project(tmp_path: Path, context: AppContext) -> Iterator[Project]:
    """An empty project, open in the context."""
    made = Project.create(tmp_path / "washers", "Washers")
    context.set_project(made)
    yield made
    made.close()


@pytest.fixture
def pane(project: Project, context: AppContext, qtbot: QtBot) -> Iterator[ProjectPane]:
    """The project pane on the empty project."""
    shown = ProjectPane(context)
    shown.resize(1100, 700)
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    shown.shutdown()
    shown.close()
    shown.deleteLater()


def write_pictures(folder: Path, count: int, side: int = 48) -> Path:
    """Pictures that differ from each other."""
    for number in range(count):
        image = np.full((side, side, 3), 40 + number % 200, np.uint8)
        image[number % side, :, 1] = 255
        image[:, number // side % side, 2] = 255
        write_image(folder / f"part {number:03}.png", image)
    return folder
