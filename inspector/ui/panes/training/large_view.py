"""One scored image as large as the window."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from inspector.ui.panes.training.heatmaps import Heatmap
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.image_view import ImageView


class LargeView(QDialog):
    """The same picture in a large window; Escape or a click on Close ends it."""

    def __init__(self, name: str, heatmap: Heatmap, heat: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(name)
        self.resize(parent.size() * 0.95)
        self.view = ImageView(self)
        self.view.set_image(heatmap.crop)
        if heat:
            self.view.set_overlay(heatmap.overlay, 1.0)
        close = QPushButton(self.tr("Close"), self)
        close.setMinimumHeight(TOUCH)
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.addWidget(self.view, 1)
        layout.addWidget(close)
