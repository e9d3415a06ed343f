"""The trained models of the project: choose one to look at, make one active, rename, export, remove."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.data.models import ModelRow
from inspector.ui.models.model_list import ACTIVE_ROLE, DETAILS_ROLE, ModelList
from inspector.ui.theme import TOUCH, Colours, colours_for

Index = QModelIndex | QPersistentModelIndex

_LINE = 18
_MARGIN = 8
_LIST_HEIGHT = 120


class _ModelDelegate(QStyledItemDelegate):
    """Name in bold with the mark of the active model; method, date and quality below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, 3 * _LINE + 2 * _MARGIN + 2)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(2, 2, -2, -2))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = colours_for(option.palette)
        area = QRectF(option.rect).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colours.accent_soft))
        bold = QFont(option.font)
        bold.setBold(True)
        badge = self._draw_badge(painter, area, option.font, colours) if index.data(ACTIVE_ROLE) else 0.0
        painter.setFont(bold)
        painter.setPen(QColor(colours.text))
        name = QFontMetrics(bold).elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, round(area.width() - badge - _MARGIN)
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(option.font)
        painter.setPen(QColor(colours.muted))
        metrics = QFontMetrics(option.font)
        for line, text in enumerate(str(index.data(DETAILS_ROLE)).split("\n"), 1):
            place = area.translated(0, line * _LINE + 2)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(area.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)
        painter.restore()

    def _draw_badge(self, painter: QPainter, area: QRectF, font: QFont, colours: Colours) -> float:
        """A filled label with the word, so that it does not rest on colour; its width."""
        word = self.tr("ACTIVE")
        small = QFont(font)
        small.setPixelSize(11)
        small.setBold(True)
        width = QFontMetrics(small).horizontalAdvance(word) + 14.0
        badge = QRectF(area.right() - width, area.top(), width, _LINE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        painter.drawRoundedRect(badge, 6, 6)
        painter.setFont(small)
        painter.setPen(QColor(colours.on_accent))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, word)
        return width


class ModelPanel(QWidget):
    """Asks for what should happen; it changes nothing itself."""

    selected = Signal(object)
    """The `ModelRow` to look at, or None."""
    activate_wanted = Signal(int)
    export_wanted = Signal(object)
    removal_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models = ModelList(self)
        self.view = QListView(self)
        self.view.setModel(self.models)
        self.view.setItemDelegate(_ModelDelegate(self.view))
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.view.setAccessibleName(self.tr("Models"))
        self.view.setMinimumHeight(_LIST_HEIGHT)
        self.view.setMaximumHeight(2 * _LIST_HEIGHT)
        self._nothing = QLabel(self.tr("No model yet. Choose a method below and press Start."), self)
        self._nothing.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        self.activate = QPushButton(self.tr("Make active"), self)
        self.rename = QAction(self.tr("Rename"), self)
        self.export = QAction(self.tr("Export…"), self)
        self.remove = QAction(self.tr("Remove…"), self)
        self.more = QToolButton(self)
        self._lay_out()
        self._connect()
        self._enable()

    def set_models(self, rows: list[ModelRow]) -> None:
        """Show these models; the one that was chosen stays chosen while it is there, else the active one is."""
        before = self.chosen
        self.models.set_models(rows)
        self._show_list(bool(rows))
        wanted = None if before is None else self.models.row_of(before.id)
        if wanted is None and rows:
            wanted = next((place for place, row in enumerate(rows) if row.active), 0)
        if wanted is not None:
            self._select(wanted)
        elif before is not None:
            self.selected.emit(None)
        self._enable()

    def choose(self, model_id: int) -> None:
        """Look at a model."""
        row = self.models.row_of(model_id)
        if row is not None:
            self._select(row)

    @property
    def chosen(self) -> ModelRow | None:
        """The model that is looked at."""
        index = self.view.currentIndex()
        return self.models.model(index.row()) if index.isValid() else None

    def _lay_out(self) -> None:
        menu = QMenu(self.more)
        menu.addActions([self.rename, self.export, self.remove])
        self.more.setText(self.tr("More"))
        self.more.setAccessibleName(self.tr("More about this model"))
        self.more.setMenu(menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._buttons = QWidget(self)
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        for button, stretch in ((self.activate, 2), (self.more, 1)):
            button.setMinimumHeight(TOUCH)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            row.addWidget(button, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._nothing)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._buttons)
        self._show_list(False)

    def _connect(self) -> None:
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.activate.clicked.connect(self._ask_to_activate)
        self.rename.triggered.connect(self._begin_to_rename)
        self.export.triggered.connect(self._ask_to_export)
        self.remove.triggered.connect(self._ask_to_remove)

    def _show_list(self, there: bool) -> None:
        self._nothing.setVisible(not there)
        for widget in (self.view, self._buttons):
            widget.setVisible(there)

    def _select(self, row: int) -> None:
        self.view.selectionModel().setCurrentIndex(
            self.models.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
        )

    @Slot()
    def _current_changed(self) -> None:
        self._enable()
        if self.chosen is not None:
            self.selected.emit(self.chosen)

    def _enable(self) -> None:
        chosen = self.chosen
        self.more.setEnabled(chosen is not None)
        self.activate.setEnabled(chosen is not None and not chosen.active)

    @Slot()
    def _ask_to_activate(self) -> None:
        if self.chosen is not None:
            self.activate_wanted.emit(self.chosen.id)

    @Slot()
    def _begin_to_rename(self) -> None:
        self.view.edit(self.view.currentIndex())

    @Slot()
    def _ask_to_export(self) -> None:
        self.export_wanted.emit(self.chosen)

    @Slot()
    def _ask_to_remove(self) -> None:
        self.removal_wanted.emit(self.chosen)
