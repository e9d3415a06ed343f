"""The large entries at the left edge: project, training, inspection, records."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout, QWidget

from inspector.ui.icons import icon
from inspector.ui.theme import colours_of


class Place(StrEnum):
    """Where a person can be. START is what is shown while no project is open."""

    START = "start"
    PROJECT = "project"
    TRAINING = "training"
    INSPECTION = "inspection"
    RECORDS = "records"


class NavigationRail(QFrame):
    """Says which place was chosen; the window decides what is shown."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 12, 8, 12)
        layout.setSpacing(8)
        titles = {
            Place.PROJECT: self.tr("Project"),
            Place.TRAINING: self.tr("Training"),
            Place.INSPECTION: self.tr("Inspection"),
            Place.RECORDS: self.tr("Records"),
        }
        self._buttons = {place: self._make_button(place, title) for place, title in titles.items()}
        for key, button in enumerate(self._buttons.values(), start=1):
            button.setShortcut(QKeySequence(f"Ctrl+{key}"))
            layout.addWidget(button)
        layout.addStretch(1)

    def button(self, place: Place) -> QToolButton:
        """The button of a place."""
        return self._buttons[place]

    def show_place(self, place: Place, *, enabled: bool) -> None:
        """Mark where the person is; without a project there is nowhere to go."""
        self._group.setExclusive(place is not Place.START)
        for name, button in self._buttons.items():
            button.setChecked(name is place)
            button.setEnabled(enabled)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            for place, button in self._buttons.items():
                self._draw(button, place)
        super().changeEvent(event)

    def _make_button(self, place: Place, title: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(title)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(32, 32))
        button.setProperty("role", "rail")
        button.setProperty("place", place)
        self._draw(button, place)
        button.clicked.connect(self._clicked)
        self._group.addButton(button)
        return button

    def _draw(self, button: QToolButton, place: Place) -> None:
        colours = colours_of(self)
        button.setIcon(icon(place, colours.muted, checked=colours.accent))

    @Slot()
    def _clicked(self) -> None:
        self.chosen.emit(Place(self.sender().property("place")))
