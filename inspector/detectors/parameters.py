"""Detector parameters are declared once; the training form, the command line and the manifest derive from the
declaration."""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

from inspector.errors import TrainingError

Value = bool | int | float | str
T = TypeVar("T", bound="Parameters")

_WORDS = {
    "true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """Base of every detector's parameter dataclass; each field is made with `parameter(...)`."""


@dataclass(frozen=True)
class Declaration:
    """What a form needs to offer one parameter. `minimum` and `maximum` are inclusive."""

    name: str
    type: type
    default: Value
    title: str
    help: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...] | None
    quick: Value | None
    earlier: Value | None = None


def parameter(
    default: Value,
    title: str,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    quick: Value | None = None,
    earlier: Value | None = None,
) -> Any:
    """Declare a parameter; `quick` is its value in the `quick` preset where that differs from the default, `earlier`
    what bundles were made with that do not know it, where that differs."""
    metadata = {
        "title": title, "help": help, "minimum": minimum, "maximum": maximum, "choices": choices, "quick": quick,
        "earlier": earlier,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


def declarations(kind: type[Parameters]) -> list[Declaration]:
    """The declared parameters of a detector, in the order of declaration."""
    hints = get_type_hints(kind)
    return [_declaration(item, hints[item.name]) for item in fields(kind)]


def _declaration(item: Field[Any], kind: type) -> Declaration:
    if item.default is MISSING:
        raise TypeError(f"parameter {item.name} has no default")
    return Declaration(name=item.name, type=kind, default=item.default, **item.metadata)


def build(kind: type[T], values: dict[str, Any], preset: str = "standard") -> T:
    """Parameters from a preset (`standard` or `quick`) and given values, converted from text where needed and
    checked.

    Raises `TrainingError` `parameter_unknown`, `parameter_type`, `parameter_range` or `parameter_choice`.
    """
    known = {item.name: item for item in declarations(kind)}
    for name in values:
        if name not in known:
            raise TrainingError("parameter_unknown", name=name, known=", ".join(known))
    chosen: dict[str, Value] = {}
    for name, item in known.items():
        preset_value = item.quick if preset == "quick" and item.quick is not None else item.default
        chosen[name] = _checked(item, values[name]) if name in values else preset_value
    return kind(**chosen)


def rebuild(kind: type[T], values: dict[str, Any]) -> T:
    """Parameters of a stored model, in which those are missing that came later. Raises what `build` raises."""
    missing = {item.name: item.earlier for item in declarations(kind) if item.earlier is not None}
    return build(kind, {**missing, **values})


def _checked(item: Declaration, value: Any) -> Value:
    converted = _converted(item, value)
    if item.choices is not None and converted not in item.choices:
        raise TrainingError("parameter_choice", name=item.name, value=value, choices=", ".join(item.choices))
    if isinstance(converted, int | float) and not _within(converted, item):
        raise TrainingError("parameter_range", name=item.name, value=value, minimum=item.minimum, maximum=item.maximum)
    return converted


def _within(value: float, item: Declaration) -> bool:
    low = -math.inf if item.minimum is None else item.minimum
    high = math.inf if item.maximum is None else item.maximum
    return math.isfinite(value) and low <= value <= high


def _converted(item: Declaration, value: Any) -> Value:
    """The value in its declared type; text counts as what it says, but 2.5 is no whole number."""
    try:
        converted: Value = _WORDS[str(value).lower()] if item.type is bool else item.type(value)
        if isinstance(value, float) and value != converted:
            raise ValueError(f"{value} would be changed to {converted}")
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError("parameter_type", name=item.name, value=value, type=item.type.__name__) from error
    return converted


def as_values(parameters: Parameters) -> dict[str, Value]:
    """The plain values for the manifest."""
    return asdict(parameters)
