"""What a person is shown when something fails, and the dialogs of the shell."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from inspector import logs, paths
from inspector.data.rows import ImportDuplicate, ImportProblem
from inspector.errors import ImageError
from inspector.ui.crash import CrashReporter
from inspector.ui.dialogs.crash import CrashDialog
from inspector.ui.dialogs.import_report import ImportReportDialog
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.dialogs.new_project import NewProjectDialog, folder_name
from inspector.ui.errors import ask, show_error
from inspector.ui.widgets.banner import Banner

CUT_OFF = ImageError("image_truncated", path="parts/größe 7.png")


@pytest.fixture
def parent(nothing_left_behind: None, qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def broken() -> ZeroDivisionError:
    try:
        return 1 / 0  # type: ignore[return-value]
    except ZeroDivisionError as error:
        return error


def test_an_expected_error_becomes_a_sentence(parent: QWidget) -> None:
    dialog = show_error(parent, CUT_OFF)
    assert isinstance(dialog, MessageDialog)
    assert "größe 7.png” is cut off" in dialog.text
    assert "copy it again" in dialog.text
    dialog.accept()


def test_the_same_sentence_is_not_stacked(parent: QWidget) -> None:
    first = show_error(parent, CUT_OFF)
    assert show_error(parent, CUT_OFF) is first
    other = show_error(parent, ImageError("image_empty", path="x.png"))
    assert other is not first
    first.accept()
    other.accept()


def test_a_bug_is_shown_with_details_to_copy(parent: QWidget, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL + 1):
        dialog = show_error(parent, broken())
        assert isinstance(dialog, CrashDialog)
        dialog.copy_button.click()
        copied = QGuiApplication.clipboard().text()
        assert "ZeroDivisionError" in copied
        assert str(paths.log_folder()) in copied
        assert show_error(parent, KeyError("second")) is dialog
        assert "second" in dialog.details.toPlainText()
    dialog.reject()


def test_an_error_nobody_caught_reaches_a_dialog(parent: QWidget, qtbot: QtBot) -> None:
    log = logs.install("crash-test")
    try:
        reporter = CrashReporter(log, parent)
        log.report(broken())
        qtbot.waitUntil(lambda: bool(crash_dialogs()))
        crash_dialogs()[0].reject()
        reporter.detach()
        log.report(broken())
        assert not crash_dialogs()
    finally:
        log.remove()
    assert "ZeroDivisionError" in log.file.read_text(encoding="utf-8")


def crash_dialogs() -> list[CrashDialog]:
    return [item for item in QApplication.topLevelWidgets() if isinstance(item, CrashDialog) and item.isVisible()]


def test_asking_does_it_only_after_yes(parent: QWidget) -> None:
    done: list[str] = []
    ask(parent, "Really?", "Remove", lambda: done.append("no"), destructive=True).reject()
    assert not done
    ask(parent, "Really?", "Remove", lambda: done.append("yes")).accept()
    assert done == ["yes"]


def test_a_new_project_needs_a_name_and_a_place(parent: QWidget, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = NewProjectDialog("New project", "Create", parent=parent)
    create = next(
        button
        for button in dialog.buttons.buttons()
        if dialog.buttons.buttonRole(button) == QDialogButtonBox.ButtonRole.AcceptRole
    )
    dialog.place.setText(str(tmp_path))
    assert not create.isEnabled()
    dialog.name.setText("washer M8 / line 2")
    with qtbot.waitSignal(dialog.chosen) as chosen:
        create.click()
    assert chosen.args == ["washer M8 / line 2", tmp_path / "washer M8 _ line 2"]


@pytest.mark.parametrize(
    ("name", "folder"), [("a:b*c", "a_b_c"), ("  part. ", "part"), ("größe", "größe"), ("..", ""), ("x\ny", "x_y")]
)
def test_folder_names_suit_every_file_system(name: str, folder: str) -> None:
    assert folder_name(name) == folder


def test_the_report_gives_each_file_its_reason(parent: QWidget, qtbot: QtBot) -> None:
    problem = ImportProblem(Path("bad.png"), "image_empty", {"path": "bad.png"}, datetime.now(UTC))
    dialog = ImportReportDialog([problem], [ImportDuplicate(Path("twice.png"), 3)], parent)
    dialog.open()
    assert dialog.table.rowCount() == 2
    assert "is empty" in dialog.table.item(0, 1).text()
    assert "already" in dialog.table.item(1, 1).text()
    with qtbot.waitSignal(dialog.forget_wanted):
        dialog.forget_button.click()


def test_a_banner_replaces_its_message_and_buttons(parent: QWidget) -> None:
    banner, pressed = Banner(parent), []
    banner.say("First")
    banner.offer("Do it", lambda: pressed.append(1)).click()
    assert pressed == [1]
    banner.say("Second", error=True)
    assert banner.text == "Second"
    banner.hide()
    assert banner.text == ""
