"""A table of whole rows, of which one can be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from PySide6.QtCore import QAbstractItemModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

Column = TypeVar("Column", bound=Enum)


class RowTable(QTableView):
    """Columns are members of an enumeration by number: `widths` in pixels, one of them takes what is left."""

    def __init__(
        self,
        model: QAbstractItemModel,
        widths: Mapping[Column, int],
        stretched: Column,
        row_height: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_height)
        self.horizontalHeader().setHighlightSections(False)
        for column, width in widths.items():
            self.setColumnWidth(column.value, width)
        self.horizontalHeader().setSectionResizeMode(stretched.value, QHeaderView.ResizeMode.Stretch)
