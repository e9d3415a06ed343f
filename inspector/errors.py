"""Errors that a person can do something about.

Each carries a stable code and parameters. The sentence is made from them in `messages.py`, which `ui/` and `cli.py`
use, so that it can be translated. Anything that is not one of these is a bug of ours: it goes to the log and to the
crash dialog.

    InspectorError
    ├── ImageError      an image file that cannot be read or written
    ├── ProjectError    a project or its database
    ├── DatasetError    what training or evaluation was asked to work on
    ├── WeightsError    backbone weights: missing, wrong, not reachable
    ├── TrainingError   fitting could not be done
    ├── BundleError     a model bundle that is damaged, unknown or too new
    ├── CameraError     a frame source
    └── StationError    the inspection loop
    Cancelled           not an error: the person asked for it
"""

from __future__ import annotations

import errno
import tempfile
from typing import Any


class InspectorError(Exception):
    """An expected failure: `code` names the sentence in `messages.py`, `parameters` fill it."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.code}({details})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the pipe between a job's child process and the window."""
        return _rebuild, (type(self), self.code, self.parameters)


def _rebuild(kind: type[InspectorError], code: str, parameters: dict[str, Any]) -> InspectorError:
    return kind(code, **parameters)


class ImageError(InspectorError):
    """An image file cannot be read or written."""


class ProjectError(InspectorError):
    """A project or its database cannot be used as asked."""


class DatasetError(InspectorError):
    """The samples given do not allow what was asked."""


class WeightsError(InspectorError):
    """Backbone weights are missing, wrong or cannot be reached."""


class TrainingError(InspectorError):
    """A detector cannot be fitted."""


class BundleError(InspectorError):
    """A model bundle is damaged, unknown or from a newer version."""


class CameraError(InspectorError):
    """A frame source cannot be opened or read."""


class StationError(InspectorError):
    """The inspection loop cannot do what was asked."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """Raised inside long work when its `CancelToken` was set."""


_NO_MEMORY = ("allocate memory", "not enough memory", "insufficient memory", "bad_alloc", "failed to map segment")
_NO_SPACE = ("no space left on device", "os error 28", "os error 112")


def shortage(error: BaseException) -> InspectorError | None:
    """What the computer ran out of, memory or disk, where an exception of whatever library says so; else None.

    For last lines of defence: whoever knows which file or which part of the work it was says so itself.
    """
    text = str(error).lower()
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or number == errno.ENOMEM:
        return InspectorError("out_of_memory")
    if any(words in text for words in _NO_MEMORY):
        return InspectorError("out_of_memory")
    if is_disk_full(error):
        return InspectorError("disk_full", temporary=tempfile.gettempdir())
    return None


def is_disk_full(error: BaseException) -> bool:
    """Whether a failed write says that no space was left; some libraries say so in words only."""
    number = error.errno if isinstance(error, OSError) else None
    return number in (errno.ENOSPC, errno.EDQUOT) or any(words in str(error).lower() for words in _NO_SPACE)
