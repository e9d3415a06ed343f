"""Where backbone weights lie on this computer, and how a file becomes one of them (torch only inside functions)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from inspector import paths
from inspector.errors import WeightsError
from inspector.features.registry import backbone_info

if TYPE_CHECKING:
    from torch import Tensor

_NAMED_IN_ERROR = 3
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """Weights of one backbone on this computer and how they came here."""

    path: Path
    source: Literal["file", "download"]


def stored_weights(name: str) -> StoredWeights | None:
    """The weights of a backbone that are here already: imported ones before downloaded ones. Raises `WeightsError`
    `backbone_unknown`."""
    info = backbone_info(name)
    imported = imported_path(name)
    if imported.is_file():
        return StoredWeights(imported, "file")
    if info.file_name and (paths.weights_folder() / info.file_name).is_file():
        return StoredWeights(paths.weights_folder() / info.file_name, "download")
    return None


def imported_path(name: str) -> Path:
    """Where imported weights of a backbone are kept."""
    return paths.weights_folder() / f"{name}.safetensors"


def import_weights(name: str, file: Path) -> Path:
    """Check a state dict (.pth, .safetensors; half precision accepted) against the network and keep it as float32.

    Raises `WeightsError` `backbone_unknown`, `weights_not_needed`, `weights_file_missing`, `weights_damaged`,
    `weights_wrong_network` or `weights_not_written`; what was there before stays then.
    """
    from safetensors.torch import save_file

    if backbone_info(name).embedded:
        raise WeightsError("weights_not_needed", name=name)
    tensors = read_weights(name, file)
    target = imported_path(name)
    temporary = target.with_suffix(f".{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary)
        temporary.replace(target)
    except OSError as error:
        raise WeightsError("weights_not_written", path=target, reason=error.strerror or str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def read_weights(name: str, file: Path) -> dict[str, Tensor]:
    """The tensors of a backbone's feature part (its classifier is left out) in float32, whole numbers as they are.

    Raises `WeightsError` `weights_file_missing`, `weights_damaged`, `weights_wrong_network`.
    """
    from inspector.features.architectures import feature_tensors, full_network

    expected = feature_tensors(full_network(name))
    found = _tensors(file)
    _check(name, file, {key: tuple(value.shape) for key, value in expected.items()}, found)
    return {
        key: found[key].float().contiguous() if found[key].is_floating_point() else found[key].contiguous()
        for key in expected
        if key in found
    }


def _check(name: str, file: Path, expected: dict[str, tuple[int, ...]], found: dict[str, Tensor]) -> None:
    """Every tensor must be there in its shape; counters of batches are missing in old files and not needed."""
    import torch

    differences = []
    for key, shape in expected.items():
        if key.endswith("num_batches_tracked"):
            continue
        if key not in found:
            differences.append(f"{key} is missing")
        elif tuple(found[key].shape) != shape:
            differences.append(f"{key} has the shape {tuple(found[key].shape)} instead of {shape}")
    if differences:
        shown = "; ".join(differences[:_NAMED_IN_ERROR])
        raise WeightsError("weights_wrong_network", path=file, name=name, count=len(differences), differences=shown)
    if not all(bool(torch.isfinite(found[key]).all()) for key in expected if key in found):
        raise WeightsError("weights_damaged", path=file, reason="it holds values that are not numbers")


def _tensors(file: Path) -> dict[str, Tensor]:
    """The named tensors of a file, never by running code from it."""
    import torch
    from safetensors.torch import load_file

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
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise WeightsError("weights_damaged", path=file, reason="it is not a list of named tensors (a state dict)")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def _first_sentence(error: Exception) -> str:
    return str(error).strip().splitlines()[0].split(". ")[0][:160] if str(error).strip() else type(error).__name__


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
