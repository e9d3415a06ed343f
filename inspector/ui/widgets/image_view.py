"""A picture with an overlay and contours, to be looked at closely: zoom, pan, fit, by mouse, finger or button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from inspector.imaging.frame import Image
from inspector.ui.theme import colours_of
from inspector.ui.widgets.viewport import Viewport
from inspector.ui.widgets.zoom_buttons import ZoomButtons

STEP = 1.25
SHOW_PIXELS_FROM = 3.0
"""From this scale on single pixels are drawn as squares; below, pictures are smoothed."""
SMALLEST_HALVED = 256
"""Pixels of the shorter side; below, a picture is small enough to be painted at any size."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A `QImage` on the memory of an array, which has to live as long."""

    image: QImage
    pixels: NDArray[np.uint8]


class ImageView(QWidget):
    """Shows a BGR picture, over it an overlay with its own opacity, over that contours as crisp lines.

    Arrays are kept, not copied: the caller does not write into them afterwards. Fast for 12 megapixels: shrunk copies
    are made once per picture, when it is shown as small as that, and only what is visible is painted.
    """

    scale_changed = Signal(float)
    """View pixels per image pixel."""

    def __init__(self, parent: QWidget | None = None, *, buttons: bool = True) -> None:
        super().__init__(parent)
        self._viewport = Viewport()
        self._levels: list[_Picture] = []
        self._overlay: _Picture | None = None
        self._opacity = 0.5
        self._contours: list[QPolygonF] = []
        self._contour_colour: QColor | None = None
        self._placeholder = ""
        self._dragged_from: QPointF | None = None
        self._scale_told = 0.0
        self._buttons = ZoomButtons(self) if buttons else None
        if self._buttons is not None:
            self._buttons.zoomed.connect(self._zoom_middle)
            self._buttons.fitted.connect(self.fit)
            self._buttons.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAccessibleName(self.tr("Picture"))

    @property
    def viewport(self) -> Viewport:
        """Which part of the picture is shown."""
        return self._viewport

    @property
    def has_image(self) -> bool:
        """True while a picture is shown."""
        return bool(self._levels)

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    def set_image(self, image: Image | None) -> None:
        """Show (H, W, 3) uint8 BGR; None shows the placeholder. A picture of the same size keeps zoom and place; the
        overlay and contours of the picture before are taken away."""
        self._levels = [] if image is None else [_picture(image, QImage.Format.Format_BGR888)]
        self._overlay = None
        self._contours = []
        height, width = (0, 0) if image is None else image.shape[:2]
        self._viewport.set_image_size(width, height)
        if self._buttons is not None:
            self._buttons.setVisible(image is not None)
        self._changed()

    def set_overlay(self, overlay: NDArray[np.uint8] | None, opacity: float | None = None) -> None:
        """Lay (h, w, 3) BGR or (h, w, 4) BGRA uint8 over the whole picture, stretched to it; None takes it away.

        `opacity` from 0 to 1 multiplies the overlay's own; left out, it stays as it was.
        """
        self._overlay = None if overlay is None else _overlay_picture(overlay)
        if opacity is not None:
            self._opacity = opacity
        self.update()

    def set_overlay_opacity(self, opacity: float) -> None:
        """Change the overlay's opacity, 0 to 1."""
        self._opacity = opacity
        self.update()

    def set_contours(self, contours: Sequence[NDArray[np.generic]], colour: QColor | None = None) -> None:
        """Draw closed lines, each (N, 2) or as OpenCV gives them (N, 1, 2), in pixels of the picture."""
        self._contours = [_polygon(contour) for contour in contours]
        self._contour_colour = colour
        self.update()

    def set_placeholder(self, text: str) -> None:
        """What to say while there is no picture."""
        self._placeholder = text
        self.update()

    @Slot()
    def fit(self) -> None:
        """Show the whole picture."""
        self._viewport.fit()
        self._changed()

    def _zoom(self, factor: float, at: QPointF) -> None:
        if self.has_image:
            self._viewport.zoom(factor, at.x(), at.y())
            self._changed()

    @Slot(float)
    def _zoom_middle(self, factor: float) -> None:
        self._zoom(factor, QPointF(self.width() / 2, self.height() / 2))

    def _changed(self) -> None:
        self.update()
        if self._viewport.scale != self._scale_told:
            self._scale_told = self._viewport.scale
            self.scale_changed.emit(self._viewport.scale)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = colours_of(self)
        painter.fillRect(self.rect(), QColor(colours.canvas))
        if not self.has_image:
            painter.setPen(QColor(colours.muted))
            frame = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._placeholder)
            return
        left, top, right, bottom = self._visible()
        target = QRectF(QPointF(*self._viewport.to_view(left, top)), QPointF(*self._viewport.to_view(right, bottom)))
        part = QRectF(left, top, right - left, bottom - top)
        pixels = self._viewport.scale * self.devicePixelRatioF()
        self._draw(painter, target, self._level(pixels), part, smooth=pixels < SHOW_PIXELS_FROM)
        if self._overlay is not None and self._opacity > 0:
            painter.setOpacity(self._opacity)
            self._draw(painter, target, self._overlay, part, smooth=True)
            painter.setOpacity(1.0)
        self._draw_contours(painter, QColor(colours.text) if self._contour_colour is None else self._contour_colour)

    def _visible(self) -> tuple[int, int, int, int]:
        """The part of the picture in view, in whole image pixels."""
        width, height = self._viewport.image_size
        left, top = self._viewport.to_image(0, 0)
        right, bottom = self._viewport.to_image(self.width(), self.height())
        return max(int(left), 0), max(int(top), 0), min(int(right) + 1, width), min(int(bottom) + 1, height)

    def _level(self, pixels: float) -> _Picture:
        """The shrunk copy that still has at least as many pixels as the screen shows, made when it is first needed."""
        wanted = 0
        while 0.5 ** (wanted + 1) >= pixels and min(self._levels[wanted].pixels.shape[:2]) >= SMALLEST_HALVED:
            wanted += 1
            if wanted == len(self._levels):
                self._levels.append(_halved(self._levels[-1]))
        return self._levels[wanted]

    def _draw(self, painter: QPainter, target: QRectF, picture: _Picture, part: QRectF, *, smooth: bool) -> None:
        width, height = self._viewport.image_size
        across, down = picture.image.width() / width, picture.image.height() / height
        source = QRectF(part.x() * across, part.y() * down, part.width() * across, part.height() * down)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, picture.image, source)

    def _draw_contours(self, painter: QPainter, colour: QColor) -> None:
        if not self._contours:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(*self._viewport.offset)
        painter.scale(self._viewport.scale, self._viewport.scale)
        # A dark line below a light one stays visible on any picture.
        halo = QColor("#000000") if colour.lightness() > 110 else QColor("#ffffff")
        halo.setAlpha(160)
        for shade, width in ((halo, 4.0), (colour, 2.0)):
            pen = QPen(shade, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            for polygon in self._contours:
                painter.drawPolygon(polygon)

    # mouse, keys and fingers

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._viewport.set_view_size(self.width(), self.height())
        if self._buttons is not None:
            self._buttons.place(self.size())
        self._changed()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps:
            self._zoom(STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.has_image:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None:
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self._viewport.pan(moved.x(), moved.y())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom_middle(STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self._zoom_middle(1 / STEP)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Gesture and isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._dragged_from = None
                at = QPointF(self.mapFromGlobal(pinch.hotSpot().toPoint()))
                self._zoom(pinch.scaleFactor(), at)
                return True
        return super().event(event)


def _halved(picture: _Picture) -> _Picture:
    height, width = picture.pixels.shape[:2]
    half = cv2.resize(picture.pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return _picture(np.asarray(half, np.uint8), QImage.Format.Format_BGR888)


def _overlay_picture(overlay: NDArray[np.uint8]) -> _Picture:
    if overlay.shape[2] == 3:
        return _picture(overlay, QImage.Format.Format_BGR888)
    # BGRA in memory is what Qt calls ARGB32 on little-endian machines, and torch runs on no others.
    picture = _picture(overlay, QImage.Format.Format_ARGB32)
    return _Picture(picture.image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied), picture.pixels)


def _picture(pixels: NDArray[np.uint8], layout: QImage.Format) -> _Picture:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return _Picture(QImage(pixels.data, width, height, pixels.strides[0], layout), pixels)


def _polygon(contour: NDArray[np.generic]) -> QPolygonF:
    # Pixel centres lie half a pixel inside.
    return QPolygonF([QPointF(float(x) + 0.5, float(y) + 0.5) for x, y in np.reshape(contour, (-1, 2))])
