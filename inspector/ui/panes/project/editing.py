"""Changing samples: every change goes through one queue, is on the disk before it is shown, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from inspector.data.dataset import Label, Split
from inspector.data.rows import LabelState
from inspector.data.samples import SampleStore
from inspector.imaging.frame import Frame
from inspector.ui.texts import label_word, split_word
from inspector.ui.workers import JobQueue


class SampleEditor(QObject):
    """Labels, splits and removes samples of one project at a time. `queue` has one thread: changes keep their order,
    and reads submitted afterwards see them."""

    changed = Signal(object)
    """Ids whose label, kind or split is now on the disk."""
    removed = Signal(object)
    captured = Signal(object)
    """The `SampleRow` of a frame that was kept."""
    failed = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._numbers = count()
        self._store: SampleStore | None = None
        self.undo_stack = QUndoStack(self)
        queue.done.connect(self._done)
        queue.failed.connect(self._refused)

    def set_store(self, store: SampleStore | None) -> None:
        """Edit another project; what was done in the one before cannot be undone any more."""
        self._store = store
        self.undo_stack.clear()

    def label(self, ids: Sequence[int], label: Label, kind: str | None = None) -> None:
        """Label samples. `kind` counts for defects: None leaves the one there is."""
        text = self.tr("label as {label}").format(label=label_word(label))
        self._push(ids, text, lambda store: store.set_label(ids, label, kind))

    def split(self, ids: Sequence[int], split: Split) -> None:
        """Hold samples out for testing, or give them back to training."""
        text = self.tr("use for {split}").format(split=split_word(split))
        self._push(ids, text, lambda store: store.set_split(ids, split))

    def remove(self, ids: Sequence[int]) -> None:
        """Delete samples for good; changes before can no longer be undone, they may concern what is gone."""
        store = self._store
        if store is not None and ids:
            self.undo_stack.clear()
            self.submit("removed", ids, lambda: store.remove(ids))

    def capture(self, frame: Frame, label: Label) -> None:
        """Keep a camera's frame as a sample."""
        store = self._store
        if store is not None:
            self.submit("captured", [], lambda: store.add_frame(frame, label))

    def submit(self, what: str, subject: object, job: Callable[[], Any]) -> None:
        """Queue a change; when it is done, the signal called `what` tells of it."""
        self._queue.submit((self, what, next(self._numbers), _Box(subject)), job)

    def _push(self, ids: Sequence[int], text: str, change: Callable[[SampleStore], list[LabelState]]) -> None:
        if self._store is not None and ids:
            self.undo_stack.push(_ChangeCommand(self, self._store, ids, text, change))

    @Slot(object, object)
    def _done(self, key: Any, outcome: Any) -> None:
        if isinstance(key, tuple) and key[0] is self:
            if key[1] == "captured":
                self.captured.emit(outcome)
            elif key[1] == "removed":
                self.removed.emit(key[3].content)
            else:
                self.changed.emit(key[3].content)

    @Slot(object, object)
    def _refused(self, key: Any, error: BaseException) -> None:
        if isinstance(key, tuple) and key[0] is self:
            self.failed.emit(error)


class _Box:
    """Makes anything part of a key, equal only to itself."""

    def __init__(self, content: Any) -> None:
        self.content = content


class _ChangeCommand(QUndoCommand):
    """Both directions run in the queue's thread; the states before are kept there by the first for the second."""

    def __init__(
        self,
        editor: SampleEditor,
        store: SampleStore,
        ids: Sequence[int],
        text: str,
        change: Callable[[SampleStore], list[LabelState]],
    ) -> None:
        super().__init__(text)
        self._editor = editor
        self._store = store
        self._ids = list(ids)
        self._change = change
        self._before: list[LabelState] = []

    def redo(self) -> None:
        self._editor.submit("changed", self._ids, self._apply)

    def undo(self) -> None:
        self._editor.submit("changed", self._ids, self._restore)

    def _apply(self) -> None:
        self._before = self._change(self._store)

    def _restore(self) -> None:
        self._store.restore(self._before)
