"""Composition root of the window: logging, settings, Qt, theme, window. Nothing else picks concrete classes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if sys.platform == "win32":
    # Both ship a C++ runtime; loaded after Qt, onnxruntime's fails to initialise on Windows.
    import onnxruntime  # noqa: F401

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from inspector import __version__, logs, paths
from inspector.settings import load_settings
from inspector.ui.context import AppContext
from inspector.ui.crash import CrashReporter
from inspector.ui.main_window import MainWindow
from inspector.ui.theme import Theme
from inspector.ui.warm_up import import_ahead
from inspector.ui.workers import TaskRunner

if TYPE_CHECKING:
    from inspector.jobs.demo import DemoJob


SWITCH_INTERVAL_S = 0.0005
"""Painting a screen of samples takes the interpreter lock some hundred times, and a busy thread in the background gives
it away only this often. With Python's 5 ms, scrolling during thumbnail loading stood still for 80 to 150 ms."""


def run(demo: DemoJob | None = None) -> int:
    """Open the window and return its exit code; with `demo` its first product is prepared and inspected at once."""
    log = logs.install()
    try:
        application, window = make_window()
        reporter = CrashReporter(log, window)
        window.show()
        warm_up = TaskRunner(window)
        warm_up.start(import_ahead)
        if demo is not None:
            window.demo.start(demo)
        code = application.exec()
        warm_up.stop()
        reporter.detach()
        return code
    finally:
        log.remove()


def make_window() -> tuple[QApplication, MainWindow]:
    """The application and its window, not shown yet."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    QCoreApplication.setApplicationName(paths.APPLICATION)
    QCoreApplication.setApplicationVersion(__version__)
    application = QApplication(sys.argv[:1])
    settings = load_settings()
    return application, MainWindow(AppContext(settings), Theme(application, settings.theme))
