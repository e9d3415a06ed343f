"""A mailbox with one slot, between a thread that produces and one that consumes: the newest item wins."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds at most one item. `put` never blocks: what was not fetched in time is replaced and counted in `dropped`.

    A source that loses nothing by waiting uses `put_when_empty` instead. After `close` nothing more is taken in; an
    item that is still there can be fetched.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Items that were replaced before anyone fetched them."""
        with self._changed:
            return self._dropped

    @property
    def closed(self) -> bool:
        """True once `close` was called."""
        with self._changed:
            return self._closed

    def put(self, item: Item) -> None:
        """Leave the item, replacing one that was not fetched; ignored after `close`."""
        with self._changed:
            if self._closed:
                return
            self._dropped += self._item is not None
            self._item = item
            self._changed.notify_all()

    def put_when_empty(self, item: Item) -> bool:
        """Wait until the slot is free and leave the item there; False if the mailbox was closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is None or self._closed)
            if self._closed:
                return False
            self._item = item
            self._changed.notify_all()
            return True

    def get(self, timeout: float | None = None) -> Item | None:
        """Fetch the item, waiting up to `timeout` seconds (None: for ever; 0: not at all) for one to arrive.

        None when time is up or when the mailbox is closed and empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            self._changed.notify_all()
            return item

    def clear(self) -> None:
        """Throw away an item that was not fetched; it does not count as dropped."""
        with self._changed:
            self._item = None
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing in any more and wake up everyone who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
