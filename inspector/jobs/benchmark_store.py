"""Finished pairings on the disk: one file each, written whole or not at all, so that a kill loses only what ran."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from pydantic import BaseModel, ValidationError

from inspector.errors import InspectorError
from inspector.jobs.pairing import BenchmarkRow, Pairing
from inspector.runtime.container import file_written_whole

logger = logging.getLogger(__name__)

_FOLDER = "rows"


class _Stored(BaseModel):
    key: str
    request: Pairing
    row: BenchmarkRow


def save_row(out: Path, pairing: Pairing, row: BenchmarkRow) -> None:
    """Keep a row with what was asked for. Raises `InspectorError` `output_failed`."""
    file = _file(out, pairing)
    text = _Stored(key=pairing.key, request=pairing, row=row).model_dump_json(indent=1)
    try:
        with file_written_whole(file) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InspectorError("output_failed", path=file, reason=error.strerror or str(error)) from error


def finished_row(out: Path, pairing: Pairing) -> BenchmarkRow | None:
    """The row of this very request, None where there is none or it could not be done: that is tried again."""
    stored = _read(_file(out, pairing))
    if stored is None or stored.key != pairing.key or stored.row.problem:
        return None
    return stored.row


def stored_rows(out: Path) -> list[BenchmarkRow]:
    """All that is there, the oldest first; of the same pairing on other pictures or settings only the newest."""
    files = sorted((out / _FOLDER).glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    found: dict[tuple[object, ...], BenchmarkRow] = {}
    for stored in filter(None, map(_read, files)):
        row = stored.row
        shown = (row.source, row.detector, row.preset, row.seed, row.image_size, stored.request.backbone)
        found.pop(shown, None)
        found[shown] = row
    return list(found.values())


def count_others(out: Path, pairings: list[Pairing]) -> int:
    """How many stored rows belong to none of these requests."""
    names = {_file(out, pairing).name for pairing in pairings}
    return sum(file.name not in names for file in (out / _FOLDER).glob("*.json"))


def _file(out: Path, pairing: Pairing) -> Path:
    return out / _FOLDER / f"{pairing.key}.json"


def _read(file: Path) -> _Stored | None:
    try:
        return _Stored.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ValidationError) as error:
        logger.warning("%s is not a stored pairing: %s", file, error)
        return None
