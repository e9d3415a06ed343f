"""One threshold as a row of slider, steps and number, for gloves and for keyboards."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from inspector.ui.theme import TOUCH, colours_of
from inspector.ui.widgets.score_bins import decimals_for
from inspector.ui.widgets.threshold_pair import Which

_STEPS = 1000
_FARTHEST = 1e15
_HANDLE = "QSlider::handle:horizontal { width: 34px; height: 34px; margin: -15px 0; border-radius: 17px; }"


class _Swatch(QWidget):
    """The colour of the line that the row moves."""

    def __init__(self, which: Which, parent: QWidget) -> None:
        super().__init__(parent)
        self._which = which
        self.setFixedSize(10, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = colours_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.review if self._which == "review" else colours.failed))
        painter.drawRoundedRect(self.rect(), 4, 4)


class ScoreControl(QWidget):
    """Edits one score. `moved` while it changes, `committed` when the person is done; `set_value` tells nobody."""

    moved = Signal(float)
    committed = Signal()

    def __init__(self, title: str, which: Which, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = (0.0, 1.0)
        self._value = 0.0
        self.slider = self._make_slider(title)
        self.spin = self._make_spin(title)
        self.less = self._make_step("−", self.tr("Lower by one step"))
        self.more = self._make_step("+", self.tr("Higher by one step"))
        caption = QLabel(title, self)
        caption.setMinimumWidth(86)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (_Swatch(which, self), caption, self.less, self.slider, self.more, self.spin):
            layout.addWidget(widget, 1 if widget is self.slider else 0)
        self.less.clicked.connect(self._step_down)
        self.more.clicked.connect(self._step_up)

    @property
    def value(self) -> float:
        """The exact score, which the number may show rounded."""
        return self._value

    def set_range(self, low: float, high: float) -> None:
        """The stretch that the slider covers; the number may leave it."""
        self._range = (low, high)
        with QSignalBlocker(self.spin):
            self.spin.setDecimals(decimals_for(high - low))
            self.spin.setSingleStep(self._step)
        self.set_value(self._value)

    def set_value(self, value: float) -> None:
        """Show a score."""
        self._value = value
        low, high = self._range
        place = round((min(max(value, low), high) - low) / (high - low) * _STEPS)
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            self.slider.setValue(place)
            self.spin.setValue(value)

    @property
    def _step(self) -> float:
        return (self._range[1] - self._range[0]) / 200

    def _make_slider(self, title: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, _STEPS)
        slider.setSingleStep(_STEPS // 200)
        slider.setPageStep(_STEPS // 20)
        slider.setMinimumWidth(80)
        slider.setMinimumHeight(TOUCH)
        slider.setStyleSheet(_HANDLE)
        slider.setAccessibleName(title)
        slider.valueChanged.connect(self._slid)
        slider.sliderReleased.connect(self.committed)
        return slider

    def _make_spin(self, title: str) -> QDoubleSpinBox:
        spin = QDoubleSpinBox(self)
        spin.setRange(-_FARTHEST, _FARTHEST)
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(106)
        spin.setAccessibleName(title)
        spin.valueChanged.connect(self._typed)
        return spin

    def _make_step(self, text: str, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setFixedSize(TOUCH, TOUCH)
        button.setAutoRepeat(True)
        return button

    @Slot(int)
    def _slid(self, place: int) -> None:
        low, high = self._range
        self.moved.emit(low + (high - low) * place / _STEPS)
        if not self.slider.isSliderDown():  # keys and clicks beside the handle have no release
            self.committed.emit()

    @Slot(float)
    def _typed(self, value: float) -> None:
        self.moved.emit(value)
        self.committed.emit()

    @Slot()
    def _step_down(self) -> None:
        self._typed(self._value - self._step)

    @Slot()
    def _step_up(self) -> None:
        self._typed(self._value + self._step)
