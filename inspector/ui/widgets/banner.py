"""A message inside a pane that does not interrupt: what happened, and buttons for what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from inspector.ui.theme import TOUCH, set_role


class Banner(QFrame):
    """Hidden until it has something to say; the person closes it, or the next message replaces it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._buttons: list[QPushButton] = []
        close = QToolButton(self)
        close.setText("✕")
        close.setAccessibleName(self.tr("Close this message"))
        close.setProperty("role", "quiet")
        close.setMinimumSize(TOUCH, TOUCH)
        close.clicked.connect(self.hide)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(14, 6, 6, 6)
        self._layout.setSpacing(10)
        self._layout.addWidget(self._text, 1)
        self._layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, empty while it is hidden."""
        return self._text.text() if not self.isHidden() else ""

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a message; buttons of the one before go away."""
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons.clear()
        self._text.setText(text)
        set_role(self, "error" if error else "info")
        self.show()

    def offer(self, text: str, action: Callable[[], object]) -> QPushButton:
        """Add a button to the message; `action` must be a method of something that lives as long as this banner."""
        button = QPushButton(text, self)
        button.setMinimumHeight(TOUCH)
        button.clicked.connect(action)
        self._buttons.append(button)
        self._layout.insertWidget(self._layout.count() - 1, button)
        return button
