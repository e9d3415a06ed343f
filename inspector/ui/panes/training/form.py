"""What to train: method, features, size, preset and, folded away, everything else. Made from the declarations."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.detectors.base import Detector
from inspector.detectors.parameters import declarations
from inspector.ui.context import AppContext
from inspector.ui.panes.training.backbone_chooser import BackboneChooser
from inspector.ui.panes.training.layer_chooser import LayerChooser
from inspector.ui.panes.training.method_chooser import MethodChooser
from inspector.ui.panes.training.others_chooser import OthersChooser
from inspector.ui.panes.training.tile_chooser import TileChooser
from inspector.ui.texts import translated
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.parameter_editors import WheelGuard
from inspector.ui.widgets.parameter_form import ParameterForm

_SIZES = (64, 1024, 32)
_DEFAULT_SIZE = 256


class TrainingForm(QWidget):
    """Holds choices; `choices` are the matching fields of `jobs.train.TrainingJob`."""

    changed = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._guard = WheelGuard(self)
        self.method = MethodChooser(self)
        self._guard.guard(self.method)
        self._summary = QLabel(self)
        self._summary.setWordWrap(True)
        self.others = OthersChooser(context, self)
        self.backbone = BackboneChooser(context, self)
        self.presets = QButtonGroup(self)
        self.image_size = QSpinBox(self)
        self.image_size.setRange(*_SIZES[:2])
        self.image_size.setSingleStep(_SIZES[2])
        self.image_size.setValue(_DEFAULT_SIZE)
        self.image_size.setSuffix(self.tr(" pixels"))
        self.image_size.setAccessibleName(self.tr("Size to which pictures are scaled"))
        self.image_size.setToolTip(self.tr("Pictures are scaled to this size. Larger sees smaller defects, slower."))
        self._guard.guard(self.image_size)
        self.tiles = TileChooser(self)
        self.layers = LayerChooser(self)
        self.parameters = ParameterForm(self)
        self.unfold = QToolButton(self)
        self._advanced = QWidget(self)
        self._lay_out()
        self._connect()
        self._show_method()
        self._show_backbone()

    @property
    def detector(self) -> type[Detector]:
        """The chosen method."""
        return self.method.detector

    @property
    def preset(self) -> str:
        """`standard` or `quick`."""
        button = self.presets.checkedButton()
        return "standard" if button is None else str(button.property("preset"))

    @property
    def obstacle(self) -> str:
        """Why training cannot begin with these choices, "" where it can."""
        missing = self.method.obstacle or (self.others.obstacle if self.detector.needs_others else "")
        return missing or (self._features_obstacle() if self.detector.needs_backbone else "")

    def _features_obstacle(self) -> str:
        if self.backbone.runner.running:
            return self.tr("The weights are not here yet.")
        if not self.backbone.ready:
            name = translated(self.backbone.info.title)
            return self.tr("{name} needs its weights first: download them or choose a file.").format(name=name)
        return "" if self.layers.complete else self.tr("Tick at least one layer.")

    @property
    def choices(self) -> dict[str, object]:
        """Fields of a `TrainingJob`."""
        return {
            "detector": self.detector.id,
            "parameters": self.parameters.changed_values(),
            "preset": self.preset,
            "backbone": self.backbone.info.id if self.detector.needs_backbone else None,
            "layers": self.layers.layers if self.detector.needs_backbone else (),
            "image_size": self.image_size.value(),
            "tiling": self.tiles.tiling,
            "others": self.others.chosen if self.detector.needs_others else (),
        }

    def close_down(self) -> None:
        """End what runs in the background."""
        self.backbone.close_down()
        self.others.close_down()

    def set_marked_defects(self, count: int) -> None:
        """How many defects are marked for training: methods that learn from them cannot be chosen without any."""
        self.method.set_marked_defects(count)

    def _lay_out(self) -> None:
        self.unfold.setCheckable(True)
        self.unfold.setText(self.tr("Advanced"))
        self.unfold.setArrowType(Qt.ArrowType.RightArrow)
        self.unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.unfold.setProperty("role", "quiet")
        self.unfold.setMinimumHeight(TOUCH)
        advanced = QVBoxLayout(self._advanced)
        advanced.setContentsMargins(0, 0, 0, 0)
        advanced.addWidget(self.layers)
        advanced.addWidget(self.parameters)
        self._advanced.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._backbone_caption = _caption(self.tr("Features"), self)
        rows: Sequence[QWidget] = (
            _caption(self.tr("Method"), self), self.method, self._summary, self.others,
            self._backbone_caption, self.backbone,
        )  # fmt: skip
        for widget in rows:
            layout.addWidget(widget)
        layout.addLayout(self._speed_and_size())
        layout.addWidget(self.unfold)
        layout.addWidget(self._advanced)
        layout.addStretch(1)

    def _speed_and_size(self) -> QFormLayout:
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for preset, text, hint in (
            ("standard", self.tr("Standard"), self.tr("What is recommended.")),
            ("quick", self.tr("Quick"), self.tr("Faster to train and to judge, somewhat coarser.")),
        ):
            button = QPushButton(text, self)
            button.setCheckable(True)
            button.setChecked(preset == "standard")
            button.setProperty("preset", preset)
            button.setToolTip(hint)
            button.setMinimumHeight(TOUCH)
            self.presets.addButton(button)
            buttons.addWidget(button)
        rows = QFormLayout()
        rows.setContentsMargins(0, 8, 0, 0)
        rows.addRow(self.tr("Preset"), buttons)
        rows.addRow(self.tr("Picture size"), self.image_size)
        rows.addRow(self.tr("Tiles"), self.tiles)
        return rows

    def _connect(self) -> None:
        self.method.currentIndexChanged.connect(self._show_method)
        self.backbone.choice.currentIndexChanged.connect(self._show_backbone)
        self.presets.buttonToggled.connect(self._show_preset)
        self.unfold.toggled.connect(self._fold)
        for source in (
            self.backbone.changed,
            self.layers.changed,
            self.parameters.edited,
            self.image_size.valueChanged,
            self.tiles.changed,
            self.others.changed,
        ):
            source.connect(self.changed)

    @Slot()
    def _show_method(self) -> None:
        self._summary.setText(translated(self.detector.summary))
        # What takes the literature's schedule takes hours without a graphics card: nobody should start that unasked.
        self._choose_preset("quick" if self.detector.calibration == "held_out" else "standard")
        self.tiles.set_method(self.detector)
        self.parameters.set_declarations(declarations(self.detector.parameters_type))
        for widget in (self._backbone_caption, self.backbone, self.layers):
            widget.setVisible(self.detector.needs_backbone)
        self.others.setVisible(self.detector.needs_others)
        if self.detector.needs_others:
            self.others.refresh()
        self.changed.emit()

    def _choose_preset(self, preset: str) -> None:
        for button in self.presets.buttons():
            if button.property("preset") == preset:
                button.setChecked(True)

    @Slot()
    def _show_backbone(self) -> None:
        self.layers.set_backbone(self.backbone.info)

    @Slot()
    def _show_preset(self) -> None:
        if self.presets.checkedButton() is not None:
            self.parameters.set_preset(self.preset)
            self.changed.emit()

    @Slot(bool)
    def _fold(self, unfolded: bool) -> None:
        self.unfold.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._advanced.setVisible(unfolded)


def _caption(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label
