"""The last parts as a strip of thumbnails with their verdicts, to be tapped for a second look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.evaluation.judge import Verdict
from inspector.ui.theme import Colours, colours_of
from inspector.ui.widgets.symbols import VERDICT_SYMBOLS, draw_symbol, verdict_colours

SLOT = 104
"""Width of one part in device-independent pixels: a gloved finger hits it."""
_GAP = 8


@dataclass(frozen=True, slots=True)
class StripItem:
    """`number` identifies the part; `text` is what stands below the thumbnail."""

    number: int
    verdict: Verdict
    thumbnail: QImage | None
    text: str


class Filmstrip(QWidget):
    """The newest part is on the right; as many as fit are shown. `chosen` tells the number of a part that was tapped.

    A chosen part is marked; whoever owns the strip decides whether new parts push it on meanwhile.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[StripItem] = []
        self._chosen: int | None = None
        self.setFixedHeight(112)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Last parts"))

    def sizeHint(self) -> QSize:
        return QSize(6 * SLOT, 112)

    @property
    def items(self) -> list[StripItem]:
        """All parts given, oldest first; the leftmost may be out of sight."""
        return self._items

    def set_items(self, items: Sequence[StripItem]) -> None:
        """Show these, oldest first."""
        self._items = list(items)
        self.update()

    def set_chosen(self, number: int | None) -> None:
        """Mark a part, or none."""
        self._chosen = number
        self.update()

    def slot_of(self, number: int) -> QRectF | None:
        """Where a part is shown, None if it is out of sight."""
        return next((area for item, area in self._visible() if item.number == number), None)

    def _visible(self) -> list[tuple[StripItem, QRectF]]:
        count = max(int((self.width() + _GAP) // (SLOT + _GAP)), 1)
        shown = self._items[-count:]
        left = self.width() - len(shown) * (SLOT + _GAP) + _GAP
        return [
            (item, QRectF(left + index * (SLOT + _GAP), 1, SLOT, self.height() - 2)) for index, item in enumerate(shown)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = colours_of(self)
        if not self._items:
            painter.setPen(QColor(colours.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("The last parts appear here."))
        for item, area in self._visible():
            self._paint_item(painter, item, area, colours)

    def _paint_item(self, painter: QPainter, item: StripItem, area: QRectF, colours: Colours) -> None:
        fill, sign = verdict_colours(item.verdict, colours)
        chosen = item.number == self._chosen
        painter.setPen(QPen(QColor(colours.accent if chosen else colours.border), 4 if chosen else 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), 8, 8)
        picture = area.adjusted(6, 6, -6, -30)
        if item.thumbnail is not None:
            size = item.thumbnail.size().scaled(picture.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(picture.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, item.thumbnail)
        foot = QRectF(area.left() + 8, area.bottom() - 28, area.width() - 16, 22)
        draw_symbol(painter, QRectF(foot.left(), foot.top(), 22, 22), VERDICT_SYMBOLS[item.verdict], fill, sign)
        painter.setPen(QColor(colours.text))
        painter.drawText(foot.adjusted(26, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, item.text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for item, area in self._visible():
            if area.contains(event.position()):
                self.chosen.emit(item.number)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(event.key())
        if step is None or not self._items:
            super().keyPressEvent(event)
            return
        numbers = [item.number for item in self._items]
        place = numbers.index(self._chosen) + step if self._chosen in numbers else len(numbers) - 1
        self.chosen.emit(numbers[min(max(place, 0), len(numbers) - 1)])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
