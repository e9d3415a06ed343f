"""One slot, newest item, no deadlock."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from inspector.station.mailbox import Mailbox
from tests.support.station import LONG


@given(st.lists(st.sampled_from(["put", "get", "clear"]), max_size=60))
def test_it_behaves_like_one_slot(steps: list[str]) -> None:
    mailbox: Mailbox[int] = Mailbox()
    slot: int | None = None
    dropped = 0
    for number, step in enumerate(steps):
        if step == "put":
            dropped += slot is not None
            slot = number
            mailbox.put(number)
        elif step == "get":
            assert mailbox.get(0) == slot
            slot = None
        else:
            mailbox.clear()
            slot = None
        assert mailbox.dropped == dropped


def test_closing_wakes_up_who_waits_to_get() -> None:
    mailbox: Mailbox[int] = Mailbox()
    got: list[int | None] = []
    thread = threading.Thread(target=lambda: got.append(mailbox.get()))
    thread.start()
    mailbox.close()
    thread.join(LONG)
    assert got == [None]


def test_closing_wakes_up_who_waits_to_put_and_keeps_the_last_item() -> None:
    mailbox: Mailbox[int] = Mailbox()
    assert mailbox.put_when_empty(1)
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(mailbox.put_when_empty(2)))
    thread.start()
    mailbox.close()
    thread.join(LONG)
    assert done == [False]
    mailbox.put(3)
    assert mailbox.get(0) == 1
    assert mailbox.get(0) is None


def test_waiting_to_put_loses_nothing_and_keeps_the_order() -> None:
    mailbox: Mailbox[int] = Mailbox()
    count = 500

    def produce() -> None:
        for number in range(count):
            assert mailbox.put_when_empty(number)
        mailbox.close()

    thread = threading.Thread(target=produce)
    thread.start()
    got = []
    while (item := mailbox.get(LONG)) is not None:
        got.append(item)
    thread.join(LONG)
    assert got == list(range(count))
    assert mailbox.dropped == 0
