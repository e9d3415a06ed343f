"""A folder of pictures as a source: what is there in the order of names, then whatever other programs put into it.

Address: a path; options `?existing=0` (only what comes after opening), `?watch=0` (end with the last picture),
`?loop=1` (begin again instead of ending), `?fps=N` (pace; without it a picture is handed out when it is asked for).
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from pathlib import Path

from inspector.cameras.base import CameraCapabilities, CameraSettings, CameraSource, EndOfSource
from inspector.cameras.device import Device, Picture
from inspector.cameras.options import flag, number, split_address
from inspector.errors import ImageError
from inspector.imaging.files import IMAGE_SUFFIXES, read_image

OPTIONS = ("existing", "watch", "loop", "fps")
LOOK_INTERVAL = 0.2
"""Seconds between two looks into the folder; a slow folder is looked at less often."""
SETTLE_SECONDS = 5.0
"""A file that cannot be decoded counts as still being written for so long after its last change."""
LOOK_SHARE = 5
"""Pause after a look at least this many times as long as the look took."""

Signature = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""

_interrupted: dict[Path, dict[str, Signature]] = {}
"""Folders that vanished while being watched, and what had been delivered: opened again, nothing is repeated."""


class FolderDevice(Device):
    """A file is delivered once, and again when it changes (some cameras overwrite one file).

    It is read when two looks found the same size and time of change, and delivered when it decodes: never half-written.
    """

    def __init__(
        self,
        source: CameraSource,
        requested: CameraSettings,
        look_interval: float = LOOK_INTERVAL,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        super().__init__(source, requested)
        self._look_interval = look_interval
        path, options = split_address(source, OPTIONS)
        self._folder = Path(path)
        self._watch = flag(source, options, "watch", default=True)
        self._existing = flag(source, options, "existing", default=True)
        self._loop = flag(source, options, "loop", default=False)
        self._fps = number(source, options, "fps", 0) if requested.fps is None else requested.fps
        self._settle_seconds = settle_seconds
        self._delivered: dict[str, Signature] = {}
        self._seen: dict[str, Signature] = {}
        self._unreadable: dict[str, tuple[Signature, float]] = {}
        self._ready: deque[tuple[str, Signature]] = deque()
        self._picture: Picture | None = None
        self._pause = look_interval

    @classmethod
    def capabilities(cls, source: CameraSource) -> CameraCapabilities:
        """See `Device.capabilities`. Raises `CameraError` (`camera_address`)."""
        options = split_address(source, OPTIONS)[1]
        number(source, options, "fps", 0)
        flag(source, options, "existing", default=True)
        endless = flag(source, options, "watch", default=True) or flag(source, options, "loop", default=False)
        return CameraCapabilities(live=False, finite=not endless, settings=("fps",))

    def open(self, open_timeout: float, read_timeout: float) -> CameraSettings:
        """See `Device.open`."""
        if not self._folder.is_dir():
            raise self.error("camera_not_found")
        self._delivered = _interrupted.pop(self._folder, {})
        self._seen = self._look()
        if not self._watch:
            self._ready.extend(_in_order(self._seen))
            if not self._ready:
                raise self.error("camera_open_failed", reason="the folder holds no pictures")
        elif not self._existing and not self._delivered:
            self._delivered = dict(self._seen)
        self.pace = 1 / self._fps if self._fps else 0.0
        return CameraSettings(fps=self._fps or None)

    def grab(self, stop: threading.Event) -> None:
        """See `Device.grab`: return when a file has been read."""
        self._picture = None
        while self._picture is None:
            if self._ready:
                self._picture = self._read(*self._ready.popleft())
            elif not self._watch:
                self._begin_again()
            elif stop.wait(self._pause):
                raise EndOfSource
            else:
                self._find_settled()

    def retrieve(self) -> Picture:
        """See `Device.retrieve`."""
        if self._picture is None:
            raise self.error("camera_closed")
        return self._picture

    def close(self) -> None:
        """See `Device.close`."""
        self._ready.clear()

    def _begin_again(self) -> None:
        if not self._loop:
            raise EndOfSource
        self._ready.extend(_in_order(self._look()))
        if not self._ready:
            raise self.error("camera_lost")

    def _find_settled(self) -> None:
        """Queue what has not changed since the look before and was not delivered as it is now."""
        started = time.monotonic()
        before, self._seen = self._seen, self._look()
        self._pause = max(self._look_interval, LOOK_SHARE * (time.monotonic() - started))
        settled = {
            name: signature
            for name, signature in self._seen.items()
            if before.get(name) == signature and self._delivered.get(name) != signature
        }
        self._delivered = {name: signature for name, signature in self._delivered.items() if name in self._seen}
        self._unreadable = {name: since for name, since in self._unreadable.items() if name in settled}
        self._ready.extend(_in_order(settled))

    def _look(self) -> dict[str, Signature]:
        """The picture files of the folder. Raises `CameraError` (`camera_lost`) when it has vanished."""
        found: dict[str, Signature] = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or Path(entry.name).suffix.lower() not in IMAGE_SUFFIXES:
                        continue
                    state = _state(entry)
                    if state is not None:
                        found[entry.name] = (state.st_size, state.st_mtime_ns)
        except OSError as error:
            _interrupted[self._folder] = self._delivered
            raise self.error("camera_lost") from error
        return found

    def _read(self, name: str, signature: Signature) -> Picture | None:
        """The picture, or None while it is being written or when it has gone. Raises `CameraError`."""
        try:
            pixels = read_image(self._folder / name)
        except ImageError as error:
            self._wait_or_give_up(name, signature, error)
            return None
        self._delivered[name] = signature
        return Picture(pixels, trigger_id=name)

    def _wait_or_give_up(self, name: str, signature: Signature, error: ImageError) -> None:
        """Read it again at the next look; after `settle_seconds` without a change it is broken and not unfinished."""
        if error.code == "image_missing" and self._watch:
            return
        now = time.monotonic()
        known, since = self._unreadable.get(name, (None, now))
        self._unreadable[name] = (signature, since if known == signature else now)
        if self._watch and now - self._unreadable[name][1] < self._settle_seconds:
            return
        self._delivered[name] = signature
        raise self.error("camera_bad_frame", reason=f"the file {name} cannot be read as one") from error


def _state(entry: os.DirEntry[str]) -> os.stat_result | None:
    """None for folders and for files that went away meanwhile."""
    try:
        return entry.stat() if entry.is_file() else None
    except FileNotFoundError:
        return None


def _in_order(files: dict[str, Signature]) -> list[tuple[str, Signature]]:
    """By name, as people count: part2 before part10."""
    return sorted(files.items(), key=lambda item: _natural(item[0]))


def _natural(name: str) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", name.lower())
    return [(int(piece), "") if position % 2 else (-1, piece) for position, piece in enumerate(pieces)]
