"""Icons from `resources/icons`, drawn in the colour they are needed in."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from inspector import paths

RATIOS = (1, 2, 3)


def icon(name: str, colour: str = "#000000", size: int = 32, *, checked: str | None = None) -> QIcon:
    """An icon in one colour, `checked` in another while its button is checked; crisp up to three times its size."""
    drawn = QIcon()
    for shade, state in ((colour, QIcon.State.Off), (checked or colour, QIcon.State.On)):
        for ratio in RATIOS:
            drawn.addPixmap(_pixmap(name, shade, size, ratio), QIcon.Mode.Normal, state)
    return drawn


def _pixmap(name: str, colour: str, size: int, ratio: int) -> QPixmap:
    text = paths.resource(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    pixmap = QPixmap(size * ratio, size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
