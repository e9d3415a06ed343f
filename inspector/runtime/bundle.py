"""Model bundles: what training produced, self-contained, as a folder or as one `.inspector` file.

`manifest.json`, `weights.safetensors`, `model.onnx` (where the method can be exported), `scores.json`, `report.html`.
Every file's SHA-256 is in the manifest; nothing is pickled. Importing this needs neither torch nor onnxruntime.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, load_file, save_file

from inspector.detectors.base import State
from inspector.detectors.registry import detector_ids
from inspector.errors import BundleError, is_disk_full
from inspector.runtime.container import (
    SUFFIX,
    Container,
    FolderContainer,
    check_writable,
    container_at,
    file_hash,
    file_written_whole,
    folder_written_whole,
    hash_of,
    partial_path,
    remove,
    write_zip,
)
from inspector.runtime.manifest import FORMAT_VERSION, Manifest, ThresholdPart, sealed, unsealed
from inspector.runtime.report import report
from inspector.runtime.scores import ScoreRow, dump_scores, parse_scores

MANIFEST, WEIGHTS, ONNX, SCORES, REPORT = (
    "manifest.json", "weights.safetensors", "model.onnx", "scores.json", "report.html",
)  # fmt: skip

_UNREADABLE = (OSError, KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class Bundle:
    """A bundle that was checked on loading. `folder` is the folder or the `.inspector` file it lies in; big files are
    read when they are asked for."""

    folder: Path
    manifest: Manifest
    scores: tuple[ScoreRow, ...]

    @property
    def has_onnx(self) -> bool:
        """Whether it can run without torch."""
        return ONNX in self.manifest.files

    @property
    def display_range(self) -> tuple[float, float]:
        """The raw map values between which a heatmap's colours run: from the median of the good scores, with the fail
        threshold in the middle. For looking only."""
        good = [row.score for row in self.scores if row.label == "good"]
        fail = self.manifest.thresholds.fail
        low = min(float(np.median(good)), fail) if good else fail / 2
        return low, 2 * fail - low if fail > low else low + max(abs(low), 1e-6)

    def weights(self) -> Mapping[str, NDArray[np.generic]]:
        """All learned arrays. Raises `BundleError` `bundle_damaged`."""
        try:
            if self.folder.is_dir():
                return load_file(self.folder / WEIGHTS)
            return load(self._bytes(WEIGHTS))
        except (*_UNREADABLE, SafetensorError) as error:
            raise BundleError("bundle_damaged", path=self.folder, file=WEIGHTS) from error

    def onnx(self) -> Path | bytes:
        """The network for ONNX Runtime: its path, or its content from a single file. Raises `BundleError`
        `bundle_without_onnx` or `bundle_damaged`."""
        if not self.has_onnx:
            raise BundleError("bundle_without_onnx", path=self.folder)
        try:
            return self.folder / ONNX if self.folder.is_dir() else self._bytes(ONNX)
        except _UNREADABLE as error:
            raise BundleError("bundle_damaged", path=self.folder, file=ONNX) from error

    def _bytes(self, name: str) -> bytes:
        with container_at(self.folder).open(name) as stream:
            return stream.read()


def load_bundle(path: Path, *, verify: bool = True) -> Bundle:
    """Open and check a bundle, a folder or a single file.

    `verify` compares every file with its hash; without it (for lists of many bundles) only the manifest and the
    scores are read. Raises `BundleError`: `bundle_missing`, `bundle_not_one`, `bundle_newer`, `bundle_damaged`,
    `bundle_incomplete`, `bundle_unknown_detector`.
    """
    path = Path(path)
    if not path.exists():
        raise BundleError("bundle_missing", path=path)
    container, names = _opened(path)
    manifest = _read_manifest(path, container)
    for name in sorted(manifest.files):
        _check_file(path, container, names, name, manifest.files[name], verify or name == SCORES)
    return Bundle(path, manifest, _read_scores(path, container))


def _opened(path: Path) -> tuple[Container, set[str]]:
    try:
        container = container_at(path)
        names = container.names()
    except PermissionError as error:
        raise BundleError("bundle_permission", path=path) from error
    except _UNREADABLE as error:
        code = "bundle_damaged_file" if path.suffix == SUFFIX else "bundle_not_one"
        raise BundleError(code, path=path) from error
    if MANIFEST not in names:
        raise BundleError("bundle_not_one", path=path)
    return container, names


def _read_manifest(path: Path, container: Container) -> Manifest:
    with _reading(path, MANIFEST), container.open(MANIFEST) as stream:
        raw = json.load(stream)
    _check_version(path, raw)
    content, intact = unsealed(raw)
    try:
        manifest = Manifest.model_validate(content)
        manifest.thresholds.build()
    except ValueError as error:  # pydantic's ValidationError is one
        raise BundleError("bundle_damaged", path=path, file=MANIFEST) from error
    if manifest.detector not in detector_ids():
        known = ", ".join(detector_ids())
        raise BundleError("bundle_unknown_detector", path=path, detector=manifest.detector, known=known)
    if not intact:  # a single changed digit could be a threshold
        raise BundleError("bundle_damaged", path=path, file=MANIFEST)
    return manifest


def _check_version(path: Path, raw: Any) -> None:
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if not isinstance(version, int):
        raise BundleError("bundle_damaged", path=path, file=MANIFEST)
    if version > FORMAT_VERSION:
        software = raw.get("software")
        maker = software.get("inspector", "?") if isinstance(software, dict) else "?"
        raise BundleError("bundle_newer", path=path, maker=maker)


def _check_file(path: Path, container: Container, names: set[str], name: str, known: str, verify: bool) -> None:
    if name != Path(name).name:
        raise BundleError("bundle_damaged", path=path, file=MANIFEST)
    if name not in names:
        raise BundleError("bundle_incomplete", path=path, file=name)
    if verify:
        with _reading(path, name):
            found = hash_of(container, name)
        if found != known:
            raise BundleError("bundle_damaged", path=path, file=name)


def _read_scores(path: Path, container: Container) -> tuple[ScoreRow, ...]:
    try:
        with _reading(path, SCORES), container.open(SCORES) as stream:
            return tuple(parse_scores(stream.read()))
    except ValidationError as error:
        raise BundleError("bundle_damaged", path=path, file=SCORES) from error


@contextlib.contextmanager
def _reading(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise BundleError("bundle_permission", path=path) from error
    except (*_UNREADABLE, ValueError) as error:  # ValueError: neither JSON nor UTF-8
        raise BundleError("bundle_damaged", path=path, file=name) from error


def check_target(path: Path) -> None:
    """Refuse a place where a bundle may not be written, before the long work that makes it.

    An older bundle may be replaced, other files and folders with content may not. Raises `BundleError`
    `bundle_target_occupied`, `bundle_disk_full`, `bundle_write_failed`.
    """
    with writing(path):
        if not _may_be_replaced(path):
            raise BundleError("bundle_target_occupied", path=path)
        check_writable(path.parent)


def _may_be_replaced(path: Path) -> bool:
    if path.is_dir():
        return not any(path.iterdir()) or (path / MANIFEST).is_file()
    return not path.exists() or path.suffix == SUFFIX


def save_bundle(
    path: Path, manifest: Manifest, state: State, onnx_file: Path | None, scores: list[ScoreRow]
) -> Manifest:
    """Write a bundle to `path`: a folder, or a single file if the name ends in `.inspector`.

    Atomic: killed at any moment, it leaves what was there before, nothing, or the whole bundle. `manifest.files` is
    filled in here and the complete manifest returned. `onnx_file` is moved into the bundle. Raises `BundleError`
    `bundle_target_occupied`, `bundle_disk_full`, `bundle_write_failed`.
    """
    check_target(path)
    single = path.suffix == SUFFIX
    # A single file is packed from a folder that exists only meanwhile.
    folder = path.with_name(f".{path.stem}.unpacked") if single else path
    with writing(path):
        try:
            with folder_written_whole(folder) as partial:
                complete = _write_files(partial, manifest, state, onnx_file, scores)
            if single:
                write_zip(path, FolderContainer(folder))
        finally:
            if single:
                remove(folder)
    return complete


def partial_outputs(path: Path) -> list[Path]:
    """What a killed `save_bundle` may have left beside `path`."""
    unpacked = path.with_name(f".{path.stem}.unpacked")
    return [partial_path(path), partial_path(unpacked), unpacked]


def _write_files(
    folder: Path, manifest: Manifest, state: State, onnx_file: Path | None, scores: list[ScoreRow]
) -> Manifest:
    save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, folder / WEIGHTS)
    if onnx_file is not None:
        shutil.move(onnx_file, folder / ONNX)  # the export may have been written on another disk
    (folder / SCORES).write_bytes(dump_scores(scores))
    shutil.copymode(folder / SCORES, folder / WEIGHTS)  # safetensors lets nobody else read; a station's user has to
    (folder / REPORT).write_text(report(manifest, scores), encoding="utf-8")
    complete = manifest.model_copy(update={"files": {item.name: file_hash(item) for item in sorted(folder.iterdir())}})
    (folder / MANIFEST).write_bytes(sealed(complete))
    return complete


def save_thresholds(path: Path, thresholds: ThresholdPart) -> Manifest:
    """Put other thresholds into a bundle, atomically; the new manifest. Raises `BundleError`."""
    manifest = load_bundle(path, verify=False).manifest.model_copy(update={"thresholds": thresholds})
    content = sealed(manifest)
    with writing(path):
        if path.is_dir():
            with file_written_whole(path / MANIFEST) as partial:
                partial.write_bytes(content)
        else:
            write_zip(path, container_at(path), {MANIFEST: content})
    return manifest


def pack(path: Path, file: Path) -> None:
    """Copy a bundle into one `.inspector` file, for carrying to a station. Raises `BundleError`."""
    load_bundle(path)
    with writing(file):
        write_zip(file, container_at(path))


def unpack(file: Path, folder: Path) -> None:
    """Copy a bundle into a folder. Raises `BundleError`."""
    names = {MANIFEST, *load_bundle(file).manifest.files}
    check_target(folder)
    container = container_at(file)
    with writing(folder), folder_written_whole(folder) as partial:
        for name in names:
            with container.open(name) as source:
                _copy(source, partial / name)


def _copy(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as output:
        while chunk := source.read(1 << 20):
            output.write(chunk)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn failed writes into `BundleError` `bundle_disk_full` or `bundle_write_failed`."""
    try:
        yield
    except (OSError, SafetensorError) as error:  # the second is that library's own word for any failed write
        if is_disk_full(error):
            raise BundleError("bundle_disk_full", path=path) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise BundleError("bundle_write_failed", path=path, reason=reason) from error
