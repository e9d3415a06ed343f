"""The Qt binding itself: see docs/decisions/0003-pyside6-6-11.md."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal

CALLS = 200


class Sender(QObject):
    sent = Signal(object)


SENDER = Sender()


@pytest.mark.parametrize("call", [lambda: SENDER.sent.emit(None), SENDER.parent], ids=["emit", "none"])
@pytest.mark.parametrize("constant", [True, None], ids=repr)
def test_calls_keep_the_references_of_constants(call: Callable[[], object], constant: object) -> None:
    """A reference dropped at each call ends the program after a few thousand of them on Python 3.11."""
    before = sys.getrefcount(constant)
    for _ in range(CALLS):
        call()
    assert sys.getrefcount(constant) - before > -CALLS // 2
