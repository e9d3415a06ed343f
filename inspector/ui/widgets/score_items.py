"""What a score plot draws into its axes: zones, bars and threshold lines, in pixels so that hatches stay crisp."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from inspector.ui.theme import LIGHT, Colours
from inspector.ui.widgets.score_bins import Bins
from inspector.ui.widgets.threshold_pair import ThresholdPair

GRIP_WIDTH, GRIP_HEIGHT = 30.0, 34.0
_ZONE_ALPHA = 34
_TOP = 44.0
"""Pixels above the bars: the zones' words and the lines' grips."""


@dataclass(frozen=True, slots=True)
class Group:
    """One histogram: its bins over the axis and how it is drawn."""

    bins: Bins
    colour: str
    pattern: Qt.BrushStyle
    outlined: bool


class PixelItem(pg.GraphicsObject):
    """Draws over the whole view in device pixels; `area` is the view there, `x_of` maps a score to it."""

    def __init__(self) -> None:
        super().__init__()
        self.colours: Colours = LIGHT

    def boundingRect(self) -> QRectF:
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()  # forgets the view rectangle
        self.prepareGeometryChange()

    def viewRangeChanged(self) -> None:
        super().viewRangeChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        transform = painter.worldTransform()
        area = transform.mapRect(self.boundingRect())
        painter.setWorldTransform(QTransform())
        painter.setClipRect(area)
        self.draw(painter, area, transform)

    def draw(self, painter: QPainter, area: QRectF, transform: QTransform) -> None:
        """Paint in pixels; `transform` maps (score, height) to them."""
        raise NotImplementedError


def _x(transform: QTransform, score: float) -> float:
    return transform.map(QPointF(score, 0.0)).x()


class Zones(PixelItem):
    """The tinted parts of the axis where parts pass, are reviewed or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.pair: ThresholdPair | None = None
        self.setZValue(-10)

    def draw(self, painter: QPainter, area: QRectF, transform: QTransform) -> None:
        if self.pair is None:
            return
        edges = [area.left(), _x(transform, self.pair.review), _x(transform, self.pair.fail), area.right()]
        edges = [min(max(edge, area.left()), area.right()) for edge in edges]
        names = self.colours.passed, self.colours.review, self.colours.failed
        for left, right, name in zip(edges, edges[1:], names, strict=False):
            colour = QColor(name)
            colour.setAlpha(_ZONE_ALPHA)
            painter.fillRect(QRectF(left, area.top(), right - left, area.height()), colour)
        self._draw_words(painter, area, edges)

    def _draw_words(self, painter: QPainter, area: QRectF, edges: list[float]) -> None:
        words = (
            QCoreApplication.translate("messages", "PASS"),
            QCoreApplication.translate("messages", "REVIEW"),
            QCoreApplication.translate("messages", "FAIL"),
        )
        font = QFont(painter.font())
        font.setPixelSize(12)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(self.colours.muted))
        metrics = QFontMetricsF(font)
        for left, right, word in zip(edges, edges[1:], words, strict=False):
            free = QRectF(left + GRIP_WIDTH / 2, area.top() + 2, right - left - GRIP_WIDTH, GRIP_HEIGHT)
            if metrics.horizontalAdvance(word) <= free.width():
                painter.drawText(free, Qt.AlignmentFlag.AlignCenter, word)


class Bars(PixelItem):
    """Histograms over one another, each as high as its own fullest bin allows, with marks for what lies outside."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[Group] = []
        self.nothing = ""
        self.span = (0.0, 1.0)

    def draw(self, painter: QPainter, area: QRectF, transform: QTransform) -> None:
        if not self.groups:
            painter.setPen(QColor(self.colours.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.nothing)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        left, right = (_x(transform, end) for end in self.span)
        for group in self.groups:
            self._draw_group(painter, area, group, left, right)
        self._draw_overflow(painter, area)

    def _draw_group(self, painter: QPainter, area: QRectF, group: Group, left: float, right: float) -> None:
        step = (right - left) / len(group.bins.counts)
        full = max(area.height() - _TOP, 1.0)
        ground = area.bottom() + 3  # clipped away: an empty bin draws no line
        outline = QPolygonF([QPointF(left, ground)])
        fill = QColor(group.colour)
        fill.setAlpha(150 if group.pattern is Qt.BrushStyle.SolidPattern else 255)
        for place, height in enumerate(group.bins.heights):
            # A single score among hundreds still has to be seen.
            top = area.bottom() - max(height * full, 4.0) if height > 0 else ground
            outline.append(QPointF(left + place * step, top))
            outline.append(QPointF(left + (place + 1) * step, top))
        outline.append(QPointF(right, ground))
        painter.setPen(QPen(QColor(group.colour), 2.0 if group.outlined else 1.0))
        painter.setBrush(QBrush(fill, group.pattern))
        painter.drawPolygon(outline)

    def _draw_overflow(self, painter: QPainter, area: QRectF) -> None:
        font = QFont(painter.font())
        font.setPixelSize(12)
        font.setBold(True)
        painter.setFont(font)
        for row, group in enumerate(self.groups):
            line = QRectF(area.left() + 4, area.top() + _TOP + 18 * row, area.width() - 8, 18)
            painter.setPen(QColor(group.colour))
            if group.bins.below:
                painter.drawText(line, Qt.AlignmentFlag.AlignLeft, f"◀ {group.bins.below}")
            if group.bins.above:
                painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"{group.bins.above} ▶")


class Lines(PixelItem):
    """The threshold lines with their grips, and a thin mark for one score."""

    def __init__(self) -> None:
        super().__init__()
        self.movable = True
        self.pair: ThresholdPair | None = None
        self.mark: float | None = None
        self.setZValue(10)

    def draw(self, painter: QPainter, area: QRectF, transform: QTransform) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.mark is not None:
            x = min(max(_x(transform, self.mark), area.left() + 3), area.right() - 3)
            painter.setPen(QPen(QColor(self.colours.accent), 2, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(x, area.top() + _TOP - 6, x, area.bottom()))
        if self.pair is None:
            return
        if self.pair.band:
            colours = self.colours.review, self.colours.on_review
            self._draw_line(painter, area, _x(transform, self.pair.review), *colours)
        self._draw_line(painter, area, _x(transform, self.pair.fail), self.colours.failed, self.colours.on_failed)

    def _draw_line(self, painter: QPainter, area: QRectF, x: float, fill: str, sign: str) -> None:
        painter.setPen(QPen(QColor(self.colours.text), 1))
        painter.drawLine(QLineF(x, area.top() + GRIP_HEIGHT, x, area.bottom()))
        if not self.movable:
            return
        grip = QRectF(x - GRIP_WIDTH / 2, area.top() + 2, GRIP_WIDTH, GRIP_HEIGHT)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(grip, 7, 7)
        painter.setPen(QPen(QColor(sign), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for offset in (-5.0, 0.0, 5.0):
            painter.drawLine(QLineF(x + offset, grip.top() + 10, x + offset, grip.bottom() - 10))
