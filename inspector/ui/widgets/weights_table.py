"""All backbones with the state of their weights, one chosen at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from inspector.features.weights import WeightsRow
from inspector.ui.texts import translated
from inspector.ui.theme import TOUCH

_TITLE_WIDTH, _STATE_WIDTH, _SIZE_WIDTH = 190, 300, 90
_ROWS_SHOWN = 5


class WeightsTable(QTableWidget):
    """`chosen` stays on the same backbone when the rows are looked at anew."""

    chosen_changed = Signal()

    def __init__(self, chosen: str, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self._rows: list[WeightsRow] = []
        self._wanted = chosen
        self.setAccessibleName(self.tr("Backbones and their weights"))
        self.setHorizontalHeaderLabels(
            [self.tr("Features"), self.tr("On this computer"), self.tr("Size"), self.tr("Licence")]
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(TOUCH)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        for column, width in enumerate((_TITLE_WIDTH, _STATE_WIDTH, _SIZE_WIDTH)):
            self.setColumnWidth(column, width)
        self.setMinimumHeight((_ROWS_SHOWN + 1) * TOUCH)
        self.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self.chosen_changed)

    @property
    def chosen(self) -> WeightsRow | None:
        """The row that is marked."""
        row = self.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    @property
    def rows(self) -> Sequence[WeightsRow]:
        """What is shown."""
        return self._rows

    def choose(self, name: str) -> None:
        """Mark a backbone by its id."""
        self.selectRow([row.info.id for row in self._rows].index(name))

    def set_rows(self, rows: Sequence[WeightsRow]) -> None:
        """Show what is there now."""
        name = self.chosen.info.id if self.chosen else self._wanted
        self._rows = list(rows)
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            size = QLocale().formattedDataSize(row.size) if row.size else ""
            for column, text in enumerate((translated(row.info.title), self._state(row), size, row.info.licence)):
                item = QTableWidgetItem(translated(text))
                item.setToolTip(text)
                self.setItem(place, column, item)
        self.choose(name)
        self.scrollTo(self.currentIndex())
        self.chosen_changed.emit()

    def _state(self, row: WeightsRow) -> str:
        if row.state == "damaged" and row.info.embedded:
            return self.tr("Damaged: install Inspector again")
        if row.partial:
            size = QLocale().formattedDataSize(row.partial)
            return self.tr("Download interrupted after {size}").format(size=size)
        return {
            "embedded": self.tr("Comes with the program"),
            "imported": self.tr("Imported from a file"),
            "downloaded": self.tr("Downloaded and checked"),
            "absent": self.tr("Not here"),
            "damaged": self.tr("Damaged: remove it, then download it again"),
        }[row.state]
