"""The plot of a score histogram: draws groups of scores and lets a finger move the threshold lines."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from inspector.ui.theme import colours_of, style_plot
from inspector.ui.widgets.score_items import Bars, Group, Lines, Zones
from inspector.ui.widgets.threshold_pair import ThresholdPair, Which

REACH = 26.0
"""Pixels beside a line within which a finger has hold of it."""


class ScorePlot(pg.PlotWidget):
    """Shows; it owns no thresholds: `dragged` asks for a move, `released` says that the finger is off."""

    dragged = Signal(str, float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zones, self._bars, self._lines = Zones(), Bars(), Lines()
        self._bars.nothing = self.tr("No scores yet")
        self.setToolTip(self.tr("Each histogram is as high as its own fullest bar. ◀ ▶ count scores beyond the axis."))
        self._held: tuple[Which | None, float, float] | None = None
        self.setMinimumHeight(120)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.hideAxis("left")
        self.setYRange(0, 1, padding=0)
        for item in (self._zones, self._bars, self._lines):
            self.addItem(item, ignoreBounds=True)
        self.viewport().setMouseTracking(True)
        self._restyle()

    def show_groups(self, groups: list[Group], low: float, high: float) -> None:
        """Draw these histograms over the axis from `low` to `high`."""
        self._bars.groups, self._bars.span = groups, (low, high)
        self.setXRange(low, high, padding=0)
        self._bars.update()

    def show_pair(self, pair: ThresholdPair | None) -> None:
        """Draw thresholds and zones, or none."""
        self._zones.pair = self._lines.pair = pair
        self._zones.update()
        self._lines.update()

    def set_movable(self, movable: bool) -> None:
        """Whether lines have grips and can be moved."""
        self._lines.movable = movable
        self._lines.update()

    def show_mark(self, score: float | None) -> None:
        """Draw a thin line at one score, at the edge if it lies outside."""
        self._lines.mark = score
        self._lines.update()

    @property
    def span(self) -> tuple[float, float]:
        """The axis as it is drawn."""
        return self._bars.span

    def pixel_of(self, score: float) -> float:
        """Where a score lies, in pixels of this widget's viewport."""
        view = self.getPlotItem().getViewBox()
        return float(self.mapFromScene(view.mapViewToScene(QPointF(score, 0.0))).x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._near(event.position().x()) if event.button() == Qt.MouseButton.LeftButton else None
        if found is None:
            event.ignore()
            return
        self._held = found
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._held is None:
            shape = Qt.CursorShape.SizeHorCursor if self._near(x) else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
            return
        which, grabbed_at, offset = self._held
        if which is None:  # both lines lie on one another: the direction tells which is meant
            if x == grabbed_at:
                return
            which = "review" if x < grabbed_at else "fail"
            self._held = (which, grabbed_at, offset)
        self.dragged.emit(which, self._score_at(x - offset))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is not None and event.button() == Qt.MouseButton.LeftButton:
            self._held = None
            self.released.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_lines"):
            self._restyle()

    def _restyle(self) -> None:
        style_plot(self)
        for item in (self._zones, self._bars, self._lines):
            item.colours = colours_of(self)
            item.update()

    def _near(self, x: float) -> tuple[Which | None, float, float] | None:
        """Which line a finger at `x` takes hold of (None: both are there), where, and how far beside the line."""
        pair = self._lines.pair
        if pair is None or not self._lines.movable:
            return None
        review, fail = x - self.pixel_of(pair.review), x - self.pixel_of(pair.fail)
        if min(abs(review), abs(fail)) > REACH:
            return None
        if not pair.band:
            return "fail", x, fail
        if pair.review == pair.fail:
            return None, x, fail
        return ("review", x, review) if abs(review) < abs(fail) else ("fail", x, fail)

    def _score_at(self, x: float) -> float:
        low, high = self._bars.span
        left, right = self.pixel_of(low), self.pixel_of(high)
        return min(max(low + (x - left) / max(right - left, 1.0) * (high - low), low), high)
