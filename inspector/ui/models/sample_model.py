"""The samples of a project as a list model: ids at once, rows and thumbnails when they come into view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from inspector.data.rows import SampleRow
from inspector.data.samples import SampleStore
from inspector.errors import InspectorError
from inspector.ui.models.thumbnails import Thumbnails
from inspector.ui.texts import error_sentence, label_word, split_word
from inspector.ui.workers import JobQueue

BLOCK = 128
"""Rows are fetched in blocks of this many."""

RUNS_LIMIT = 8
"""With more separate gaps than this, resetting is quicker than removing them one by one."""

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the grid's delegate asks for beside text: the `SampleRow` or None, the thumbnail or None, and why there is
    none."""

    ROW = Qt.ItemDataRole.UserRole
    THUMBNAIL = Qt.ItemDataRole.UserRole + 1
    PROBLEM = Qt.ItemDataRole.UserRole + 2


class SampleModel(QAbstractListModel):
    """Never touches the disk in the window's thread: what is missing is asked for and shown when it arrives."""

    failed = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        """`queue` also carries the project's writes, so rows are read after the writes before them."""
        super().__init__(parent)
        self._queue = queue
        self._store: SampleStore | None = None
        self._ids: list[int] = []
        self._places: dict[int, int] = {}
        self._rows: dict[int, SampleRow] = {}
        self._stale: dict[int, int] = {}
        self._generation = 0
        self._asked: set[int] = set()
        self._thumbnails = Thumbnails(self)
        self._thumbnails.ready.connect(self._thumbnail_ready)
        queue.done.connect(self._received)
        queue.failed.connect(self._refused)

    def set_store(self, store: SampleStore | None) -> None:
        """Show the samples of another project; their ids follow with `set_ids`."""
        self.beginResetModel()
        self._store = store
        self._thumbnails.set_store(store)
        self._place([])
        self._rows.clear()
        self._stale.clear()
        self._asked.clear()
        self.endResetModel()

    def close(self) -> None:
        """End the threads that load thumbnails."""
        self._thumbnails.close()

    @property
    def ids(self) -> list[int]:
        """Ids in the order shown."""
        return self._ids

    def id_at(self, index: Index) -> int | None:
        """The sample behind an index."""
        return self._ids[index.row()] if index.isValid() and index.row() < len(self._ids) else None

    def index_of(self, sample_id: int) -> QModelIndex:
        """Where a sample is; invalid if it is not shown."""
        place = self._places.get(sample_id)
        return QModelIndex() if place is None else self.index(place)

    def row_of(self, sample_id: int) -> SampleRow | None:
        """What is known of a sample now."""
        return self._rows.get(sample_id)

    def set_ids(self, ids: list[int]) -> bool:
        """Show these samples in this order, with as little movement as possible; True if the model was reset."""
        if ids == self._ids:
            return False
        if ids[: len(self._ids)] == self._ids:
            self.beginInsertRows(QModelIndex(), len(self._ids), len(ids) - 1)
            self._place(ids)
            self.endInsertRows()
            return False
        gaps = _gaps(self._ids, ids)
        if gaps is not None and len(gaps) <= RUNS_LIMIT:
            for first, last in reversed(gaps):
                self.beginRemoveRows(QModelIndex(), first, last)
                self._place(self._ids[:first] + self._ids[last + 1 :])
                self.endRemoveRows()
            return False
        self.beginResetModel()
        self._place(ids)
        self.endResetModel()
        return True

    def refresh(self, ids: Iterable[int]) -> None:
        """These samples changed: what is in view is read again, shown as it was until then."""
        changed = set(ids) & (self._rows.keys() | self._asked)
        # An answer that is on its way may have been read before the change.
        self._generation += 1
        self._asked -= changed
        self._stale.update(dict.fromkeys(changed, self._generation))
        self._tell(changed)

    # what Qt asks for

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        sample_id = self.id_at(index)
        if sample_id is None:
            return None
        if role == Role.THUMBNAIL:
            return self._thumbnails.get(sample_id)
        if role == Role.PROBLEM:
            return self._problem(sample_id)
        row = self._row(sample_id)
        if role == Role.ROW:
            return row
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._description(row)
        return self._spoken(row) if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _problem(self, sample_id: int) -> str | None:
        error = self._thumbnails.error(sample_id)
        return None if error is None else error_sentence(error)

    def _description(self, row: SampleRow) -> str:
        return f"{row.name}\n{row.width} × {row.height}\n{self._spoken(row)}"

    def _spoken(self, row: SampleRow) -> str:
        words = [row.name, label_word(row.label), row.kind or "", split_word(row.split)]
        return ", ".join(filter(None, words))

    def _row(self, sample_id: int) -> SampleRow | None:
        row = self._rows.get(sample_id)
        if row is None or sample_id in self._stale:
            self._ask_for(self._places[sample_id] // BLOCK * BLOCK)
        return row

    # what comes back from the background

    def _ask_for(self, first: int) -> None:
        ids = [item for item in self._ids[first : first + BLOCK] if item not in self._rows or item in self._stale]
        ids = [item for item in ids if item not in self._asked]
        store = self._store
        if not ids or store is None:
            return
        self._asked.update(ids)
        self._queue.submit(("rows", id(self), store, tuple(ids), self._generation), lambda: store.rows(ids))

    @Slot(object, object)
    def _received(self, key: Any, outcome: Any) -> None:
        if self._is_mine(key):
            _, _, _, ids, generation = key
            self._asked.difference_update(ids)
            for item in ids:
                if self._stale.get(item, 0) <= generation:
                    self._stale.pop(item, None)
            self._rows.update((row.id, row) for row in outcome)
            self._tell(ids)

    @Slot(object, object)
    def _refused(self, key: Any, error: InspectorError) -> None:
        if self._is_mine(key):
            # Stays asked for: a project that has vanished is not asked again at every repaint.
            self.failed.emit(error)

    def _is_mine(self, key: Any) -> bool:
        return isinstance(key, tuple) and key[:2] == ("rows", id(self)) and key[2] is self._store

    @Slot(int)
    def _thumbnail_ready(self, sample_id: int) -> None:
        self._tell([sample_id])

    def _tell(self, ids: Iterable[int]) -> None:
        places = sorted(self._places[item] for item in ids if item in self._places)
        if places:
            self.dataChanged.emit(self.index(places[0]), self.index(places[-1]))

    def _place(self, ids: list[int]) -> None:
        self._ids = ids
        self._places = {item: place for place, item in enumerate(ids)}


def _gaps(before: Sequence[int], after: Sequence[int]) -> list[tuple[int, int]] | None:
    """Runs (first, last) of `before` that are missing in `after`; None if anything else differs as well."""
    gaps: list[tuple[int, int]] = []
    kept = 0
    for place, item in enumerate(before):
        if kept < len(after) and after[kept] == item:
            kept += 1
        elif gaps and gaps[-1][1] == place - 1:
            gaps[-1] = (gaps[-1][0], place)
        else:
            gaps.append((place, place))
    return gaps if kept == len(after) else None
