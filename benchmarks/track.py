"""Inspector alone, so that a regression is seen: training, one part's latency, memory, start-up, size of the bundle.

Every figure comes from a whole process, started as a user would. Without --dataset, washers of the simulated line.

    python benchmarks/track.py [--dataset FOLDER] [--against OLD.json] [--json NEW.json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from inspector.detectors.registry import detector_ids
from inspector.imaging.files import write_image
from inspector.imaging.simulation import render

LEARNED, HELD_OUT, KINDS = 60, 20, ("scratch", "stain")
STATION = """
import json, resource, sys, time
from pathlib import Path
from inspector.runtime.engines import open_engine
engine = open_engine(Path(sys.argv[1]))
ready = time.time()
from inspector.imaging.files import read_image
pictures = [read_image(Path(name)) for name in sys.argv[2:]]
times = []
while len(times) < 300:
    for picture in pictures:
        begun = time.perf_counter()
        engine.infer(picture)
        times.append(1000 * (time.perf_counter() - begun))
times.sort()
print(json.dumps({
    "ready": ready, "p50_ms": times[len(times) // 2], "p95_ms": times[len(times) * 95 // 100],
    "p99_ms": times[len(times) * 99 // 100], "torch": "torch" in sys.modules,
    "station_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
"""A station with a bundle: seconds to ready, latency from crop to prediction."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        dataset = arguments.dataset or simulated(Path(scratch) / "washer")
        results = {name: measured(dataset, name, Path(scratch)) for name in arguments.detectors or detector_ids()}
    before = json.loads(arguments.against.read_text()) if arguments.against else {}
    for detector, figures in results.items():
        print(detector)
        for name, value in figures.items():
            old = before.get(detector, {}).get(name)
            print(f"  {name:16}{value:10.2f}" + (f"{value / old:8.2f} times as much" if old else ""))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def simulated(folder: Path) -> Path:
    """Washers in MVTec AD layout."""
    for place, start, count in (("train/good", 0, LEARNED), ("test/good", 1000, HELD_OUT)):
        for index in range(start, start + count):
            write_image(folder / place / f"{index}.png", render("washer", 7, index).image)
    for index in range(HELD_OUT):
        kind = KINDS[index % len(KINDS)]
        write_image(folder / "test" / kind / f"{index}.png", render("washer", 7, 2000 + index, kind=kind).image)
    return folder


def measured(dataset: Path, detector: str, scratch: Path) -> dict[str, float]:
    """Train by the command line, then judge as a station does."""
    out, result = scratch / f"{detector}.bundle", scratch / f"{detector}.json"
    command = [sys.executable, "-m", "inspector", "train", str(dataset), "--out", str(out), "--detector", detector]
    begun = time.perf_counter()
    subprocess.run([*command, "--json", str(result)], check=True, capture_output=True)
    whole = time.perf_counter() - begun
    trained = json.loads(result.read_text())
    test = sorted(path for path in (dataset / "test").rglob("*.*") if path.is_file())[:40]
    begun = time.time()
    command = [sys.executable, "-c", STATION, str(out), *map(str, test)]
    station = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert not station.pop("torch"), "a station imported torch"
    return {
        "fit_s": trained["fit_s"], "train_s": whole, "train_mb": trained["peak_rss_mb"],
        "bundle_mb": trained["bundle_bytes"] / 1e6, "image_auroc": trained["metrics"]["image_auroc"],
        "station_ready_s": station.pop("ready") - begun, **station,
    }  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, help="a set in MVTec AD layout")
    parser.add_argument("--detectors", type=lambda text: text.split(","))
    parser.add_argument("--against", type=Path, help="figures of an earlier run")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
