"""Large buttons that say what the selected samples are, for fingers and for the keys G, D and U."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCompleter, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from inspector.data.dataset import Label, Split
from inspector.data.rows import SampleRow
from inspector.ui.texts import label_word
from inspector.ui.theme import TOUCH, colours_of
from inspector.ui.widgets.symbols import LABEL_SYMBOLS, draw_symbol, label_colours

LETTERS = {Label.GOOD: "G", Label.DEFECT: "D", Label.UNSURE: "U"}
ICON = 26


class LabelBar(QWidget):
    """Only asks; whoever listens does it. `show_row` makes it show what the current sample is."""

    label_wanted = Signal(object, object)
    """A `Label`, and a kind of defect (text) or None to leave the kind as it is."""
    split_wanted = Signal(object)
    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: SampleRow | None = None
        self._buttons = {label: self._make_label_button(label) for label in LETTERS}
        self._kinds = QStringListModel(self)
        self._kind = self._make_kind()
        self._test = QPushButton(self.tr("Keep for test"), self)
        self._test.setCheckable(True)
        self._test.setMinimumHeight(TOUCH)
        self._test.setToolTip(self.tr("Samples kept for test are never learned from; they show how good a model is"))
        self._test.clicked.connect(self._split_clicked)
        self._remove = QPushButton(self.tr("Remove…"), self)
        self._remove.setMinimumHeight(TOUCH)
        self._remove.setProperty("role", "danger")
        self._remove.clicked.connect(self.removal_wanted)
        self._lay_out()
        self.show_row(None, 0)

    def _lay_out(self) -> None:
        labels = QHBoxLayout()
        labels.setSpacing(8)
        for button in self._buttons.values():
            labels.addWidget(button, 1)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(labels, 0, 0, 1, 2)
        layout.addWidget(self._kind, 1, 0, 1, 2)
        layout.addWidget(self._test, 2, 0)
        layout.addWidget(self._remove, 2, 1)

    @property
    def kind_field(self) -> QLineEdit:
        """Where the kind of defect is typed."""
        return self._kind

    def button(self, label: Label) -> QPushButton:
        """The button of a label."""
        return self._buttons[label]

    def set_kinds(self, kinds: Sequence[str]) -> None:
        """Kinds of defect to complete while typing."""
        self._kinds.setStringList(list(kinds))

    def show_row(self, row: SampleRow | None, selected: int) -> None:
        """Show what the current sample is; `selected` is how many samples a button would concern."""
        self._row = row
        for label, button in self._buttons.items():
            button.setChecked(row is not None and row.label is label)
        for widget in (*self._buttons.values(), self._kind, self._test, self._remove):
            widget.setEnabled(selected > 0)
        self._test.setChecked(row is not None and row.split is Split.TEST)
        if not self._kind.hasFocus():
            self._show_kind()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            for label, button in self._buttons.items():
                button.setIcon(self._icon(label))
        super().changeEvent(event)

    def _make_label_button(self, label: Label) -> QPushButton:
        button = QPushButton(f" {label_word(label)}  ({LETTERS[label]})", self)
        button.setCheckable(True)
        button.setIcon(self._icon(label))
        button.setIconSize(QSize(ICON, ICON))
        button.setMinimumHeight(60)
        button.setProperty("label", label)
        button.clicked.connect(self._label_clicked)
        return button

    def _make_kind(self) -> QLineEdit:
        field = QLineEdit(self)
        field.setPlaceholderText(self.tr("Kind of defect, then Enter"))
        field.setAccessibleName(self.tr("Kind of defect"))
        field.setMinimumHeight(TOUCH - 10)
        completer = QCompleter(self._kinds, field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        field.setCompleter(completer)
        field.returnPressed.connect(self._kind_entered)
        field.editingFinished.connect(self._show_kind)
        return field

    def _icon(self, label: Label) -> QIcon:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(ICON * ratio), round(ICON * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        draw_symbol(painter, QRectF(0, 0, ICON, ICON), LABEL_SYMBOLS[label], *label_colours(label, colours_of(self)))
        painter.end()
        return QIcon(pixmap)

    @Slot()
    def _label_clicked(self) -> None:
        label = Label(self.sender().property("label"))
        # A second press on a label that is set already takes nothing away.
        self._buttons[label].setChecked(True)
        self.label_wanted.emit(label, None)

    @Slot()
    def _kind_entered(self) -> None:
        kind = self._kind.text().strip()
        self._kind.clearFocus()
        self.label_wanted.emit(Label.DEFECT, kind)

    @Slot()
    def _show_kind(self) -> None:
        self._kind.setText((self._row.kind if self._row is not None else None) or "")

    @Slot(bool)
    def _split_clicked(self, test: bool) -> None:
        self.split_wanted.emit(Split.TEST if test else Split.TRAIN)
