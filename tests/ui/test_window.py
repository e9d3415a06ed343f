"""The main window: start page, projects, places, themes, closing in the middle of something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from inspector.data.project import Project
from inspector.errors import InspectorError
from inspector.settings import Settings, load_settings
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.dialogs.new_project import NewProjectDialog
from inspector.ui.main_window import MainWindow
from inspector.ui.navigation import Place
from inspector.ui.recent import RecentProjects
from inspector.ui.theme import TOUCH, Theme
from tests.ui.conftest import write_pictures


def dialogs(kind: type[QDialog]) -> list[QDialog]:
    return [item for item in QApplication.topLevelWidgets() if isinstance(item, kind) and item.isVisible()]


def create(window: MainWindow, qtbot: QtBot, folder: Path, name: str = "Washers") -> Project:
    with qtbot.waitSignal(window.project_actions.opened):
        window.project_actions.create_project(name, folder)
    project = window.context.project
    assert project is not None
    return project


def test_it_starts_on_the_start_page(window: MainWindow, qtbot: QtBot) -> None:
    assert window.place is Place.START
    assert not window.rail.button(Place.TRAINING).isEnabled()
    with qtbot.waitSignal(window.start_page.new_wanted):
        window.start_page._buttons[0].click()
    (dialog,) = dialogs(NewProjectDialog)
    dialog.reject()


def test_a_new_project_is_opened_and_remembered(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    create(window, qtbot, tmp_path / "washers")
    assert window.place is Place.PROJECT
    assert window.rail.button(Place.PROJECT).isChecked()
    assert "Washers" in window.windowTitle()
    qtbot.waitUntil(lambda: "Washers" in window._status.project_label.text())
    assert load_settings().recent_projects == [tmp_path / "washers"]


def test_a_project_that_cannot_be_opened_is_told(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.project_actions.open_project(tmp_path)
    qtbot.waitUntil(lambda: bool(dialogs(MessageDialog)))
    (dialog,) = dialogs(MessageDialog)
    assert "holds no project" in dialog.text
    dialog.accept()
    assert window.place is Place.START
    qtbot.waitUntil(window.project_actions.new.isEnabled)


def test_rename_duplicate_and_close(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    first = create(window, qtbot, tmp_path / "a")
    with qtbot.waitSignal(window.project_actions.renamed):
        window.project_actions.rename_project("Rings")
    assert first.name == "Rings"
    assert "Rings" in window.windowTitle()
    qtbot.waitUntil(window.project_actions.duplicate.isEnabled)
    with qtbot.waitSignal(window.project_actions.opened):
        window.project_actions.duplicate_project("Rings copy", tmp_path / "b")
    assert window.context.project is not None
    assert window.context.project.folder == tmp_path / "b"
    with pytest.raises(InspectorError):
        first.samples.ids()
    window.project_actions.close_project()
    assert window.place is Place.START


def test_recent_projects_are_opened_by_a_tap_and_missing_ones_say_why(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    create(window, qtbot, tmp_path / "here")
    window.project_actions.close_project()
    window.context.settings.remember_project(tmp_path / "gone")
    window.recent.check()
    shown = window.start_page.list
    qtbot.waitUntil(lambda: shown.count() == 2 and "is not there" in shown.item(0).text())
    gone, here = shown.item(0), shown.item(1)
    assert not gone.flags() & Qt.ItemFlag.ItemIsEnabled
    with qtbot.waitSignal(window.project_actions.opened):
        qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=shown.visualItemRect(here).center())


def test_a_folder_without_its_project_says_so(nothing_left_behind: None, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "emptied").mkdir()
    recent = RecentProjects(Settings(recent_projects=[tmp_path / "emptied"]))
    with qtbot.waitSignal(recent.changed):
        recent.check()
    assert "no project" in str(recent.items()[0].reason)
    recent.close()


def test_every_entry_of_the_rail_is_large_enough(window: MainWindow) -> None:
    for place in (Place.PROJECT, Place.TRAINING, Place.INSPECTION):
        size = window.rail.button(place).size()
        assert min(size.width(), size.height()) >= TOUCH


def test_the_theme_is_chosen_in_the_menu_and_kept(window: MainWindow, theme: Theme) -> None:
    actions = {action.text(): action for menu in window.menuBar().findChildren(type(window.menuBar().addMenu("x")))
               for action in menu.actions()}  # fmt: skip
    try:
        actions["Dark"].trigger()
        assert theme.choice == "dark"
        assert load_settings().theme == "dark"
    finally:
        actions["Light"].trigger()


def test_full_screen_leaves_only_the_pane(window: MainWindow, qtbot: QtBot) -> None:
    window.toggle_full_screen()
    qtbot.waitUntil(lambda: not window.rail.isVisible())
    assert not window.menuBar().isVisible()
    window.toggle_full_screen()
    qtbot.waitUntil(window.rail.isVisible)


def test_failures_of_panes_are_shown(window: MainWindow) -> None:
    window.context.failed.emit(InspectorError("project_name_empty"))
    (dialog,) = dialogs(MessageDialog)
    assert "has no name" in dialog.text
    dialog.accept()


def test_closing_while_importing(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    project = create(window, qtbot, tmp_path / "washers")
    pane = window.pane(Place.PROJECT)
    with qtbot.waitSignal(pane.importing.runner.progress):
        pane.import_paths([write_pictures(tmp_path / "pictures", 200, 300)])
    assert window.close()
    with pytest.raises(InspectorError):
        project.samples.ids()
    with Project.open(tmp_path / "washers") as again:
        assert all(row.path.exists() for row in again.samples.rows(again.samples.ids()))


def test_closing_while_a_project_is_being_opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.project_actions.create_project("Washers", tmp_path / "washers")
    assert window.close()


def test_the_start_path_imports_nothing_heavy() -> None:
    heavy = ("torch", "sklearn", "scipy.stats", "sqlalchemy", "alembic", "pyqtgraph", "onnxruntime", "onnx")
    code = f"import sys, inspector.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "['onnxruntime']" if sys.platform == "win32" else "[]"
    assert done.stdout.strip() == expected
