"""Parameters that many methods have, declared alike."""

from __future__ import annotations

from typing import Any

from inspector.detectors.parameters import parameter


def training_steps(default: int, help: str, *, quick: int, minimum: int = 1, maximum: int = 100_000) -> Any:
    """How often a network is changed; `help` says what it does each time."""
    return parameter(default, "Training steps", help, minimum=minimum, maximum=maximum, quick=quick)


def batch_size(
    default: int,
    help: str = "How many pictures make a batch.",
    *,
    quick: int | None = None,
    minimum: int = 1,
    maximum: int = 256,
) -> Any:
    """Pictures in each training step."""
    return parameter(default, "Pictures a step", help, minimum=minimum, maximum=maximum, quick=quick)


def learning_rate(
    default: float,
    how_far: str = "How far each step goes.",
    *,
    quick: float | None = None,
    minimum: float = 1e-6,
    maximum: float = 0.1,
) -> Any:
    """Of the optimiser; `how_far` says how it changes over the steps."""
    help = f"{how_far} Lower it if the loss jumps about."
    return parameter(default, "Learning rate", help, minimum=minimum, maximum=maximum, quick=quick)


def map_sigma(default: float, *, in_score: bool) -> Any:
    """Gaussian smoothing of the map; `in_score`: the score is taken from the smoothed map."""
    help = "Standard deviation in pixels at 256 pixels; part of the map's raw values, " + (
        "and of the score." if in_score else "not of the score."
    )
    return parameter(default, "Smoothing of the map", help, minimum=0.0, maximum=32.0)
