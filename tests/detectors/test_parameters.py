from dataclasses import dataclass
from typing import Any

import pytest

from inspector.detectors.parameters import Parameters, as_values, build, declarations, parameter, rebuild
from inspector.errors import TrainingError


@dataclass(frozen=True)
class Example(Parameters):
    ratio: float = parameter(0.1, "Ratio", "Share kept.", minimum=0.0, maximum=1.0, quick=0.05)
    count: int = parameter(9, "Count", "How many.", minimum=1)
    mode: str = parameter("paper", "Mode", "Which way.", choices=("paper", "none"))
    smooth: bool = parameter(True, "Smooth", "Whether to smooth.")


def test_declarations_carry_what_a_form_needs() -> None:
    ratio, count, mode, smooth = declarations(Example)
    assert (ratio.name, ratio.type, ratio.default, ratio.minimum, ratio.maximum) == ("ratio", float, 0.1, 0.0, 1.0)
    assert (count.type, count.minimum, count.maximum) == (int, 1, None)
    assert mode.choices == ("paper", "none")
    assert smooth.type is bool


def test_presets_and_text_values() -> None:
    assert build(Example, {}).ratio == 0.1
    assert build(Example, {}, preset="quick").ratio == 0.05
    built = build(Example, {"ratio": "0.5", "count": "3", "smooth": "no"}, preset="quick")
    assert as_values(built) == {"ratio": 0.5, "count": 3, "mode": "paper", "smooth": False}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"ration": 1}, "parameter_unknown"),
        ({"ratio": 1.5}, "parameter_range"),
        ({"ratio": "nan-ish"}, "parameter_type"),
        ({"count": 2.5}, "parameter_type"),
        ({"count": "2.5"}, "parameter_type"),
        ({"count": 0}, "parameter_range"),
        ({"mode": "other"}, "parameter_choice"),
        ({"smooth": "perhaps"}, "parameter_type"),
    ],
)
def test_wrong_values_are_named(values: dict[str, Any], code: str) -> None:
    with pytest.raises(TrainingError) as error:
        build(Example, values)
    assert error.value.code == code


def test_not_a_number_is_out_of_range() -> None:
    with pytest.raises(TrainingError):
        build(Example, {"ratio": "nan"})


def test_stored_models_keep_what_they_were_made_with() -> None:
    @dataclass(frozen=True)
    class Grown(Parameters):
        ratio: float = parameter(0.1, "Ratio", "Share kept.")
        search: str = parameter("fast", "Search", "Which way.", choices=("fast", "exact"), earlier="exact")

    assert rebuild(Grown, {"ratio": 0.2}) == Grown(0.2, "exact")
    assert rebuild(Grown, {"ratio": 0.2, "search": "fast"}) == Grown(0.2, "fast")
    assert build(Grown, {}) == Grown(0.1, "fast")
