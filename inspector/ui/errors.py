"""How a failure reaches the person: an `InspectorError` as a sentence, anything else as a bug with its details."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from inspector.errors import InspectorError, shortage
from inspector.ui.dialogs.crash import CrashDialog
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.texts import error_sentence

logger = logging.getLogger(__name__)

Kind = TypeVar("Kind", bound=QDialog)


def show_error(parent: QWidget | None, error: BaseException) -> QDialog:
    """Open a dialog for an error without blocking and return it.

    The same sentence is never stacked, and further unexpected errors are added to the crash dialog that is open. While
    there is no window at all, the caller has to keep what is returned.
    """
    known = error if isinstance(error, InspectorError) else shortage(error)
    if known is not None:
        logger.warning("told the person: %s", known, exc_info=error if known is not error else None)
        return _show_sentence(parent, error_sentence(known))
    logger.error("unexpected error", exc_info=error)
    return show_crash(parent, error)


def show_crash(parent: QWidget | None, error: BaseException) -> QDialog:
    """The dialog for a bug of ours that is in the log already."""
    for dialog in _open_dialogs(CrashDialog):
        dialog.add(error)
        return dialog
    return _opened(CrashDialog(error, _window(parent)))


def ask(
    parent: QWidget, text: str, accept: str, action: Callable[[], object], *, destructive: bool = False
) -> MessageDialog:
    """Ask before doing something: `action` runs if the person chooses the button named `accept`. Not blocking."""
    dialog = MessageDialog(text, parent, accept=accept, destructive=destructive)
    dialog.accepted.connect(action)
    dialog.open()
    return dialog


def _show_sentence(parent: QWidget | None, sentence: str) -> QDialog:
    for dialog in _open_dialogs(MessageDialog):
        if dialog.text == sentence:
            dialog.activateWindow()
            return dialog
    return _opened(MessageDialog(sentence, _window(parent)))


def _open_dialogs(kind: type[Kind]) -> list[Kind]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]


def _window(parent: QWidget | None) -> QWidget | None:
    """A dialog without a parent would vanish with its last Python reference, so any window will do."""
    return parent or QApplication.activeWindow() or next(iter(QApplication.topLevelWidgets()), None)


def _opened(dialog: QDialog) -> QDialog:
    dialog.open()
    return dialog
