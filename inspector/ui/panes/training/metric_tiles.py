"""A model's figures in a row, each with what it was measured on, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector.ui.panes.training.wording import figure, measured_on
from inspector.ui.theme import set_role


class _Tile(QFrame):
    def __init__(self, title: str, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.value = QLabel(self)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self._hint = hint
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 8, 6)
        layout.setSpacing(2)
        layout.addWidget(QLabel(title, self))
        layout.addWidget(self.value)
        layout.addWidget(self.note)
        layout.addStretch(1)

    def say(self, value: str, note: str, measured: str, *, known: bool) -> None:
        set_role(self.value, "figure" if known else "heading")
        self.value.setText(value)
        self.note.setText(note)
        self.setToolTip(f"{self._hint}\n\n{measured}")


class MetricTiles(QWidget):
    """Image AUROC, average precision, F1, pixel AUROC and AUPRO."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._metrics: Mapping[str, Any] = {}
        self.tiles = {
            "image_auroc": _Tile(
                self.tr("Image AUROC"), self.tr("Chance that a defect scores above a good part. 0.5 is guessing."), self
            ),
            "average_precision": _Tile(
                self.tr("Average precision"), self.tr("How pure the list is when sorted by score."), self
            ),
            "f1": _Tile(
                self.tr("F1"), self.tr("Balance of caught defects and false alarms at these thresholds."), self
            ),
            "pixel_auroc": _Tile(self.tr("Pixel AUROC"), self.tr("The same as image AUROC, for single pixels."), self),
            "aupro": _Tile(
                self.tr("AUPRO"), self.tr("How much of each defect is outlined, up to 30 % false pixels."), self
            ),
        }
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for tile in self.tiles.values():
            layout.addWidget(tile, 1)

    def set_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Show the figures of a bundle's manifest."""
        self._metrics = metrics
        measured = measured_on(metrics)
        for name, tile in self.tiles.items():
            value, note = figure(metrics, name)
            tile.say(value, note, measured, known=metrics.get(name) is not None)

    def set_f1(self, f1: float | None) -> None:
        """The one figure that moves with the thresholds."""
        if f1 is not None:
            self.tiles["f1"].value.setText(QLocale().toString(f1, "f", 3))
