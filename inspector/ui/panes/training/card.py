"""The framed areas of the training pane."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from inspector.ui.theme import set_role


def card(title: str, content: QWidget, parent: QWidget) -> QFrame:
    """A frame with a heading above its content."""
    frame = QFrame(parent)
    set_role(frame, "card")
    caption = QLabel(title, frame)
    caption.setProperty("role", "heading")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(12, 10, 12, 12)
    layout.addWidget(caption)
    layout.addWidget(content, 1)
    return frame
