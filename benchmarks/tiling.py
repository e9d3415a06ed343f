"""A small defect in a 5472 × 3648 frame, judged whole and in tiles: found or not, seconds, memory, seams.

Frames show one enlarged simulated washer, the defect is a dark spot on it. Models are trained on good frames alone.
With few frames to learn from, the fail threshold lies far up: `above_all_good` tells what could be told apart.
Each inspection runs in a process of its own, so that its peak of memory belongs to it (Linux only).

    python benchmarks/tiling.py [--frames 5] [--defects 4] [--defect-px 12] [--models A;B] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.files import read_image, write_image
from inspector.imaging.frame import Image
from inspector.imaging.simulation import render
from inspector.jobs.train import TrainingJob, train
from inspector.runtime.bundle import load_bundle
from inspector.runtime.engines import open_engine
from inspector.runtime.manifest import TilingPart
from inspector.tasks import CancelToken, no_progress

WIDTH, HEIGHT = 5472, 3648
RADIUS = HEIGHT * 80 // 384
CLEAR = Path("/proc/self/clear_refs")
SPOT = 0.55
"""How bright the defect is beside what it covers."""

MODELS: dict[str, dict[str, object]] = {
    "whole, 256": {"image_size": 256},
    "whole, 1024": {"image_size": 1024},
    "tiles of 512 at 256": {"image_size": 256, "tiling": TilingPart.sharing(512)},
    "tiles of 256 at 256": {"image_size": 256, "tiling": TilingPart.sharing(256)},
}


def frame(index: int) -> Image:
    """A simulated washer, enlarged to the frame's height on its belt, with sensor noise."""
    part = cv2.resize(render("washer", 1, index).image, (HEIGHT, HEIGHT), interpolation=cv2.INTER_CUBIC)
    side = (WIDTH - HEIGHT) // 2
    whole = cv2.copyMakeBorder(part, 0, 0, side, WIDTH - HEIGHT - side, cv2.BORDER_REFLECT)
    noise = np.random.default_rng(index).normal(0, 1.5, (HEIGHT, WIDTH, 1)).astype(np.float32)
    return np.clip(np.rint(whole + noise), 0, 255).astype(np.uint8)


def spoilt(good: Image, diameter: int, seed: int) -> tuple[Image, tuple[int, int]]:
    """A soft dark spot on the washer's face between bore and holes, and where: (x, y)."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    x, y = int(WIDTH / 2 + RADIUS * np.cos(angle)), int(HEIGHT / 2 + RADIUS * np.sin(angle))
    cover = np.zeros((80, 80), np.float32)
    cv2.circle(cover, (40, 40), diameter // 2, 1.0, -1, cv2.LINE_AA)
    cover = cv2.GaussianBlur(cover, (0, 0), 0.8)
    bad = good.copy()
    window = (slice(y - 40, y + 40), slice(x - 40, x + 40))
    bad[window] = np.rint(good[window] * (1 - (1 - SPOT) * cover[..., None])).astype(np.uint8)
    return bad, (x, y)


def write_frames(folder: Path, good: int, defects: int, diameter: int) -> list[tuple[int, int]]:
    """`train/*.png`, `good/*.png` and `bad/*.png`; where the defects are."""
    for index in range(good):
        write_image(folder / "train" / f"{index}.png", frame(index))
    places = []
    for index in range(defects):
        clean = frame(1000 + index)
        bad, place = spoilt(clean, diameter, index)
        write_image(folder / "good" / f"{index}.png", clean)
        write_image(folder / "bad" / f"{index}.png", bad)
        places.append(place)
    return places


def seam(anomaly_map: NDArray[np.float32], tiling: TilingPart) -> float:
    """How much the map changes across tile borders, beside how much it changes anywhere (1: no seam)."""
    steps = np.abs(np.diff(anomaly_map, axis=1)).mean(0)
    tiles = tiling.build().tiles(*anomaly_map.shape)
    borders = sorted({edge for _, columns in tiles for edge in (columns.start, columns.stop)} - {0, WIDTH})
    return float(steps[[edge - 1 for edge in borders]].mean() / steps.mean())


def inspect(bundle: Path, picture: Path) -> dict[str, object]:
    """One inspection in this process, with what it costs."""
    image = read_image(picture)
    engine = open_engine(bundle, "onnx")
    CLEAR.write_text("5")  # forget the peak so far
    before = memory_mb("VmRSS")
    started = time.perf_counter()
    found = engine.infer(image)
    seconds = time.perf_counter() - started
    after = memory_mb("VmHWM")
    assert found.anomaly_map is not None
    y, x = np.unravel_index(found.anomaly_map.argmax(), found.anomaly_map.shape)
    tiling = engine.manifest.tiling
    return {
        "score": found.score, "seconds": seconds, "peak": (int(x), int(y)), "loaded_mb": before, "peak_mb": after,
        "seam": seam(found.anomaly_map, tiling) if tiling else None,
    }  # fmt: skip


def memory_mb(name: str) -> float:
    """A line of this process's status: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def inspected(bundle: Path, picture: Path) -> dict[str, object]:
    """`inspect` in a process of its own."""
    command = [sys.executable, __file__, "--inspect", str(bundle), str(picture)]
    found: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def measure(name: str, folder: Path, places: list[tuple[int, int]], changes: dict[str, object]) -> dict[str, object]:
    started = time.perf_counter()
    bundle = folder / name.replace(" ", "-").replace(",", "")
    options = {"detector": "patchcore", "preset": "quick", **changes}
    train(TrainingJob(dataset=folder / "train", out=bundle, **options), no_progress, CancelToken())
    trained = time.perf_counter() - started
    fail = load_bundle(bundle).manifest.thresholds.fail
    good = [inspected(bundle, folder / "good" / f"{index}.png") for index in range(len(places))]
    bad = [inspected(bundle, folder / "bad" / f"{index}.png") for index in range(len(places))]
    hits = [np.hypot(item["peak"][0] - x, item["peak"][1] - y) < 32 for item, (x, y) in zip(bad, places, strict=True)]
    runs = good + bad
    return {
        "model": name,
        "training_s": round(trained, 1),
        "fail": round(fail, 3),
        "good": [round(item["score"], 3) for item in good],
        "bad": [round(item["score"], 3) for item in bad],
        "false_fail": sum(item["score"] > fail for item in good),
        "found": sum(item["score"] > fail for item in bad),
        "above_all_good": sum(item["score"] > max(other["score"] for other in good) for item in bad),
        "peak_at_defect": int(sum(hits)),
        "of": len(places),
        "seconds": round(float(np.median([item["seconds"] for item in runs])), 2),
        "loaded_mb": round(max(item["loaded_mb"] for item in runs)),
        "peak_mb": round(max(item["peak_mb"] for item in runs)),
        "seam": round(float(np.mean([item["seam"] for item in good])), 3) if good[0]["seam"] else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=5)
    parser.add_argument("--defects", type=int, default=4)
    parser.add_argument("--defect-px", type=int, default=12)
    parser.add_argument("--models", default=";".join(MODELS), help="some of them, separated by semicolons")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inspect", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inspect:
        print(json.dumps(inspect(*given.inspect)))
        return
    with tempfile.TemporaryDirectory() as folder:
        places = write_frames(Path(folder), given.frames, given.defects, given.defect_px)
        rows = []
        for name in given.models.split(";"):
            rows.append(measure(name, Path(folder), places, MODELS[name]))
            print(json.dumps(rows[-1]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
