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
