"""The form made from declared parameters: every kind of value there and back, presets, marks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from inspector.detectors.parameters import Parameters, build, declarations, parameter
from inspector.detectors.registry import detector_ids, detector_type
from inspector.ui.widgets.parameter_form import ParameterForm


@dataclass(frozen=True)
class Sample(Parameters):
    share: float = parameter(0.1, "Share", "How much is kept.", minimum=1e-4, maximum=1.0, quick=0.01)
    count: int = parameter(9, "Count", "How many.", minimum=1, maximum=50)
    smooth: bool = parameter(True, "Smooth", "Whether.", quick=False)
    mode: str = parameter("mean", "Mode", "Which.", choices=("mean", "largest"))
    note: str = parameter("", "Note", "Anything.")


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    widget = ParameterForm()
    qtbot.addWidget(widget)
    widget.set_declarations(declarations(Sample))
    return widget


def test_starts_with_the_defaults_and_nothing_changed(form: ParameterForm) -> None:
    assert form.values() == {"share": 0.1, "count": 9, "smooth": True, "mode": "mean", "note": ""}
    assert form.changed_values() == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    values=st.fixed_dictionaries(
        {
            "share": st.floats(1e-4, 1.0).map(lambda value: float(f"{value:.8g}")),
            "count": st.integers(1, 50),
            "smooth": st.booleans(),
            "mode": st.sampled_from(["mean", "largest"]),
            "note": st.text(st.characters(codec="ascii", categories=["L", "N"])),
        }
    )
)
def test_values_go_there_and_back(form: ParameterForm, values) -> None:
    form.set_values(values)
    assert form.values() == values
    assert build(Sample, form.changed_values()) == Sample(**values)


def test_preset_moves_what_nobody_changed(form: ParameterForm) -> None:
    form.set_values({"share": 0.5})
    form.set_preset("quick")
    assert form.values()["share"] == 0.5
    assert form.values()["smooth"] is False
    assert form.changed_values() == {"share": 0.5}
    form.field("share").reset.click()
    assert form.values()["share"] == 0.01
    assert not form.field("share").reset.isEnabled()
    assert build(Sample, form.changed_values(), "quick") == build(Sample, {}, "quick")


def test_bounds_of_the_declaration_hold_while_typing(form: ParameterForm, qtbot: QtBot) -> None:
    box = form.field("count").editor
    assert isinstance(box, QSpinBox)
    box.selectAll()
    qtbot.keyClicks(box, "99")
    assert form.values()["count"] <= 50


def test_small_numbers_can_be_typed(form: ParameterForm, qtbot: QtBot) -> None:
    box = form.field("share").editor
    assert isinstance(box, QDoubleSpinBox)
    box.selectAll()
    qtbot.keyClicks(box, "0.0025")
    assert form.values()["share"] == 0.0025


def test_the_wheel_scrolls_the_form_and_not_a_value(form: ParameterForm, qtbot: QtBot) -> None:
    with qtbot.waitExposed(form):
        form.show()
    box = form.field("count").editor
    middle = QPointF(box.rect().center())
    turn = QWheelEvent(
        middle, box.mapToGlobal(middle), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    form.setFocus()
    QApplication.sendEvent(box, turn)
    assert form.values()["count"] == 9


def test_every_registered_method_has_a_form(qtbot: QtBot) -> None:
    form = ParameterForm()
    qtbot.addWidget(form)
    for name in detector_ids():
        kind = detector_type(name)
        for preset in ("standard", "quick"):
            form.set_preset(preset)
            form.set_declarations(declarations(kind.parameters_type))
            assert form.changed_values() == {}
            assert build(kind.parameters_type, form.values()) == build(kind.parameters_type, {}, preset)
