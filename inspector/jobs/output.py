"""Writing the small files that somebody asked for: results as JSON and tables."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import InspectorError


def write_output(path: Path, text: str) -> None:
    """Write UTF-8 text, making the folder first. Raises `InspectorError` `output_failed`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InspectorError("output_failed", path=path, reason=error.strerror or str(error)) from error
