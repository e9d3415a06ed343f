"""Small data sets and models made of simulated parts, for tests that need the real thing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inspector.imaging.files import write_image
from inspector.imaging.simulation import render
from inspector.jobs.train import TrainingJob, TrainingResult, train
from inspector.tasks import CancelToken, no_progress

PRODUCT = "washer"
SIZE = 96


def small(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def write_good(folder: Path, count: int, first: int = 0) -> Path:
    """Good parts `<first>.png` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(first, first + count):
        write_image(folder / f"{index:03}.png", small(render(PRODUCT, 1, index).image))
    return folder


def write_mvtec(root: Path, good: int = 10, held_out: int = 4, defects: int = 4) -> Path:
    """A data set in MVTec AD layout: washers, some with their middle painted over, with masks."""
    write_good(root / "train" / "good", good)
    write_good(root / "test" / "good", held_out, first=100)
    for index in range(defects):
        image, mask = spoilt(200 + index)
        for folder, name, pixels in (("test", f"{index}.png", image), ("ground_truth", f"{index}_mask.png", mask)):
            (root / folder / "paint").mkdir(parents=True, exist_ok=True)
            write_image(root / folder / "paint" / name, pixels)
    return root


def spoilt(index: int) -> tuple[np.ndarray, np.ndarray]:
    """A part with a painted block, and its mask as a picture."""
    image = small(render(PRODUCT, 1, index).image)
    mask = np.zeros_like(image)
    block = (slice(20, 44), slice(30, 60))
    image[block] = (30, 200, 30)
    mask[block] = 255
    return image, mask


def quick_job(dataset: Path, out: Path, **changes: object) -> TrainingJob:
    """A training that takes about as long as exporting the network does."""
    chosen = {"detector": "patchcore", "preset": "quick", "image_size": 64, "folds": 2, **changes}
    return TrainingJob(dataset=dataset, out=out, **chosen)


def quick_training(dataset: Path, out: Path, **changes: object) -> TrainingResult:
    return train(quick_job(dataset, out, **changes), no_progress, CancelToken())
