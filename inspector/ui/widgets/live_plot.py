"""A figure that long work reports, drawn as it comes."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QWidget

from inspector.ui.theme import colours_of, style_plot
from inspector.ui.throttle import Throttle

INTERVAL_MS = 100
_MOST_POINTS = 4000
_LOGARITHMIC_FROM = 8.0
"""How many times larger than the smallest value the largest is where the axis becomes logarithmic."""


class LivePlot(pg.PlotWidget):
    """Follows the figure of one stage at a time; a new stage with a figure begins a new curve."""

    stage_changed = Signal(str)
    """The stage whose figure is drawn, one of `messages.STAGES`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = ""
        self._places: list[int] = []
        self._values: list[float] = []
        self._curve = self.plot([], [])
        self._throttle = Throttle(INTERVAL_MS, self)
        self._throttle.ready.connect(self._draw)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMinimumHeight(120)
        self.setAccessibleName(self.tr("Progress of the figure"))
        self._restyle()

    @property
    def points(self) -> list[tuple[int, float]]:
        """What was reported in the stage at hand."""
        return list(zip(self._places, self._values, strict=True))

    @Slot()
    def clear_values(self) -> None:
        """Begin anew."""
        self._throttle.drop()
        self._stage = ""
        self._begin()
        self._curve.setData([], [])

    @Slot(int, int, str, object)
    def add(self, done: int, total: int, stage: str, value: Any) -> None:
        """Take one report; those without a finite figure are not drawn."""
        if not isinstance(value, int | float) or not math.isfinite(value):
            return
        if stage != self._stage or (self._places and done < self._places[-1]):
            self._stage = stage
            self._begin()
            self.stage_changed.emit(stage)
        self._places.append(done)
        self._values.append(float(value))
        if len(self._places) > _MOST_POINTS:  # every second one still shows the course
            self._places, self._values = self._places[::2], self._values[::2]
        self._throttle.submit(None)

    def stop(self) -> None:
        """Draw what waits; no timer runs afterwards."""
        self._throttle.flush()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_throttle"):
            self._restyle()

    def _begin(self) -> None:
        self._places, self._values = [], []

    @Slot(object)
    def _draw(self, _: object) -> None:
        if self._values:
            lowest, highest = min(self._values), max(self._values)
            self.setLogMode(y=lowest > 0 and highest > _LOGARITHMIC_FROM * lowest)
        self._curve.setData(self._places, self._values)

    def _restyle(self) -> None:
        style_plot(self)
        self._curve.setPen(pg.mkPen(colours_of(self).accent, width=2))
        self.showGrid(y=True, alpha=0.25)
