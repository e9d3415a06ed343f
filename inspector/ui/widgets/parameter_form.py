"""A form made from a method's declared parameters: nothing about a single method is written here."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from inspector.detectors.parameters import Declaration, Value
from inspector.ui.texts import translated
from inspector.ui.theme import TOUCH
from inspector.ui.widgets.parameter_editors import WheelGuard, make_editor


def preset_value(item: Declaration, preset: str) -> Value:
    """What a preset (`standard` or `quick`) gives a parameter."""
    return item.quick if preset == "quick" and item.quick is not None else item.default


class ParameterField(QWidget):
    """Title, editor, reset button and help of one parameter; says whether it was changed from its preset."""

    edited = Signal()

    def __init__(self, item: Declaration, guard: WheelGuard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self._preset = item.default
        self._editor = make_editor(item, self)
        guard.guard(self._editor.widget)
        self._title = QLabel(translated(item.title), self)
        self._title.setBuddy(self._editor.widget)
        self.reset = QToolButton(self)
        self.reset.setText("↺")
        self.reset.setFixedSize(TOUCH, TOUCH)
        self.reset.setProperty("role", "quiet")
        self.reset.setAccessibleName(self.tr("Back to the preset: {title}").format(title=self._title.text()))
        self.reset.clicked.connect(self.go_back)
        self._editor.edited.connect(self._notice)
        self._lay_out()
        self._notice()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self._editor.widget, 1)
        row.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addLayout(row)
        if self.item.help:
            explanation = QLabel(translated(self.item.help), self)
            explanation.setWordWrap(True)
            explanation.setProperty("role", "muted")
            layout.addWidget(explanation)

    @property
    def editor(self) -> QWidget:
        """The widget that edits the value."""
        return self._editor.widget

    @property
    def changed(self) -> bool:
        """True where the value differs from the preset's."""
        return self.value() != self._preset

    def value(self) -> Value:
        """What the editor says."""
        return self._editor.value()

    def set_value(self, value: Value) -> None:
        """Show a value."""
        self._editor.set_value(value)

    def set_preset(self, value: Value) -> None:
        """Compare with another preset; a value that nobody changed follows it."""
        follow = not self.changed
        self._preset = value
        if follow:
            self._editor.set_value(value)
        self._notice()

    @Slot()
    def go_back(self) -> None:
        """Take the preset's value again."""
        self._editor.set_value(self._preset)

    @Slot()
    def _notice(self) -> None:
        font = self._title.font()
        font.setBold(self.changed)
        self._title.setFont(font)
        self.reset.setEnabled(self.changed)
        self.reset.setToolTip(self.tr("Back to {value}").format(value=self._preset))
        self.edited.emit()


class ParameterForm(QWidget):
    """The parameters of one method at a time. Values that differ from the preset are marked."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._guard = WheelGuard(self)
        self._fields: list[ParameterField] = []
        self._preset = "standard"
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def set_declarations(self, items: list[Declaration]) -> None:
        """Offer these parameters, with the preset's values."""
        for field in self._fields:
            self._layout.removeWidget(field)
            field.deleteLater()
        self._fields = [ParameterField(item, self._guard, self) for item in items]
        for row, field in enumerate(self._fields):
            field.set_preset(preset_value(field.item, self._preset))
            field.edited.connect(self.edited)
            self._layout.addWidget(field, row, 0)
        self.edited.emit()

    def set_preset(self, preset: str) -> None:
        """Switch to `standard` or `quick`; what was changed by hand stays."""
        self._preset = preset
        for field in self._fields:
            field.set_preset(preset_value(field.item, preset))

    def field(self, name: str) -> ParameterField:
        """The field of one parameter. Raises KeyError."""
        return {field.item.name: field for field in self._fields}[name]

    def values(self) -> dict[str, Value]:
        """All values by name."""
        return {field.item.name: field.value() for field in self._fields}

    def changed_values(self) -> dict[str, Value]:
        """The values that differ from the preset."""
        return {field.item.name: field.value() for field in self._fields if field.changed}

    def set_values(self, values: dict[str, Value]) -> None:
        """Show these values; names that the method does not have are left out."""
        for field in self._fields:
            if field.item.name in values:
                field.set_value(values[field.item.name])
