"""One editor per kind of declared value, all with the same four methods."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt, SignalInstance
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from inspector.detectors.parameters import Declaration, Value

_FARTHEST_INT = 2_147_483_647
_FARTHEST = 1e12


class Editor(Protocol):
    """A widget that edits one value."""

    @property
    def widget(self) -> QWidget:
        """What the form places."""

    @property
    def edited(self) -> SignalInstance:
        """Emitted when the value changed."""

    def value(self) -> Value:
        """What it says now, in the declared type."""

    def set_value(self, value: Value) -> None:
        """Show a value; `edited` is emitted if that changes it."""


class NumberBox(QDoubleSpinBox):
    """A floating-point number written as short as it can be; no digit of it is lost."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(12)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 12)

    def valueFromText(self, text: str) -> float:
        return self.locale().toDouble(text)[0]

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if self.locale().toDouble(text)[1]:
            return QValidator.State.Acceptable, text, position
        return super().validate(text, position)


class _CheckEditor:
    def __init__(self, item: Declaration, parent: QWidget) -> None:
        self.widget = QCheckBox(parent)
        self.edited = self.widget.toggled

    def value(self) -> Value:
        return self.widget.isChecked()

    def set_value(self, value: Value) -> None:
        self.widget.setChecked(bool(value))


class _WholeEditor:
    def __init__(self, item: Declaration, parent: QWidget) -> None:
        self.widget = QSpinBox(parent)
        low = -_FARTHEST_INT if item.minimum is None else int(item.minimum)
        self.widget.setRange(low, _FARTHEST_INT if item.maximum is None else int(item.maximum))
        self.edited = self.widget.valueChanged

    def value(self) -> Value:
        return self.widget.value()

    def set_value(self, value: Value) -> None:
        self.widget.setValue(int(value))


class _NumberEditor:
    def __init__(self, item: Declaration, parent: QWidget) -> None:
        self.widget = NumberBox(parent)
        low = -_FARTHEST if item.minimum is None else item.minimum
        self.widget.setRange(low, _FARTHEST if item.maximum is None else item.maximum)
        self.edited = self.widget.valueChanged

    def value(self) -> Value:
        return self.widget.value()

    def set_value(self, value: Value) -> None:
        self.widget.setValue(float(value))


class _ChoiceEditor:
    def __init__(self, item: Declaration, parent: QWidget) -> None:
        self.widget = QComboBox(parent)
        self.widget.addItems(item.choices or ())
        self.edited = self.widget.currentTextChanged

    def value(self) -> Value:
        return self.widget.currentText()

    def set_value(self, value: Value) -> None:
        self.widget.setCurrentText(str(value))


class _TextEditor:
    def __init__(self, item: Declaration, parent: QWidget) -> None:
        self.widget = QLineEdit(parent)
        self.edited = self.widget.textChanged

    def value(self) -> Value:
        return self.widget.text()

    def set_value(self, value: Value) -> None:
        self.widget.setText(str(value))


class WheelGuard(QObject):
    """Keeps the wheel for scrolling: a value under the pointer does not change unless it has the focus."""

    def guard(self, widget: QWidget) -> None:
        """Watch over one editor."""
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def make_editor(item: Declaration, parent: QWidget) -> Editor:
    """The editor for one declaration, showing its default."""
    if item.type is bool:
        editor: Editor = _CheckEditor(item, parent)
    elif item.choices is not None:
        editor = _ChoiceEditor(item, parent)
    elif item.type is int:
        editor = _WholeEditor(item, parent)
    else:
        editor = _NumberEditor(item, parent) if item.type is float else _TextEditor(item, parent)
    editor.widget.setAccessibleName(item.title)
    editor.set_value(item.default)
    return editor
