"""A patch description network's weights from a file, under this program's names or those of others."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from inspector.detectors.components.pdn import PatchDescription
from inspector.errors import WeightsError
from inspector.features.weights_file import read_tensors

_OWN = "teacher."
_NAMED_IN_ERROR = 3


def load_teacher(teacher: PatchDescription, file: Path, name: str) -> None:
    """Give a teacher the values of a file: a state dict with conv1.weight, conv1.bias, conv2.weight, ...; the weights
    of one of this program's models (those after "teacher."); or a plain sequence's, numbered 0, 3, 6, ...

    `name` is how an error calls the network. Raises `WeightsError` `weights_file_missing`, `weights_damaged`,
    `weights_wrong_network`.
    """
    found = _renamed(read_tensors(file))
    wanted = {key: tuple(value.shape) for key, value in teacher.state_dict().items()}
    differences = [
        f"{key} has the shape {tuple(found[key].shape)} instead of {shape}" if key in found else f"{key} is missing"
        for key, shape in wanted.items()
        if key not in found or tuple(found[key].shape) != shape
    ]
    differences += [f"{key} is not part of it" for key in found if key not in wanted]
    if differences:
        shown = "; ".join(differences[:_NAMED_IN_ERROR])
        raise WeightsError("weights_wrong_network", path=file, name=name, count=len(differences), differences=shown)
    if not all(bool(torch.isfinite(value).all()) for value in found.values()):
        raise WeightsError("weights_damaged", path=file, reason="it holds values that are not numbers")
    teacher.load_state_dict(found)


def _renamed(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Under the names of `PatchDescription`."""
    if any(key.startswith(_OWN) for key in found):
        found = {key.removeprefix(_OWN): value for key, value in found.items() if key.startswith(_OWN)}
    places = sorted({key.split(".")[0] for key in found}, key=lambda place: (len(place), place))
    if not all(place.isdigit() for place in places):
        return found
    names = {place: f"conv{number}" for number, place in enumerate(places, 1)}
    return {f"{names[key.split('.')[0]]}.{key.partition('.')[2]}": value for key, value in found.items()}
