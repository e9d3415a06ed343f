"""Reading and writing a bundle's files: in a folder, or in one zip file (`.inspector`).

Nothing is ever half written: what is begun beside its target gets the target's name when it is on the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

SUFFIX = ".inspector"
_PARTIAL = ".partial"
_CHUNK = 1 << 20


class Container(Protocol):
    """Read access to the files of a bundle."""

    def names(self) -> set[str]:
        """The names of all files."""

    def open(self, name: str) -> IO[bytes]:
        """One file for reading. Raises OSError, KeyError or BadZipFile."""


class FolderContainer:
    """A bundle's files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> set[str]:
        """The names of all files."""
        return {item.name for item in self._folder.iterdir() if item.is_file()}

    def open(self, name: str) -> IO[bytes]:
        """One file for reading."""
        return (self._folder / name).open("rb")


class ZipContainer:
    """A bundle's files in one zip file, which is opened for each access and never held."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def names(self) -> set[str]:
        """The names of all files."""
        with zipfile.ZipFile(self._file) as archive:
            return set(archive.namelist())

    def open(self, name: str) -> IO[bytes]:
        """One file for reading."""
        with zipfile.ZipFile(self._file) as archive:
            return archive.open(name)


def container_at(path: Path) -> Container:
    """Access to a bundle's files, whichever form it has. Raises OSError or BadZipFile when there is none."""
    if path.is_dir():
        return FolderContainer(path)
    container = ZipContainer(path)
    container.names()
    return container


def hash_of(container: Container, name: str) -> str:
    """SHA-256 of one file, read in pieces."""
    digest = hashlib.sha256()
    with container.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file on disk. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of the files in a folder."""
    return sum(item.stat().st_size for item in path.iterdir()) if path.is_dir() else path.stat().st_size


def partial_path(target: Path) -> Path:
    """Where something is written before it gets its name: beside it, so that renaming is one atomic step."""
    return target.with_name(f".{target.name}{_PARTIAL}")


def remove(path: Path) -> None:
    """Delete a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Find out before long work whether its result can be put into a folder, which is made. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return


@contextlib.contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """A new folder to write into that becomes `target` at the end, fsynced: a kill leaves all of it or nothing.

    What an earlier kill left behind is removed first; an exception removes what was begun. A folder that already is
    at `target` is replaced.
    """
    partial = partial_path(target)
    remove(partial)
    partial.mkdir(parents=True)
    try:
        yield partial
        for item in partial.iterdir():
            _sync(item)
        _sync(partial)
        _replace_folder(partial, target)
    except BaseException:
        remove(partial)
        raise


def _replace_folder(source: Path, target: Path) -> None:
    """Folders cannot be replaced in one step: the old one steps aside, comes back on failure and is deleted last."""
    aside = target.with_name(f".{target.name}.old")
    if target.exists():
        remove(aside)
        target.rename(aside)
    try:
        source.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise
    _sync(target.parent)
    remove(aside)


@contextlib.contextmanager
def file_written_whole(target: Path) -> Iterator[Path]:
    """A path to write to that replaces `target` at the end, fsynced: a kill leaves the old file or the new one."""
    partial = partial_path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    except BaseException:
        remove(partial)
        raise


def _sync(path: Path) -> None:
    """Bring a file, or a folder's list of names, to the disk. Windows cannot open folders and needs no such step."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_zip(target: Path, container: Container, replaced: dict[str, bytes] | None = None) -> None:
    """All files into one zip file, atomically; `replaced` gives new content for some. Not compressed: network weights
    do not shrink, and loading stays fast."""
    given = replaced or {}
    with file_written_whole(target) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(container.names()):
            with archive.open(name, "w", force_zip64=True) as output:
                if name in given:
                    output.write(given[name])
                else:
                    with container.open(name) as source:
                        shutil.copyfileobj(source, output, _CHUNK)
