"""What every test of the window gets: a themed application and failures for what is left behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.settings import Settings
from inspector.ui.context import AppContext
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
    import shiboken6

    return [item for item in gc.get_objects() if isinstance(item, kind) and shiboken6.isValid(item)]


def running_threads() -> list[QObject]:
    return [thread for thread in live(QThread) if isinstance(thread, QThread) and thread.isRunning()]


def active_timers() -> list[QObject]:
    return [timer for timer in live(QTimer) if isinstance(timer, QTimer) and timer.isActive()]


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a running QThread, an active timer or a top-level widget."""
    request.getfixturevalue("theme")
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
