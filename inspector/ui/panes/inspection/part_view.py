"""One part, large: its picture with heatmap and contours, framed in the colour of its verdict."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.evaluation.judge import Verdict
from inspector.imaging.frame import Image
from inspector.ui.panes.inspection.parts import LivePart, Look
from inspector.ui.texts import verdict_word
from inspector.ui.theme import TOUCH, colours_of, set_role
from inspector.ui.widgets.image_view import ImageView
from inspector.ui.widgets.symbols import verdict_colours

FRAME = 8
"""Width of the coloured frame in device-independent pixels."""
_NOTE_MARGIN = 10


class PartView(QWidget):
    """Shows a `LivePart`. While it is not the live one, a strip above says which one it is, with a way back.

    Or shows the camera's own picture: nothing is drawn over it but a note that it was not judged.
    """

    back_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict: Verdict | None = None
        self.picture = ImageView(self)
        self.held = QWidget(self)
        self.held_text = QLabel(self.held)
        set_role(self.held_text, "heading")
        self.back = QPushButton(self.tr("Back to live"), self.held)
        set_role(self.back, "primary")
        self.back.setMinimumHeight(TOUCH + 8)
        self.back.clicked.connect(self.back_wanted)
        strip = QHBoxLayout(self.held)
        strip.setContentsMargins(4, 0, 4, 6)
        strip.addWidget(self.held_text, 1)
        strip.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(FRAME + 2, FRAME + 2, FRAME + 2, FRAME + 2)
        layout.setSpacing(0)
        layout.addWidget(self.held)
        layout.addWidget(self.picture, 1)
        self.held.hide()
        self.camera_note = QLabel(self.tr("Camera, not judged"), self.picture)
        set_role(self.camera_note, "note")
        self.camera_note.move(_NOTE_MARGIN, _NOTE_MARGIN)
        self.camera_note.hide()

    def show_part(self, part: LivePart | None, look: Look, fail: float, *, held: bool) -> None:
        """Draw a part, or none; `fail` is the raw threshold of the contours."""
        self._set_verdict(None if part is None else part.verdict)
        self.camera_note.hide()
        self.held.setVisible(held and part is not None)
        if part is not None and held:
            self.held_text.setText(self._held_text(part))
        drawn = None if part is None else part.drawn_as(look)
        self.picture.set_image(None if drawn is None else drawn.drawn)
        if drawn is not None and look.contours:
            self.picture.set_contours(drawn.outlines(fail), QColor("#ffffff"))

    def show_camera(self, picture: Image | None) -> None:
        """Show what the camera sees now (BGR), or that it delivers nothing."""
        self._set_verdict(None)
        self.held.hide()
        self.camera_note.adjustSize()
        self.camera_note.setVisible(picture is not None)
        self.picture.set_image(picture)

    def _set_verdict(self, verdict: Verdict | None) -> None:
        if verdict is not self._verdict:
            self._verdict = verdict
            self.update()

    def _held_text(self, part: LivePart) -> str:
        score = "–" if part.score is None else f"{part.score:.4g}"
        return self.tr("Part {number}, not live: {verdict}, score {score}").format(
            number=part.number, verdict=verdict_word(part.verdict), score=score
        )

    @Slot(str)
    def set_placeholder(self, text: str) -> None:
        """What is said while there is no picture."""
        self.picture.set_placeholder(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._verdict is None:
            return
        colours = colours_of(self)
        fill, _ = verdict_colours(self._verdict, colours)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(fill), FRAME)
        if self._verdict is Verdict.NOT_INSPECTED:
            pen.setDashPattern([2, 1.5])
        painter.setPen(pen)
        half = FRAME // 2
        painter.drawRoundedRect(self.rect().adjusted(half, half, -half, -half), 10, 10)
