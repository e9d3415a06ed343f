"""Where a training run stands, written so that neither a kill nor a power cut leaves half a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import Tensor

from inspector.errors import TrainingError
from inspector.features.pretraining.teacher import Statistics

CHECKPOINT_FILE = "checkpoint.pt"
LOG_FILE = "log.jsonl"


class Checkpoint(TypedDict):
    """`step` steps were taken in `spent` seconds; `stats` are the teacher's channels."""

    student: dict[str, Tensor]
    opt: dict[str, Any]
    step: int
    spent: float
    stats: Statistics


def save_checkpoint(file: Path, checkpoint: Checkpoint) -> None:
    """Replace the file in one go. Raises `TrainingError` `output_failed`; what was there before stays then."""
    temporary = file.with_suffix(".partial")
    try:
        with temporary.open("wb") as stream:
            torch.save(dict(checkpoint), stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
        _sync_folder(file.parent)
    except OSError as error:
        raise TrainingError("output_failed", path=file, reason=error.strerror or str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(file: Path, device: torch.device) -> Checkpoint:
    """What was saved, its tensors on `device`. Raises `TrainingError` `pretraining_checkpoint_damaged`."""
    try:
        content = torch.load(file, map_location=device, weights_only=True)
        return Checkpoint(
            student=content["student"],
            opt=content["opt"],
            step=content["step"],
            spent=content["spent"],
            stats=content["stats"],
        )
    except MemoryError:
        raise
    except Exception as error:  # a damaged file makes the reader raise whatever its bytes lead it to
        raise TrainingError("pretraining_checkpoint_damaged", path=file) from error


def append_line(file: Path, line: str) -> None:
    """Add a line to a log, on a line of its own even if a kill cut the one before it. Raises `TrainingError`
    `output_failed`."""
    try:
        with file.open("ab+") as stream:
            if stream.tell():
                stream.seek(-1, os.SEEK_END)
                cut = stream.read(1) != b"\n"
                line = f"\n{line}" if cut else line
            stream.write(f"{line}\n".encode())
    except OSError as error:
        raise TrainingError("output_failed", path=file, reason=error.strerror or str(error)) from error


def _sync_folder(folder: Path) -> None:
    """Make a renaming last; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
