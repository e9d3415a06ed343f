"""Writing the small files that somebody asked for: results as JSON and tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from inspector.errors import InspectorError
from inspector.runtime.container import check_writable, file_written_whole


def write_output(path: Path, text: str) -> None:
    """Write UTF-8 text, making the folder first. Raises `InspectorError` `output_failed`."""
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


@contextlib.contextmanager
def output_file(path: Path) -> Iterator[TextIO]:
    """A UTF-8 file to write line by line, there in the end whole or not at all. Raises `output_failed`."""
    with _explained(path), file_written_whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as text:
        yield text


def check_output_folder(folder: Path) -> None:
    """Make the folder for results, before the long work. Raises `InspectorError` `output_failed`."""
    with _explained(folder):
        check_writable(folder)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InspectorError("output_failed", path=path, reason=error.strerror or str(error)) from error
