"""The sentences people read: one for each error code, one word for each stage of long work.

Each error sentence says what happened, why, and what to do. `ui/` passes the template through Qt's translation before
filling it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.errors import InspectorError

ERRORS: dict[str, str] = {
    # images
    # projects
    # data sets
    # weights
    # training
    "parameter_unknown": "There is no parameter called {name}. Choose among: {known}.",
    "parameter_type": "The parameter {name} cannot be {value!r}: it must be of type {type}. Correct the value.",
    "parameter_range": "The parameter {name} cannot be {value}. Choose a value from {minimum} to {maximum}.",
    "parameter_choice": "The parameter {name} cannot be {value!r}. Choose among: {choices}.",
    "detector_unknown": "There is no method called {id}. Choose among: {known}.",
    "calibration_no_scores": "A threshold cannot be set because no {kind} part has been scored. "
    "Label at least one {kind} sample and train or evaluate again.",
    # bundles
    # cameras
    # station
}

STAGES: dict[str, str] = {
    "loading": "Loading",
}


def template(error: InspectorError) -> str:
    """The sentence of an error before its parameters are filled in."""
    return ERRORS[error.code]


def fill(text: str, parameters: Mapping[str, Any]) -> str:
    """Put parameters into a template."""
    return text.format(**parameters)


def sentence(error: InspectorError) -> str:
    """What a person reads about an error, in English."""
    return fill(template(error), error.parameters)
