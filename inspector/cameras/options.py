"""Options behind a question mark in an address, as in `parts?fps=2&loop=1`."""

from __future__ import annotations

import math
from collections.abc import Collection
from urllib.parse import parse_qsl

from inspector.cameras.base import CameraSource
from inspector.errors import CameraError


def split_address(source: CameraSource, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """The address without its options, and these. A path may hold question marks: the tail is read as options only
    where every name is known."""
    plain, mark, tail = source.address.rpartition("?")
    options = dict(parse_qsl(tail, keep_blank_values=True))
    if not mark or not options or not set(options) <= set(known):
        return source.address, {}
    return plain, options


def number(source: CameraSource, options: dict[str, str], name: str, default: float) -> float:
    """A number of 0 or more. Raises `CameraError` (`camera_address`)."""
    try:
        value = float(options.get(name, default))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise CameraError("camera_address", source=str(source), reason=f"{name}={options[name]} is not a number from 0")
    return value


def flag(source: CameraSource, options: dict[str, str], name: str, default: bool) -> bool:
    """0 or 1. Raises `CameraError` (`camera_address`)."""
    text = options.get(name, str(int(default)))
    if text not in ("0", "1"):
        raise CameraError("camera_address", source=str(source), reason=f"{name}={text} is neither 0 nor 1")
    return text == "1"
