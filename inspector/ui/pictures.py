"""Between pixel arrays and Qt's images."""

from __future__ import annotations

from PySide6.QtGui import QImage

from inspector.imaging.frame import Image


def to_qimage(image: Image) -> QImage:
    """A copy of (H, W, 3) uint8 BGR as Qt paints it fastest; may be called in any thread."""
    height, width = image.shape[:2]
    data = image.tobytes()
    view = QImage(data, width, height, 3 * width, QImage.Format.Format_BGR888)
    return view.convertToFormat(QImage.Format.Format_RGB32)
