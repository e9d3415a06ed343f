"""The verdict as a word, a shape, a colour and a position, to be read from three metres by anyone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.evaluation.judge import Verdict
from inspector.ui.texts import verdict_word
from inspector.ui.theme import Colours, colours_of
from inspector.ui.widgets.symbols import VERDICT_SYMBOLS, draw_symbol, verdict_colours

PLACES = (Verdict.PASS, Verdict.REVIEW, Verdict.FAIL)
"""From left to right: the lamp that is lit tells the verdict by its place alone."""
_RADIUS = 14.0
_LAMP = 12.0


class VerdictTile(QWidget):
    """A filled tile for PASS, REVIEW and FAIL; NOT INSPECTED is an empty, hatched one with a dashed rim and no lamp.

    Without a verdict (`show_verdict(None)`) it is plain and says `idle_text`.
    """

    painted = Signal()
    """What was last shown is drawn now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict: Verdict | None = None
        self._caption = ""
        self._idle = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(220, 130)
        self.setAccessibleName(self.tr("Verdict"))

    @property
    def verdict(self) -> Verdict | None:
        """What the tile says now."""
        return self._verdict

    def sizeHint(self) -> QSize:
        return QSize(360, 190)

    def show_verdict(self, verdict: Verdict | None, caption: str = "") -> None:
        """Show a verdict, or that there is none; `caption` is a small line below it."""
        if (verdict, caption) != (self._verdict, self._caption):
            self._verdict, self._caption = verdict, caption
            self.setAccessibleDescription(f"{self._word()}. {caption}")
            self.update()

    def set_idle_text(self, text: str) -> None:
        """What is said while there is no verdict."""
        self._idle = text
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = colours_of(self)
        area = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        ink = self._paint_ground(painter, area, colours)
        lower = 34.0
        self._paint_word(painter, area.adjusted(18, 8, -18, -lower), ink, colours)
        self._paint_foot(painter, QRectF(area.left() + 18, area.bottom() - lower, area.width() - 36, lower - 8), ink)
        painter.end()
        self.painted.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def _word(self) -> str:
        return self._idle if self._verdict is None else verdict_word(self._verdict)

    def _paint_ground(self, painter: QPainter, area: QRectF, colours: Colours) -> QColor:
        """Fill the tile; returns the colour to write on it."""
        if self._verdict in PLACES:
            fill, ink = verdict_colours(self._verdict, colours)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(fill))
            painter.drawRoundedRect(area, _RADIUS, _RADIUS)
            return QColor(ink)
        painter.setBrush(QColor(colours.surface))
        painter.setPen(QPen(QColor(colours.border), 1.5))
        painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        if self._verdict is None:
            return QColor(colours.muted)
        hatch = QColor(colours.idle)
        hatch.setAlpha(70)
        painter.setBrush(QBrush(hatch, Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(QColor(colours.idle), 5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), _RADIUS, _RADIUS)
        return QColor(colours.text)

    def _paint_word(self, painter: QPainter, area: QRectF, ink: QColor, colours: Colours) -> None:
        if self._verdict is not None:
            sign, area = _split(area)
            fill, mark = verdict_colours(self._verdict, colours)
            # On its own ground the shape is drawn in the ink, its sign in the ground's colour.
            known = self._verdict in PLACES
            draw_symbol(painter, sign, VERDICT_SYMBOLS[self._verdict], mark if known else fill, fill if known else mark)
        beside = self._verdict is not None and sign.right() < area.left()
        painter.setPen(ink)
        text = self._word().replace(" ", "\n", 1) if self._verdict is Verdict.NOT_INSPECTED else self._word()
        painter.setFont(_fitting(self.font(), text, area, 24 if self._verdict is None else 480))
        align = Qt.AlignmentFlag.AlignVCenter if beside else Qt.AlignmentFlag.AlignCenter
        painter.drawText(area, align, text)

    def _paint_foot(self, painter: QPainter, area: QRectF, ink: QColor) -> None:
        if self._verdict is None:
            return
        painter.setFont(self.font())
        painter.setPen(ink)
        text = area.adjusted(0, 0, -_LAMP * 7, 0)
        elided = QFontMetricsF(self.font()).elidedText(self._caption, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, elided)
        for index, place in enumerate(reversed(PLACES)):
            lamp = QRectF(area.right() - _LAMP - index * 2 * _LAMP, area.center().y() - _LAMP / 2, _LAMP, _LAMP)
            painter.setPen(QPen(ink, 2))
            painter.setBrush(ink if place is self._verdict else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(lamp)


def _split(area: QRectF) -> tuple[QRectF, QRectF]:
    """Where the shape and the word go: beside each other in a wide tile, one above the other in a tall one."""
    if area.height() < 0.62 * area.width():
        side = min(area.height() * 0.78, area.width() * 0.3)
        sign = QRectF(area.left(), area.center().y() - side / 2, side, side)
        return sign, area.adjusted(side + 16, 0, 0, 0)
    side = min(area.height() * 0.45, area.width() * 0.6)
    sign = QRectF(area.center().x() - side / 2, area.top() + 12, side, side)
    return sign, area.adjusted(0, side + 16, 0, 0)


def _fitting(font: QFont, text: str, area: QRectF, largest: int) -> QFont:
    """The font, bold, at the largest size (pixels) at which all lines of the text fit into the area."""
    font = QFont(font)
    font.setBold(True)
    lines = text.split("\n")
    font.setPixelSize(100)
    metrics = QFontMetricsF(font)
    widest = max(metrics.horizontalAdvance(line) for line in lines)
    by_width = 100 * area.width() / max(widest * 1.02, 1)
    by_height = 100 * area.height() / max(metrics.lineSpacing() * len(lines), 1)
    font.setPixelSize(max(int(min(by_width, by_height, largest)), 9))
    return font
