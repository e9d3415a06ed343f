"""Pictures that a data set keeps inside larger files, written once as PNG below the program's cache folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

import cv2

from inspector import paths
from inspector.imaging.frame import Image


def unpacked(name: str, sources: list[Path], pictures: Iterable[tuple[str, Image]]) -> Path:
    """The folder with one PNG for each (name below the folder, (H, W, 3) uint8 BGR).

    `pictures` is only asked for anything when these `sources`, by path, size and time, were not unpacked before. The
    folder gets its name when all is there, so a kill leaves nothing that could be taken for whole. Raises OSError.
    """
    target = paths.cache_folder() / "unpacked" / f"{name}-{_identity(sources)}"
    if target.is_dir():
        return target
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for place, image in pictures:
        file = partial / place
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not write_image: what can be made again need not be on the disk before the next one is begun.
        file.write_bytes(cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes())
    partial.replace(target)
    return target


def _identity(sources: list[Path]) -> str:
    facts = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in sources]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
