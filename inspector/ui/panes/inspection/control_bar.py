"""The strip at the top: source, mode, start and stop, large enough for gloves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from inspector.cameras.base import CameraSource
from inspector.station.gate import Mode
from inspector.ui.icons import icon
from inspector.ui.theme import colours_of, set_role
from inspector.ui.widgets.source_selector import SourceSelector

BIG = 64
"""Height of what a gloved hand presses."""


class ControlBar(QFrame):
    """Says what was pressed; the pane decides what happens."""

    start_wanted = Signal()
    stop_wanted = Signal()
    trigger_wanted = Signal()
    thresholds_shown = Signal(bool)
    full_screen_wanted = Signal()

    def __init__(self, remembered: CameraSource | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = SourceSelector(remembered, self)
        self.triggered = QCheckBox(self.tr("Trigger by hand"), self)
        self.triggered.setToolTip(self.tr("Judge one part each time the trigger is pressed, not every picture."))
        self.state = QLabel(self)
        set_role(self.state, "muted")
        self.start = QPushButton(self)
        self.trigger = QPushButton(self.tr("Trigger"), self)
        self.thresholds = QPushButton(self.tr("Thresholds"), self)
        self.thresholds.setCheckable(True)
        self.thresholds.setChecked(True)
        self.full_screen = QPushButton(self)
        self.full_screen.setIconSize(QSize(28, 28))
        self.full_screen.setAccessibleName(self.tr("Full screen"))
        self.full_screen.setToolTip(self.tr("Full screen (F11)"))
        self._draw_icons()
        self._lay_out()
        self._connect()
        set_role(self, "bar")
        self.show_state(active=False, stopping=False, ready=False)

    @property
    def mode(self) -> Mode:
        """How the next run judges."""
        return Mode.TRIGGERED if self.triggered.isChecked() else Mode.FREE_RUN

    def show_state(self, *, active: bool, stopping: bool, ready: bool) -> None:
        """Bring the buttons up to date; `ready` means that there is a model and a source."""
        self.start.setText(self.tr("Stop") if active else self.tr("Start"))
        set_role(self.start, "big" if active else "primary big")
        self.start.setEnabled((active or ready) and not stopping)
        self.source.setEnabled(not active)
        self.triggered.setEnabled(not active)
        self.trigger.setVisible(self.triggered.isChecked())
        self.trigger.setEnabled(active and not stopping)
        self._active = active

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def _draw_icons(self) -> None:
        self.full_screen.setIcon(icon("fullscreen", colours_of(self).text))

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(12)
        layout.addWidget(self.source, 1)
        layout.addWidget(self.triggered)
        layout.addWidget(self.state)
        for button in (self.trigger, self.start, self.thresholds, self.full_screen):
            set_role(button, "big")
            button.setFixedHeight(BIG)
            layout.addWidget(button)
        set_role(self.trigger, "primary big")
        self.start.setMinimumWidth(150)
        self.trigger.setMinimumWidth(150)
        self.full_screen.setFixedWidth(BIG)

    def _connect(self) -> None:
        self.start.clicked.connect(self.start_or_stop)
        self.trigger.clicked.connect(self.trigger_wanted)
        self.triggered.toggled.connect(self.trigger.setVisible)
        self.thresholds.toggled.connect(self.thresholds_shown)
        self.full_screen.clicked.connect(self.full_screen_wanted)

    @Slot()
    def start_or_stop(self) -> None:
        """What the large button does."""
        if self._active:
            self.stop_wanted.emit()
        else:
            self.start_wanted.emit()

    @Slot()
    def press_space(self) -> None:
        """The space bar: trigger while parts are triggered, else start or stop."""
        button = self.trigger if self._active and self.triggered.isChecked() else self.start
        if button.isEnabled():
            button.click()
