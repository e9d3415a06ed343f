"""What is shown, and how parts are drawn: heatmap, its opacity and colours, contours. It is all remembered."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from inspector.imaging.overlay import COLOUR_MAPS
from inspector.settings import Settings
from inspector.ui.panes.inspection.parts import Look
from inspector.ui.texts import no_map_text
from inspector.ui.theme import TOUCH, set_role


class DisplayBar(QWidget):
    """Edits a `Look`; the range of the colours comes from the model (`set_range`)."""

    changed = Signal()
    camera_wanted = Signal(bool)
    """Show the camera's own picture, or the judged parts."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.look = Look(settings.show_heatmap, settings.show_contours, settings.heatmap_opacity, settings.colour_map)
        self.shown = QComboBox(self)
        self.shown.addItems([self.tr("Judged part"), self.tr("Camera")])
        self.shown.setMinimumHeight(TOUCH)
        self.shown.setAccessibleName(self.tr("What is shown"))
        self.shown.setToolTip(self.tr("The part judged last, or what a live camera sees now, judged or not."))
        self.heatmap = QCheckBox(self.tr("Heatmap"), self)
        self.contours = QCheckBox(self.tr("Contours"), self)
        self.contours.setToolTip(self.tr("Outlines of what lies above the fail threshold."))
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setMinimumWidth(70)
        self.opacity.setMaximumWidth(220)
        self.opacity.setMinimumHeight(TOUCH)
        self.opacity.setAccessibleName(self.tr("Opacity of the heatmap"))
        self.opacity.setToolTip(self.opacity.accessibleName())
        self.colours = QComboBox(self)
        self.colours.addItems(list(COLOUR_MAPS))
        self.colours.setMinimumHeight(TOUCH)
        self.colours.setAccessibleName(self.tr("Colours of the heatmap"))
        self.no_map = QLabel(no_map_text(), self)
        set_role(self.no_map, "muted")
        self.no_map.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        for widget in (self.shown, self.heatmap, self.opacity, self.colours, self.contours, self.no_map):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._show()
        self.shown.currentIndexChanged.connect(self._choose_shown)
        self.heatmap.toggled.connect(self._edited)
        self.contours.toggled.connect(self._edited)
        self.opacity.valueChanged.connect(self._edited)
        self.colours.currentIndexChanged.connect(self._edited)

    def set_range(self, low: float, high: float) -> None:
        """Raw map values of the first and the last colour."""
        self.look = replace(self.look, low=low, high=high)
        self.changed.emit()

    def set_has_map(self, has_map: bool) -> None:
        """Whether the model makes maps; where it does not, that is said in place of what would draw them."""
        for widget in (self.heatmap, self.contours, self.opacity, self.colours):
            widget.setVisible(has_map)
        self.no_map.setVisible(not has_map)

    def _show(self) -> None:
        widgets = (self.shown, self.heatmap, self.contours, self.opacity, self.colours)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.shown.setCurrentIndex(int(self._settings.show_camera))
        self.heatmap.setChecked(self.look.heatmap)
        self.contours.setChecked(self.look.contours)
        self.opacity.setValue(round(self.look.opacity * 100))
        self.colours.setCurrentText(self.look.colour_map)
        self.opacity.setEnabled(self.look.heatmap)
        self.colours.setEnabled(self.look.heatmap)
        del blockers

    @Slot(int)
    def _choose_shown(self, index: int) -> None:
        self._settings.show_camera = bool(index)
        self.camera_wanted.emit(bool(index))

    @Slot()
    def _edited(self) -> None:
        settings = self._settings
        settings.show_heatmap = self.heatmap.isChecked()
        settings.show_contours = self.contours.isChecked()
        settings.heatmap_opacity = self.opacity.value() / 100
        settings.colour_map = list(COLOUR_MAPS)[self.colours.currentIndex()]
        self.look = replace(
            self.look,
            heatmap=settings.show_heatmap,
            contours=settings.show_contours,
            opacity=settings.heatmap_opacity,
            colour_map=settings.colour_map,
        )
        self.opacity.setEnabled(self.look.heatmap)
        self.colours.setEnabled(self.look.heatmap)
        self.changed.emit()
