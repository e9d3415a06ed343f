"""Choosing whether pictures are judged in tiles, and how large these are."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from inspector.detectors.base import Detector
from inspector.errors import TrainingError
from inspector.runtime.manifest import TilingPart
from inspector.ui.texts import error_sentence
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.parameter_editors import WheelGuard

_SIZES = (128, 256, 384, 512, 768, 1024, 2048)


class TileChooser(QWidget):
    """Off, or the side of a tile; below it what tiles are for, and why a method may not suit them."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._method: type[Detector] | None = None
        self.choice = QComboBox(self)
        self.choice.setMinimumHeight(TOUCH)
        self.choice.setAccessibleName(self.tr("Tiles"))
        WheelGuard(self).guard(self.choice)
        self.choice.addItem(self.tr("Off"), None)
        for size in _SIZES:
            self.choice.addItem(self.tr("{size} pixels").format(size=size), size)
        self.remark = QLabel(self)
        self.remark.setWordWrap(True)
        self.remark.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.choice)
        layout.addWidget(self.remark)
        self.choice.currentIndexChanged.connect(self._show)
        self._show()

    @property
    def tiling(self) -> TilingPart | None:
        """The tiles chosen, None where pictures are judged whole."""
        size = self.choice.currentData()
        return None if size is None else TilingPart.sharing(size)

    def choose(self, size: int | None) -> None:
        """Choose one of the sizes offered, or None."""
        self.choice.setCurrentIndex(self.choice.findData(size))

    def set_method(self, method: type[Detector]) -> None:
        """What will learn from the tiles."""
        self._method = method
        self._show()

    @Slot()
    def _show(self) -> None:
        text = self.tr(
            "For large pictures with small defects: each picture is judged piece by piece, each piece scaled to the "
            "picture size. Finds smaller defects, takes longer."
        )
        if self.tiling is not None and self._method is not None and self._method.learns_places:
            text = f"⚠ {error_sentence(TrainingError('training_tiles_alike', method=self._method.title))}"
        self.remark.setText(text)
        self.changed.emit()
