"""A calm sentence in a dialog: an error somebody can do something about, or a question before a loss."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QWidget

from inspector.ui.theme import TOUCH, colours_of, set_role
from inspector.ui.widgets.symbols import Symbol, draw_symbol


class _Sign(QWidget):
    """The attention sign beside the sentence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = colours_of(self)
        draw_symbol(QPainter(self), QRectF(self.rect()), Symbol.TRIANGLE, colours.review, colours.on_review)


class MessageDialog(QDialog):
    """A sentence and one or two buttons. Not blocking: open it with `open()` and listen to `accepted`."""

    def __init__(
        self, text: str, parent: QWidget | None = None, *, title: str = "", accept: str = "", destructive: bool = False
    ) -> None:
        """`accept` names the button that says yes and brings a cancel button; without it there is only OK."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title or self.tr("Inspector"))
        self.setMinimumWidth(460)
        self.text = text
        sentence = QLabel(text, self)
        sentence.setWordWrap(True)
        sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QDialogButtonBox(self)
        if accept:
            yes = self.buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
            set_role(yes, "danger" if destructive else "primary")
            self.buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        else:
            set_role(self.buttons.addButton(self.tr("OK"), QDialogButtonBox.ButtonRole.AcceptRole), "primary")
        for button in self.buttons.buttons():
            button.setMinimumHeight(TOUCH)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QGridLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setHorizontalSpacing(18)
        layout.setVerticalSpacing(22)
        layout.addWidget(_Sign(self), 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(sentence, 0, 1)
        layout.addWidget(self.buttons, 1, 0, 1, 2)
        layout.setColumnStretch(1, 1)
