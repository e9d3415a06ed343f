"""Accuracy against latency: one point for each pairing, which can be clicked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Signal, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from inspector.runtime.axis import log_range, log_ticks
from inspector.ui.theme import colours_of, style_plot

if TYPE_CHECKING:
    from inspector.jobs.pairing import BenchmarkRow

_POINT, _CHOSEN = 11, 17
_ROOM = 12
_SYMBOLS = ("o", "s", "t", "d", "p", "h")
"""One for each data set, so that they are told apart without colour."""


class AccuracyPlot(pg.PlotWidget):
    """Image AUROC with its interval over milliseconds a picture, logarithmic."""

    selected = Signal(object)
    """The `BenchmarkRow` whose point was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[BenchmarkRow] = []
        self._chosen: BenchmarkRow | None = None
        self._names: list[Any] = []
        self._bars = pg.ErrorBarItem(beam=0.02)
        self._points = pg.ScatterPlotItem()
        self.addItem(self._bars)
        self.addItem(self._points)
        self._points.sigClicked.connect(self._clicked)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMinimumHeight(170)
        self.setAccessibleName(self.tr("Accuracy against latency"))
        self.setLabel("left", self.tr("Image AUROC"))
        self.setLabel("bottom", self.tr("milliseconds a picture"))
        self._restyle()

    @property
    def rows(self) -> list[BenchmarkRow]:
        """What is drawn."""
        return list(self._rows)

    def set_rows(self, rows: list[BenchmarkRow]) -> None:
        """Draw those that have both figures."""
        self._rows = [row for row in rows if row.image_auroc is not None and row.median_ms]
        self._redraw()

    def choose(self, row: BenchmarkRow | None) -> None:
        """Emphasise one."""
        self._chosen = row
        self._redraw()

    def _redraw(self) -> None:
        for name in self._names:
            self.removeItem(name)
        self._names = []
        self._bars.setVisible(bool(self._rows))
        if not self._rows:
            self._points.setData([])
            return
        colours = colours_of(self)
        across = [math.log10(row.median_ms or 1.0) for row in self._rows]
        up = [row.image_auroc or 0.0 for row in self._rows]
        low = [value - (row.auroc_low or value) for row, value in zip(self._rows, up, strict=True)]
        high = [(row.auroc_high or value) - value for row, value in zip(self._rows, up, strict=True)]
        bars = {"x": across, "y": up, "top": high, "bottom": low}
        self._bars.setData(
            **{name: np.array(values) for name, values in bars.items()}, pen=pg.mkPen(colours.muted, width=1)
        )
        sets = list(dict.fromkeys(row.source for row in self._rows))
        self._points.setData(
            [
                {
                    "pos": (x, y),
                    "data": row,
                    "symbol": _SYMBOLS[sets.index(row.source) % len(_SYMBOLS)],
                    "size": _CHOSEN if row is self._chosen else _POINT,
                    "brush": QColor(colours.accent if row is self._chosen else colours.plot_live),
                    "pen": pg.mkPen(colours.surface, width=1.5),
                }
                for x, y, row in zip(across, up, self._rows, strict=True)
            ]
        )
        self._set_axes(min(value - below for value, below in zip(up, low, strict=True)))
        self._name_points(across, up)

    def _name_points(self, across: list[float], up: list[float]) -> None:
        """The chosen one's name, and of the others those that find room beside their points."""
        taken: list[QRectF] = []
        places = sorted(range(len(self._rows)), key=lambda place: self._rows[place] is not self._chosen)
        for place in places:
            row, point = self._rows[place], self._pixel(across[place], up[place])
            width = self.fontMetrics().horizontalAdvance(row.title)
            rightwards = point.x() + width + _ROOM < self.width()
            left = point.x() + _ROOM if rightwards else point.x() - _ROOM - width
            area = QRectF(left, point.y() - 24, width, 20)
            if not any(area.intersects(other) for other in taken):
                taken.append(area)
                self._add_name(row.title, (across[place], up[place]), rightwards)

    def _add_name(self, text: str, place: tuple[float, float], rightwards: bool) -> None:
        name = pg.TextItem(text, color=colours_of(self).text, anchor=(-0.05 if rightwards else 1.05, 1.1))
        name.setPos(*place)
        self.addItem(name, ignoreBounds=True)
        self._names.append(name)

    def _pixel(self, across: float, up: float) -> QPointF:
        view = self.getPlotItem().getViewBox()
        return QPointF(self.mapFromScene(view.mapViewToScene(QPointF(across, up))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_points"):
            self._redraw()

    def _set_axes(self, lowest: float) -> None:
        left, right = log_range([row.median_ms or 1.0 for row in self._rows])
        self.setXRange(left, right, padding=0)
        self.setYRange(max(lowest - 0.02, -0.02), 1.03, padding=0)
        self.getAxis("bottom").setTicks([[(math.log10(value), f"{value:g}") for value in log_ticks(left, right)]])

    @Slot(object, object)
    def _clicked(self, _: object, points: Any) -> None:
        if len(points):
            self.selected.emit(points[0].data())

    def _restyle(self) -> None:
        style_plot(self)
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_points"):
            self._restyle()
