"""How a sample looks in the grid: thumbnail, label as shape and colour, letter, name, kind of defect, test mark."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.data.dataset import Label, Split
from inspector.data.rows import SampleRow
from inspector.ui.models.sample_model import Role
from inspector.ui.texts import label_word
from inspector.ui.theme import Colours, colours_for
from inspector.ui.widgets.symbols import LABEL_SYMBOLS, Symbol, draw_symbol, label_colours

PICTURE = QSize(148, 124)
CELL = QSize(164, 178)
BADGE = 26
PAD = 8


class SampleDelegate(QStyledItemDelegate):
    """Every cell has the same size; nothing is measured or scaled that is not in view."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._test_mark = self.tr("TEST")

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return CELL

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = colours_for(option.palette)
        row: SampleRow | None = index.data(Role.ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_frame(painter, option, colours)
        area = QRect(option.rect.topLeft() + QPoint(PAD, PAD), PICTURE)
        _draw_picture(painter, area, index, colours)
        if row is not None:
            self._draw_marks(painter, area, row, colours)
            self._draw_text(painter, option, row, colours)
        painter.restore()

    def _draw_marks(self, painter: QPainter, area: QRect, row: SampleRow, colours: Colours) -> None:
        badge = QRectF(area.left() + 4, area.top() + 4, BADGE, BADGE)
        if row.label is not Label.NONE:
            # A light rim keeps the shape visible on any picture.
            draw_symbol(painter, badge.adjusted(-2, -2, 2, 2), LABEL_SYMBOLS[row.label], colours.surface, "#00000000")
            draw_symbol(painter, badge, LABEL_SYMBOLS[row.label], *label_colours(row.label, colours))
        if row.split is Split.TEST:
            tag = QRect(area.right() - 43, area.top() + 5, 40, 20)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.text))
            painter.drawRoundedRect(tag, 4, 4)
            painter.setPen(QColor(colours.surface))
            painter.setFont(_sized(painter.font(), -2, bold=True))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, self._test_mark)

    def _draw_text(self, painter: QPainter, option: QStyleOptionViewItem, row: SampleRow, colours: Colours) -> None:
        width = CELL.width() - 2 * PAD
        first = QRect(option.rect.left() + PAD, option.rect.top() + PAD + PICTURE.height() + 3, width, 19)
        painter.setFont(_sized(option.font, -1))
        metrics = painter.fontMetrics()
        painter.setPen(QColor(colours.text))
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, name)
        said = label_word(row.label) if not row.kind else f"{label_word(row.label)} · {row.kind}"
        painter.setPen(QColor(colours.muted))
        second = first.translated(0, 18)
        painter.drawText(
            second, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(said, Qt.TextElideMode.ElideRight, width)
        )


def _draw_frame(painter: QPainter, option: QStyleOptionViewItem, colours: Colours) -> None:
    selected = bool(option.state & QStyle.StateFlag.State_Selected)
    current = bool(option.state & QStyle.StateFlag.State_HasFocus)
    if selected or current:
        painter.setPen(QPen(QColor(colours.accent if current else colours.accent_soft), 2))
        painter.setBrush(QColor(colours.accent_soft) if selected else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(option.rect).adjusted(2, 2, -2, -2), 8, 8)


def _draw_picture(painter: QPainter, area: QRect, index: QModelIndex | QPersistentModelIndex, colours: Colours) -> None:
    thumbnail: QPixmap | None = index.data(Role.THUMBNAIL)
    painter.fillRect(area, QColor(colours.canvas))
    if thumbnail is not None:
        size = thumbnail.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(0, 0), size)
        target.moveCenter(area.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, thumbnail)
    elif index.data(Role.PROBLEM) is not None:
        middle = QRectF(0, 0, 44, 44)
        middle.moveCenter(QRectF(area).center())
        draw_symbol(painter, middle, Symbol.TRIANGLE, colours.muted, colours.canvas)


def _sized(font: QFont, by: float, *, bold: bool = False) -> QFont:
    changed = QFont(font)
    changed.setPointSizeF(max(font.pointSizeF() + by, 7.0))
    changed.setBold(bold)
    return changed
