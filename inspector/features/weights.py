"""Where backbone weights lie on this computer: what is there, keeping and removing them (torch only inside functions).

The folder holds downloaded files under their official names, imported ones as `<id>.safetensors`, and files ending in
`.partial` that are being written or were left by an interruption; those count as nothing.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psutil

from inspector import paths
from inspector.errors import WeightsError
from inspector.features.registry import BackboneInfo, backbone_info, backbone_infos
from inspector.tasks import CancelToken

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """Weights of one backbone on this computer and how they came here."""

    path: Path
    source: Literal["file", "download"]


@dataclass(frozen=True, slots=True)
class WeightsRow:
    """One backbone and its weights on this computer.

    `state` is `absent`, `damaged` (not the file that was published or shipped) or how they came here. `path` is None
    where there is no file. `size` is in bytes, `sha256` hexadecimal ("" without a file). `partial`: bytes of an
    interrupted download that will be taken up.
    """

    info: BackboneInfo
    state: Literal["embedded", "imported", "downloaded", "absent", "damaged"]
    path: Path | None = None
    size: int = 0
    sha256: str = ""
    partial: int = 0


def stored_weights(name: str) -> StoredWeights | None:
    """The weights of a backbone that were brought here: imported ones before downloaded ones. Raises `WeightsError`
    `backbone_unknown`."""
    info = backbone_info(name)
    imported = imported_path(name)
    if imported.is_file():
        return StoredWeights(imported, "file")
    if info.file_name and (paths.weights_folder() / info.file_name).is_file():
        return StoredWeights(paths.weights_folder() / info.file_name, "download")
    return None


def available(name: str) -> bool:
    """Whether a backbone can be used without fetching anything. Raises `WeightsError` `backbone_unknown`."""
    return backbone_info(name).embedded or stored_weights(name) is not None


def imported_path(name: str) -> Path:
    """Where imported weights of a backbone are kept."""
    return paths.weights_folder() / f"{name}.safetensors"


def partial_download(info: BackboneInfo) -> Path:
    """Where a download is kept until it is whole."""
    return paths.weights_folder() / f"{info.file_name}{_PARTIAL}"


def weights_rows(cancel: CancelToken) -> list[WeightsRow]:
    """Every backbone with what is here of it; reads all files, so it takes a while. Raises `Cancelled`."""
    rows = []
    for info in backbone_infos():
        cancel.raise_if_cancelled()
        rows.append(_row(info))
    return rows


def _row(info: BackboneInfo) -> WeightsRow:
    if info.embedded:
        return _embedded_row(info)
    stored = stored_weights(info.id)
    partial = partial_download(info)
    if stored is None:
        return WeightsRow(info, "absent", partial=partial.stat().st_size if partial.is_file() else 0)
    if stored.source == "file":
        return WeightsRow(info, "imported", stored.path, stored.path.stat().st_size, file_sha256(stored.path))
    return _checked_row(info, "downloaded", stored.path)


def _embedded_row(info: BackboneInfo) -> WeightsRow:
    if info.resource is None:
        return WeightsRow(info, "embedded")
    try:
        return _checked_row(info, "embedded", paths.resource(info.resource))
    except FileNotFoundError:
        return WeightsRow(info, "damaged")


def _checked_row(info: BackboneInfo, state: Literal["embedded", "downloaded"], path: Path) -> WeightsRow:
    digest = file_sha256(path)
    intact = digest.startswith(info.hash_prefix)
    return WeightsRow(info, state if intact else "damaged", path, path.stat().st_size, digest)


def import_weights(name: str, file: Path) -> Path:
    """Check a state dict (.pth, .safetensors; half precision accepted) against the network and keep it as float32.

    Raises `WeightsError` `backbone_unknown`, `weights_not_needed`, `weights_file_missing`, `weights_damaged`,
    `weights_wrong_network` or `weights_not_written`; what was there before stays then.
    """
    from inspector.features.weights_file import read_weights

    if backbone_info(name).embedded:
        raise WeightsError("weights_not_needed", name=name)
    return keep_weights(name, read_weights(name, file))


def keep_weights(name: str, tensors: dict[str, Tensor]) -> Path:
    """Write checked tensors as a backbone's imported weights, whole or not at all. Raises `WeightsError`
    `weights_not_written`."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    clear_leftovers()
    target = imported_path(name)
    temporary = target.with_suffix(f".{os.getpid()}{_PARTIAL}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary)
        temporary.replace(target)
    except (OSError, SafetensorError) as error:  # the second is that library's own word for any failed write
        reason = getattr(error, "strerror", None) or str(error)
        raise WeightsError("weights_not_written", path=target, reason=reason) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def remove_weights(name: str) -> Path:
    """Delete a backbone's imported weights, or else the downloaded ones, or else what there is of a download; the file
    that was removed. Raises `WeightsError` `backbone_unknown`, `weights_not_here`, `weights_not_removed`."""
    info = backbone_info(name)
    stored = stored_weights(name)
    path = stored.path if stored else partial_download(info)
    if not path.is_file():
        raise WeightsError("weights_not_here", name=name)
    try:
        path.unlink()
    except OSError as error:
        raise WeightsError("weights_not_removed", path=path, reason=error.strerror or str(error)) from error
    return path


def clear_leftovers() -> None:
    """Delete what interruptions left in the folder, but not what a download can go on from."""
    folder = paths.weights_folder()
    unfinished = {
        partial_download(info)
        for info in backbone_infos()
        if info.file_name and not (folder / info.file_name).is_file()
    }
    for path in folder.glob(f"*{_PARTIAL}"):
        if path not in unfinished and not _is_being_written(path):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:  # it only takes up room, and the next time may do
                logger.info("%s could not be removed: %s", path, error)


def _is_being_written(path: Path) -> bool:
    """Whether the process that an import's temporary file is named after is still there."""
    process = path.stem.rpartition(".")[2]
    return process.isdecimal() and psutil.pid_exists(int(process))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
