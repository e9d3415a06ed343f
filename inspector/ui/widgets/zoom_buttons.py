"""Plus, minus and fit, floating in the corner of a view, large enough for fingers."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from inspector.ui.theme import TOUCH

FACTOR = 1.6
MARGIN = 10


class ZoomButtons(QWidget):
    """Asks for zooming; whoever owns it does it."""

    zoomed = Signal(float)
    fitted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._add(layout, "−", self.tr("Zoom out")).clicked.connect(self._out)
        self._add(layout, "+", self.tr("Zoom in")).clicked.connect(self._in)
        self._add(layout, self.tr("Fit"), self.tr("Show the whole picture")).clicked.connect(self.fitted)
        self.adjustSize()

    def place(self, size: QSize) -> None:
        """Move to the bottom right corner of a view of this size."""
        self.move(size.width() - self.width() - MARGIN, size.height() - self.height() - MARGIN)

    def _add(self, layout: QHBoxLayout, text: str, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setFixedSize(TOUCH + (12 if len(text) > 1 else 0), TOUCH)
        button.setAutoRepeat(len(text) == 1)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(button)
        return button

    @Slot()
    def _in(self) -> None:
        self.zoomed.emit(FACTOR)

    @Slot()
    def _out(self) -> None:
        self.zoomed.emit(1 / FACTOR)
