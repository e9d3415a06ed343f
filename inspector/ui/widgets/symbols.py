"""Shapes that say the same as colours: for labels and verdicts, readable by the colour-blind and from afar."""

from __future__ import annotations

import math
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from inspector.data.dataset import Label
from inspector.evaluation.judge import Verdict
from inspector.ui.theme import Colours


class Symbol(Enum):
    """Outline and sign: a disc with a tick, a triangle with an exclamation mark, an octagon with a cross, a dashed
    ring that is empty."""

    DISC = "disc"
    TRIANGLE = "triangle"
    OCTAGON = "octagon"
    RING = "ring"


LABEL_SYMBOLS = {
    Label.GOOD: Symbol.DISC,
    Label.UNSURE: Symbol.TRIANGLE,
    Label.DEFECT: Symbol.OCTAGON,
    Label.NONE: Symbol.RING,
}

VERDICT_SYMBOLS = {
    Verdict.PASS: Symbol.DISC,
    Verdict.REVIEW: Symbol.TRIANGLE,
    Verdict.FAIL: Symbol.OCTAGON,
    Verdict.NOT_INSPECTED: Symbol.RING,
}


def label_colours(label: Label, colours: Colours) -> tuple[str, str]:
    """(fill, sign) of a label."""
    return {
        Label.GOOD: (colours.good, colours.on_passed),
        Label.DEFECT: (colours.defect, colours.on_failed),
        Label.UNSURE: (colours.unsure, colours.on_review),
        Label.NONE: (colours.idle, colours.on_idle),
    }[label]


def verdict_colours(verdict: Verdict, colours: Colours) -> tuple[str, str]:
    """(fill, sign) of a verdict."""
    return {
        Verdict.PASS: (colours.passed, colours.on_passed),
        Verdict.FAIL: (colours.failed, colours.on_failed),
        Verdict.REVIEW: (colours.review, colours.on_review),
        Verdict.NOT_INSPECTED: (colours.idle, colours.on_idle),
    }[verdict]


def draw_symbol(painter: QPainter, area: QRectF, symbol: Symbol, fill: QColor | str, sign: QColor | str) -> None:
    """Paint a symbol as large as fits into `area`; `sign` is the colour of the tick, mark or cross inside."""
    side = min(area.width(), area.height())
    middle = area.center()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(middle)
    painter.scale(side / 2, side / 2)
    if symbol is Symbol.RING:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(QColor(fill), 0.22)
        pen.setDashPattern([1.6, 1.2])
        painter.setPen(pen)
        painter.drawEllipse(QPointF(0, 0), 0.82, 0.82)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawPath(_outline(symbol))
        _draw_sign(painter, symbol, QColor(sign))
    painter.restore()


def _outline(symbol: Symbol) -> QPainterPath:
    path = QPainterPath()
    if symbol is Symbol.DISC:
        path.addEllipse(QPointF(0, 0), 0.96, 0.96)
    elif symbol is Symbol.TRIANGLE:
        path.addPolygon(QPolygonF([QPointF(0, -0.98), QPointF(1.0, 0.84), QPointF(-1.0, 0.84)]))
    else:
        corners = [math.radians(22.5 + 45 * corner) for corner in range(8)]
        path.addPolygon(QPolygonF([QPointF(math.cos(angle), math.sin(angle)) for angle in corners]))
    path.closeSubpath()
    return path


def _draw_sign(painter: QPainter, symbol: Symbol, colour: QColor) -> None:
    painter.setPen(QPen(colour, 0.22, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    if symbol is Symbol.DISC:
        painter.drawPolyline(QPolygonF([QPointF(-0.42, 0.02), QPointF(-0.12, 0.34), QPointF(0.44, -0.32)]))
    elif symbol is Symbol.OCTAGON:
        painter.drawLine(QPointF(-0.34, -0.34), QPointF(0.34, 0.34))
        painter.drawLine(QPointF(-0.34, 0.34), QPointF(0.34, -0.34))
    else:
        painter.drawLine(QPointF(0, -0.3), QPointF(0, 0.26))
        painter.drawPoint(QPointF(0, 0.58))
