"""What a file of weights holds: reading it without running code from it, and telling which backbone it belongs to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, load_file
from torch import Tensor

from inspector import paths
from inspector.errors import WeightsError
from inspector.features.architectures import feature_tensors, full_network
from inspector.features.embedded import empty_network
from inspector.features.registry import BackboneInfo, backbone_info, backbone_infos

_NAMED_IN_ERROR = 3


def read_embedded(info: BackboneInfo) -> dict[str, Tensor]:
    """The tensors of features that come with the program as a file, in float32.

    Raises `WeightsError` `weights_embedded_damaged` unless the file is the very one that was shipped.
    """
    try:
        content = paths.resource(str(info.resource)).read_bytes()
    except OSError as error:
        raise WeightsError(
            "weights_embedded_damaged", name=info.title, reason=error.strerror or "their file is not there"
        ) from error
    if hashlib.sha256(content).hexdigest() != info.hash_prefix:
        raise WeightsError(
            "weights_embedded_damaged", name=info.title, reason="their file is not the one that was installed"
        )
    return {key: value.float() for key, value in load(content).items()}


def read_weights(name: str, file: Path) -> dict[str, Tensor]:
    """The tensors of a backbone's feature part (its classifier is left out) in float32, whole numbers as they are.

    Raises `WeightsError` `weights_file_missing`, `weights_damaged`, `weights_wrong_network`.
    """
    return feature_part(name, file, read_tensors(file))


def feature_part(name: str, file: Path, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """See `read_weights`, for a file whose tensors have been read. Raises `WeightsError` `weights_wrong_network`,
    `weights_damaged`."""
    differences = _differences(name, found)
    if differences:
        shown = "; ".join(differences[:_NAMED_IN_ERROR])
        raise WeightsError("weights_wrong_network", path=file, name=name, count=len(differences), differences=shown)
    used = {key: found[key].contiguous() for key in _outline(name).shapes if key in found}
    if not all(bool(torch.isfinite(value).all()) for value in used.values()):
        raise WeightsError("weights_damaged", path=file, reason="it holds values that are not numbers")
    return {key: value.float() if value.is_floating_point() else value for key, value in used.items()}


def owner_of(file: Path, found: dict[str, Tensor]) -> str:
    """The backbone to which a file's tensors belong. Raises `WeightsError` `weights_fit_nothing`."""
    names = [info.id for info in backbone_infos() if info.url or info.resource]
    differences = {name: _differences(name, found) for name in names}
    nearest = min(names, key=lambda name: len(differences[name]))
    if differences[nearest]:
        raise WeightsError(
            "weights_fit_nothing",
            path=file,
            nearest=nearest,
            count=len(differences[nearest]),
            differences="; ".join(differences[nearest][:_NAMED_IN_ERROR]),
        )
    return nearest


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The named tensors of a file, never by running code from it. Raises `WeightsError` `weights_file_missing`,
    `weights_damaged`."""
    if not file.is_file():
        raise WeightsError("weights_file_missing", path=file)
    try:
        if file.suffix == ".safetensors":
            return dict(load_file(file))
        content: Any = torch.load(file, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # a damaged file makes the readers raise whatever its bytes lead them to
        raise WeightsError("weights_damaged", path=file, reason=_first_sentence(error)) from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise WeightsError("weights_damaged", path=file, reason="it is not a list of named tensors (a state dict)")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


@dataclass(frozen=True, slots=True)
class _Outline:
    """`shapes` of a backbone's feature part, and the `roots` of its tensors' names, by which a larger network of the
    same family is told from it."""

    shapes: dict[str, tuple[int, ...]]
    roots: frozenset[str]


@cache
def _outline(name: str) -> _Outline:
    tensors = empty_network().state_dict() if backbone_info(name).resource else feature_tensors(full_network(name))
    shapes = {key: tuple(value.shape) for key, value in tensors.items()}
    return _Outline(shapes, frozenset(key.split(".")[0] for key in shapes))


def _differences(name: str, found: dict[str, Tensor]) -> list[str]:
    """Why tensors do not belong to a backbone, one entry each; counters of batches are missing in old files and not
    needed."""
    outline = _outline(name)
    differences = []
    for key, shape in outline.shapes.items():
        if key in found and tuple(found[key].shape) != shape:
            differences.append(f"{key} has the shape {tuple(found[key].shape)} instead of {shape}")
        elif key not in found and not key.endswith("num_batches_tracked"):
            differences.append(f"{key} is missing")
    more = [key for key in found if key.split(".")[0] in outline.roots and key not in outline.shapes]
    return [*differences, *(f"{key} is not part of it" for key in more)]


def _first_sentence(error: Exception) -> str:
    return str(error).strip().splitlines()[0].split(". ")[0][:160] if str(error).strip() else type(error).__name__
