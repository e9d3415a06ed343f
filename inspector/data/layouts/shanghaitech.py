"""Video folders in ShanghaiTech layout, judged frame by frame.

`training/frames/<clip>/*.jpg` or `training/videos/*.avi` (normal), `testing/frames/<clip>/*.jpg`, and
`testing/test_frame_mask/<clip>.npy`: one number per frame, above zero where something unusual is seen. Luo et al.,
ICCV 2017.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts.files import folders_in, good_in, images_in
from inspector.data.layouts.unpacked import unpacked
from inspector.data.video import VIDEO_SUFFIXES, distinct_frames
from inspector.errors import DatasetError


def recognises(folder: Path) -> bool:
    """True for the folder that holds `training` and `testing`."""
    training = folder / "training"
    return (folder / "testing" / "frames").is_dir() and any((training / name).is_dir() for name in ("frames", "videos"))


def samples(folder: Path) -> Iterator[Sample]:
    """Training videos are unpacked on the first call, two different frames a second.

    Test frames of a clip without its file of labels are not labelled. Raises `DatasetError` `dataset_file_damaged`,
    `ImageError` for a damaged video, OSError.
    """
    for clip in folders_in(folder / "training" / "frames"):
        yield from good_in(clip, Split.TRAIN)
    for video in _videos(folder / "training" / "videos"):
        yield from good_in(unpacked(video.stem, [video], distinct_frames(video)), Split.TRAIN)
    for clip in folders_in(folder / "testing" / "frames"):
        yield from _judged(clip, folder / "testing" / "test_frame_mask" / f"{clip.name}.npy")


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(item for item in folder.iterdir() if item.suffix.lower() in VIDEO_SUFFIXES)


def _judged(clip: Path, truth: Path) -> Iterator[Sample]:
    frames = images_in(clip)
    if not truth.is_file():
        yield from (Sample(path, Label.NONE, Split.TEST) for path in frames)
        return
    unusual = _unusual(truth)
    if len(unusual) != len(frames):
        raise DatasetError("dataset_file_damaged", path=str(truth))
    for path, is_unusual in zip(frames, unusual, strict=True):
        yield Sample(path, Label.DEFECT if is_unusual else Label.GOOD, Split.TEST)


def _unusual(file: Path) -> NDArray[np.bool_]:
    try:
        found = np.load(file, allow_pickle=False)  # such a file could otherwise run any program
    except ValueError as error:
        raise DatasetError("dataset_file_damaged", path=str(file)) from error
    return np.asarray(found).ravel() > 0
