"""Weights carried from computer to computer in a folder, on a stick for instance, with their checksums beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inspector.errors import WeightsError
from inspector.features.registry import backbone_info, backbone_infos
from inspector.features.weights import StoredWeights, file_sha256, keep_weights, stored_weights
from inspector.tasks import CancelToken, Progress

CHECKSUMS = "SHA256SUMS"
"""The list's usual name and form: `sha256sum --check` reads it."""

_SUFFIXES = (".pth", ".pt", ".safetensors")
_CHUNK = 1 << 20
_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file: `name` is the backbone it belongs to, `error` why it was refused."""

    path: Path
    state: Literal["imported", "here", "embedded", "refused"]
    name: str = ""
    error: WeightsError | None = None


def import_folder(folder: Path, progress: Progress, cancel: CancelToken) -> list[ImportedFile]:
    """Import every file of weights in a folder (not below it) that belongs to a known backbone; one entry per file.

    Where the folder has a list of checksums, a file that it names has to match it, and has to be there. What is on
    this computer already is never replaced. Raises `WeightsError` `folder_unreadable`, `weights_folder_empty`,
    `weights_list_damaged`; `Cancelled` between two files.
    """
    names = _names_in(folder)
    sums = _read_checksums(folder)
    files = [folder / name for name in _in_order(names | sums.keys())]
    if not files:
        raise WeightsError("weights_folder_empty", path=folder)
    found = []
    for place, file in enumerate(files):
        progress(place, len(files), "importing")
        cancel.raise_if_cancelled()
        found.append(_import(file, sums.get(file.name)))
    progress(len(files), len(files), "importing")
    return found


def export_folder(folder: Path, progress: Progress, cancel: CancelToken) -> list[Path]:
    """Copy the imported and downloaded weights into a folder, and list their checksums there beside those of files
    that it names already; where the copies lie.

    Raises `WeightsError` `weights_none_here`, `weights_list_damaged`, `weights_export_occupied` (another file of that
    name is there), `weights_not_written`; `Cancelled`. What was copied before stays then.
    """
    stored = [item for info in backbone_infos() if (item := stored_weights(info.id)) is not None]
    if not stored:
        raise WeightsError("weights_none_here")
    total = sum(item.path.stat().st_size for item in stored)
    copies: list[Path] = []
    done = 0

    def copied(count: int) -> None:
        nonlocal done
        done += count
        cancel.raise_if_cancelled()
        progress(done, total, "copying")

    try:
        folder.mkdir(parents=True, exist_ok=True)
        sums = _read_checksums(folder)
        for item in stored:
            target = folder / item.path.name
            digest = file_sha256(item.path)
            _copy(item.path, digest, target, copied)
            sums[target.name] = digest
            _write_checksums(folder, sums)
            copies.append(target)
    except OSError as error:
        raise WeightsError("weights_not_written", path=folder, reason=error.strerror or str(error)) from error
    return copies


def _names_in(folder: Path) -> set[str]:
    try:
        return {item.name for item in folder.iterdir() if item.is_file()}
    except OSError as error:
        raise WeightsError("folder_unreadable", path=folder, reason=error.strerror or str(error)) from error


def _in_order(names: set[str]) -> list[str]:
    """Names of weights; official and own names first, so that no other file of the same backbone is taken before."""
    known = {str(info.file_name) for info in backbone_infos()}
    known |= {f"{info.id}{suffix}" for info in backbone_infos() for suffix in _SUFFIXES}
    wanted = [name for name in names if Path(name).suffix.lower() in _SUFFIXES]
    return sorted(wanted, key=lambda name: (name not in known, name))


def _import(file: Path, listed: str | None) -> ImportedFile:
    from inspector.features.weights_file import feature_part, owner_of, read_tensors

    try:
        _check_sum(file, listed)
        tensors = read_tensors(file)
        name = owner_of(file, tensors)
        if backbone_info(name).embedded:
            return ImportedFile(file, "embedded", name)
        used = feature_part(name, file, tensors)
        stored = stored_weights(name)
        if stored is None:
            keep_weights(name, used)
            return ImportedFile(file, "imported", name)
        if not _same_weights(name, stored, file):
            raise WeightsError("weights_others_here", path=file, name=name)
        return ImportedFile(file, "here", name)
    except WeightsError as error:
        return ImportedFile(file, "refused", error=error)
    except OSError as error:
        unreadable = WeightsError("weights_damaged", path=file, reason=error.strerror or str(error))
        return ImportedFile(file, "refused", error=unreadable)


def _check_sum(file: Path, listed: str | None) -> None:
    """Against the list, and against the digits that official names carry."""
    if not file.is_file():
        raise WeightsError("weights_file_missing", path=file)
    official = [info.hash_prefix for info in backbone_infos() if info.file_name == file.name]
    expected = [item for item in (listed, *official) if item is not None]
    if expected and not all(file_sha256(file).startswith(item) for item in expected):
        raise WeightsError("weights_damaged", path=file, reason="its checksum is wrong")


def _same_weights(name: str, stored: StoredWeights, file: Path) -> bool:
    from inspector.features.weights_file import read_weights

    if file_sha256(stored.path) == file_sha256(file):
        return True
    ours, theirs = read_weights(name, stored.path), read_weights(name, file)
    return all(bool((ours[key] == theirs[key]).all()) for key in ours if key in theirs)


def _copy(source: Path, digest: str, target: Path, copied: Callable[[int], None]) -> None:
    """Copy, telling the bytes of each piece; a file that is there already with the same content is left alone."""
    if target.exists():
        if file_sha256(target) != digest:
            raise WeightsError("weights_export_occupied", path=target)
        return copied(source.stat().st_size)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with source.open("rb") as original, partial.open("wb") as copy:
            while chunk := original.read(_CHUNK):
                copy.write(chunk)
                copied(len(chunk))
            copy.flush()
            os.fsync(copy.fileno())  # a stick is pulled out as soon as the program says that it is done
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _read_checksums(folder: Path) -> dict[str, str]:
    """File name to SHA-256, empty where the folder has no list."""
    file = folder / CHECKSUMS
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError("weights_list_damaged", path=file) from error
    matches = [_LINE.fullmatch(line) for line in lines if line.strip()]
    sums = {match[2]: match[1].lower() for match in matches if match and Path(match[2]).name == match[2]}
    if len(sums) != len(matches):
        raise WeightsError("weights_list_damaged", path=file)
    return sums


def _write_checksums(folder: Path, sums: dict[str, str]) -> None:
    partial = folder / f"{CHECKSUMS}.partial"
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    with partial.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(folder / CHECKSUMS)
