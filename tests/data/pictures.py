"""Real image files for the tests of projects: each number another picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inspector.imaging.frame import Image


def picture(number: int, width: int = 40, height: int = 30) -> Image:
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)


def save(path: Path, image: Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def save_many(folder: Path, count: int, first: int = 0) -> list[Path]:
    return [save(folder / f"part {number:03d}.png", picture(number)) for number in range(first, first + count)]


def save_mvtec(folder: Path) -> Path:
    """Three good parts to train on, one good and two defects held out; one of the defects has a mask."""
    for number in range(3):
        save(folder / "train" / "good" / f"{number:03d}.png", picture(number))
    save(folder / "test" / "good" / "000.png", picture(10))
    save(folder / "test" / "scratch" / "000.png", picture(11))
    save(folder / "test" / "dent" / "000.png", picture(12))
    mask = np.zeros((30, 40), np.uint8)
    mask[5:9, 7:12] = 255
    save(folder / "ground_truth" / "scratch" / "000_mask.png", mask)
    (folder / "readme.txt").write_text("a data set")
    return folder


def save_video(path: Path, numbers: list[int], frames_each: int, rate: float = 10.0) -> Path:
    """Motion JPEG: each picture is shown for some frames."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    assert writer.isOpened()
    for number in numbers:
        smooth = cv2.resize(picture(number, 8, 6), (64, 48), interpolation=cv2.INTER_CUBIC)
        for _ in range(frames_each):
            writer.write(smooth)
    writer.release()
    return path
