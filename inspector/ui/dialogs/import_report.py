"""What an import could not use, with the reason of each, and what was there already."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.data.rows import ImportDuplicate, ImportProblem
from inspector.ui.texts import error_sentence, number
from inspector.ui.theme import TOUCH, set_role

SHOWN = 2000
"""Nobody reads more lines than this; the count above the table is of all."""


class ImportReportDialog(QDialog):
    """A table with one line for each file. `forget_wanted`: the list of unusable files shall be emptied."""

    forget_wanted = Signal()

    def __init__(
        self,
        problems: Sequence[ImportProblem],
        duplicates: Sequence[ImportDuplicate] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import report"))
        self.resize(820, 480)
        heading = QLabel(
            self.tr("Not usable: {problems}. There already: {duplicates}.").format(
                problems=number(len(problems)), duplicates=number(len(duplicates))
            ),
            self,
        )
        heading.setProperty("role", "heading")
        self.table = self._make_table(problems, duplicates)
        buttons = QDialogButtonBox(self)
        self.forget_button = buttons.addButton(
            self.tr("Empty the list of unusable files"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.forget_button.setMinimumHeight(TOUCH)
        self.forget_button.setVisible(bool(problems))
        self.forget_button.clicked.connect(self.forget_wanted)
        self.forget_button.clicked.connect(self.accept)
        close = buttons.addButton(self.tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setMinimumHeight(TOUCH)
        set_role(close, "primary")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(14)
        for widget in (heading, self.table, buttons):
            layout.addWidget(widget)

    def _make_table(self, problems: Sequence[ImportProblem], duplicates: Sequence[ImportDuplicate]) -> QTableWidget:
        lines = [(problem.path.name, str(problem.path), error_sentence(problem.error)) for problem in problems]
        there = self.tr("The project has this picture already; it was not added again.")
        lines += [(duplicate.path.name, str(duplicate.path), there) for duplicate in duplicates]
        table = QTableWidget(min(len(lines), SHOWN), 2, self)
        table.setHorizontalHeaderLabels([self.tr("File"), self.tr("Reason and what to do")])
        table.verticalHeader().hide()
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setWordWrap(True)
        table.setShowGrid(False)
        for place, (name, path, reason) in enumerate(lines[:SHOWN]):
            for column, text in enumerate((name, reason)):
                item = QTableWidgetItem(text)
                item.setToolTip(path)
                table.setItem(place, column, item)
        table.setColumnWidth(0, 220)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        return table
