"""Scores of good parts, defects and live parts over one axis, with the thresholds to be moved by finger."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector.ui.texts import number
from inspector.ui.theme import Colours, colours_of
from inspector.ui.widgets.score_bins import Scores, as_scores, axis_range, binned
from inspector.ui.widgets.score_control import ScoreControl
from inspector.ui.widgets.score_items import Group
from inspector.ui.widgets.score_plot import ScorePlot
from inspector.ui.widgets.threshold_pair import ThresholdPair

_NEW_BAND = 0.08
"""Width of a review band that is switched on, as a share of the axis."""
_NAMES = ("good", "defect", "live")


def _style(name: str, colours: Colours) -> tuple[str, Qt.BrushStyle, bool]:
    """(colour, fill, outlined): told apart without colour by fill and outline."""
    return {
        "good": (colours.plot_good, Qt.BrushStyle.SolidPattern, False),
        "defect": (colours.plot_defect, Qt.BrushStyle.BDiagPattern, True),
        "live": (colours.plot_live, Qt.BrushStyle.NoBrush, True),
    }[name]


class _LegendEntry(QWidget):
    """A sample of how a group is drawn, its name and its size."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = name
        self._title = title
        self._text = QLabel(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(28, 0, 0, 0)
        layout.addWidget(self._text)

    def show_count(self, count: int) -> None:
        """Say how many scores the group has; an empty group is not mentioned."""
        self._text.setText(self.tr("{title} (n = {n})").format(title=self._title, n=number(count)))
        self.setVisible(count > 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        colour, pattern, outlined = _style(self._name, colours_of(self))
        painter = QPainter(self)
        painter.setPen(QPen(QColor(colour), 2 if outlined else 1))
        painter.setBrush(QBrush(QColor(colour), pattern))
        painter.drawRect(QRectF(2, self.height() / 2 - 7, 20, 14))


class ScoreHistogram(QWidget):
    """Histograms and up to two threshold lines, always in order; without a review band both are one.

    `thresholds_changed` while they move, `thresholds_committed` when the finger is off; both carry raw
    (review, fail). What is set by code is not told. Before the first `set_thresholds` there are no lines. With
    `editable` False they are only shown.
    """

    thresholds_changed = Signal(float, float)
    thresholds_committed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None, *, editable: bool = True) -> None:
        super().__init__(parent)
        self._editable = editable
        self._scores: dict[str, Scores] = {name: as_scores(()) for name in _NAMES}
        self._pair = ThresholdPair()
        self._known = False
        self._shifted = False
        titles = {"good": self.tr("Good"), "defect": self.tr("Defect"), "live": self.tr("Live parts")}
        self._legend = {name: _LegendEntry(name, titles[name], self) for name in _NAMES}
        self.plot = ScorePlot(self)
        self.plot.setAccessibleName(self.tr("Histogram of scores"))
        self.band = QCheckBox(self.tr("Review band"), self)
        self.band.setToolTip(self.tr("Parts between two thresholds are set aside for a person to decide."))
        self.review = ScoreControl(self.tr("Review from"), "review", self)
        self.fail = ScoreControl(self.tr("Fail above"), "fail", self)
        self._lay_out()
        self._connect()
        self._redraw()
        self._show_pair()

    def sizeHint(self) -> QSize:
        return QSize(560, 320)

    def set_scores(self, good: Iterable[float], defect: Iterable[float], live: Iterable[float] | None = None) -> None:
        """Show these raw scores; what is not finite is left out."""
        given = (good, defect, () if live is None else live)
        for name, values in zip(_NAMES, given, strict=True):
            self._scores[name] = as_scores(values)
        self._redraw()

    def set_live(self, live: Iterable[float]) -> None:
        """Replace the live parts' scores alone."""
        self._scores["live"] = as_scores(live)
        self._redraw()

    def set_thresholds(self, review: float, fail: float) -> None:
        """Show these thresholds; a difference between them switches the review band on. Tells nobody."""
        band = review < fail or (self.band.isChecked() and (review, fail) == self.thresholds())
        self._pair, self._known = ThresholdPair(min(review, fail), fail, band), True
        with QSignalBlocker(self.band):
            self.band.setChecked(band)
        self._redraw()
        self._show_pair()

    def thresholds(self) -> tuple[float, float]:
        """Raw (review, fail) as they stand now."""
        return self._pair.review, self._pair.fail

    def set_mark(self, score: float | None) -> None:
        """Point at one part's score with a thin line, or at none."""
        self.plot.show_mark(score)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(8)
        for entry in self._legend.values():
            header.addWidget(entry)
        header.addStretch(1)
        header.addWidget(self.band)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(header)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.review)
        layout.addWidget(self.fail)
        for widget in (self.band, self.fail):
            widget.setVisible(self._editable)
        self.plot.set_movable(self._editable)

    def _connect(self) -> None:
        self.plot.dragged.connect(self._move)
        self.plot.released.connect(self._commit)
        self.review.moved.connect(self._move_review)
        self.review.committed.connect(self._commit)
        self.fail.moved.connect(self._move_fail)
        self.fail.committed.connect(self._commit)
        self.band.toggled.connect(self._switch_band)

    def _redraw(self) -> None:
        """Bring axis and bars up to date."""
        known = (self._pair.review, self._pair.fail) if self._known else None
        others = [self._scores["defect"], self._scores["live"]]
        low, high = axis_range(self._scores["good"], others, known)
        colours = colours_of(self)
        groups = [
            Group(binned(scores, low, high), *_style(name, colours))
            for name, scores in self._scores.items()
            if len(scores)
        ]
        self.plot.show_groups(groups, low, high)
        for name, entry in self._legend.items():
            entry.show_count(len(self._scores[name]))
        for control in (self.review, self.fail):
            control.set_range(low, high)

    def _show_pair(self) -> None:
        self.plot.show_pair(self._pair if self._known else None)
        self.review.set_value(self._pair.review)
        self.fail.set_value(self._pair.fail)
        self.review.setVisible(self._editable and self._pair.band)
        for widget in (self.band, self.review, self.fail):
            widget.setEnabled(self._known)

    @Slot(str, float)
    def _move(self, which: str, value: float) -> None:
        self._take(self._pair.moved("review" if which == "review" else "fail", value))

    @Slot(float)
    def _move_review(self, value: float) -> None:
        self._move("review", value)

    @Slot(float)
    def _move_fail(self, value: float) -> None:
        self._move("fail", value)

    @Slot(bool)
    def _switch_band(self, wanted: bool) -> None:
        low, high = self.plot.span
        self._take(self._pair.with_band(_NEW_BAND * (high - low)) if wanted else self._pair.without_band())
        self._commit()

    def _take(self, pair: ThresholdPair) -> None:
        moved = (pair.review, pair.fail) != self.thresholds()
        self._pair = pair
        self._show_pair()
        if moved:
            self._shifted = True
            self.thresholds_changed.emit(pair.review, pair.fail)

    @Slot()
    def _commit(self) -> None:
        if self._shifted:
            self._shifted = False
            self._redraw()  # a threshold that left the axis takes the axis along
            self.thresholds_committed.emit(*self.thresholds())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "fail"):
            self._redraw()
