"""What is said before a training beside what the training took: seconds, and memory at most.

Trains on simulated washers, each time in a new process as the window does. Beside the seconds on the wall the table has
the processor's: with OMP_NUM_THREADS=1 they are what a computer without other work would take. Ratios are estimate by
truth.

    OMP_NUM_THREADS=1 python benchmarks/training_estimate.py [--only padim,patchcore] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from inspector.data.sources import load_dataset
from inspector.imaging.files import write_image
from inspector.imaging.simulation import render
from inspector.jobs.estimate import estimate, machine_speed, pictures_of
from inspector.jobs.fitting import make_detector
from inspector.jobs.process import run_in_child
from inspector.jobs.train import TrainingJob, train
from inspector.tasks import CancelToken, Progress, no_progress

PRODUCT, KIND = "washer", "stain"

CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "padim 256, 20": (20, {"detector": "padim"}),
    "padim quick 128, 20": (20, {"detector": "padim", "preset": "quick", "image_size": 128}),
    "padim 256, 60": (60, {"detector": "padim"}),
    "padim 384, 20": (20, {"detector": "padim", "image_size": 384}),
    "padim filters 256, 20": (20, {"detector": "padim", "backbone": "filterbank"}),
    "patchcore 256, 20": (20, {"detector": "patchcore"}),
    "patchcore quick 128, 20": (20, {"detector": "patchcore", "preset": "quick", "image_size": 128}),
    "patchcore 256, 60": (60, {"detector": "patchcore"}),
    "patchcore quick 256, 60": (60, {"detector": "patchcore", "preset": "quick"}),
}
"""Name to number of good pictures and what is chosen; a third as many good ones and defects are held out."""


def timed_train(job: TrainingJob, progress: Progress, cancel: CancelToken) -> tuple[float, float, float]:
    """In the child: seconds on the wall and of the processor, MB at most."""
    result = train(job, progress, cancel)
    return result.total_s, time.process_time(), result.peak_rss_mb


def write_data(folder: Path, good: int) -> Path:
    if folder.exists():
        return folder
    for index in range(good):
        write_image(folder / "train" / "good" / f"{index}.png", render(PRODUCT, 0, index).image)
    for index in range(good // 3):
        write_image(folder / "test" / "good" / f"{index}.png", render(PRODUCT, 0, 1000 + index).image)
        spoilt = render(PRODUCT, 0, 2000 + index, kind=KIND)
        write_image(folder / "test" / KIND / f"{index}.png", spoilt.image)
        mask = (spoilt.mask[:, :, None] * [255, 255, 255]).astype("uint8")
        write_image(folder / "ground_truth" / KIND / f"{index}_mask.png", mask)
    return folder


def measure(name: str, folder: Path) -> dict[str, Any]:
    good, choices = CASES[name]
    dataset = write_data(folder / f"{good}", good)
    job = TrainingJob(dataset=dataset, out=folder / name, **choices)
    found = pictures_of(load_dataset(dataset))
    assert found is not None
    machine_speed.cache_clear()
    speed = machine_speed()
    expected = estimate(make_detector(job), job.folds, found, speed)
    wall, processor, peak = run_in_child(timed_train, job, no_progress, CancelToken(), background=False)
    estimated_mb = expected.peak_bytes / 2**20
    return {
        "case": name,
        "gflops": speed / 1e9,
        "estimate_s": expected.seconds,
        "wall_s": wall,
        "processor_s": processor,
        "wall_ratio": expected.seconds / wall,
        "processor_ratio": expected.seconds / processor,
        "estimate_mb": estimated_mb,
        "peak_mb": peak,
        "memory_ratio": estimated_mb / peak,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="beginnings of names, separated by commas")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    wanted = tuple(arguments.only.split(","))
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        for name in [name for name in CASES if name.startswith(wanted)]:
            rows.append(measure(name, Path(scratch)))
            if len(rows) == 1:
                print(f"{'':26}" + "".join(f"{title:>16}" for title in list(rows[0])[1:]))
            print(f"{name:26}" + "".join(f"{value:16.2f}" for value in list(rows[-1].values())[1:]))
            sys.stdout.flush()
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
