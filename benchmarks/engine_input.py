"""Milliseconds from a frame to its score in ONNX Runtime: OpenCV's resizing beside the network's own, and bundles
beside each other (of two formats, say).

All take turns frame by frame, so that whatever else the computer does meets them alike; the median and the fastest are
given, and the median of the processor's time, which other programs disturb less.

    python benchmarks/engine_input.py BUNDLE... [--rounds 20] [--threads 1]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from inspector.imaging.simulation import render
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.engines import open_engine
from inspector.runtime.onnx_session import open_session

SIZES = ((256, 256), (1280, 720), (5472, 3648))
Way = Callable[[np.ndarray], object]


def ways(bundle: Bundle, threads: int) -> dict[str, Way]:
    """Resizing alone, the engine, and, where the network takes pixels, the network fed with the whole frame."""
    preprocessing = bundle.manifest.preprocessing.build()
    session = open_session(bundle.onnx(), bundle.folder, threads)
    found: dict[str, Way] = {
        "resized by OpenCV": preprocessing.resize,
        "engine": open_engine(bundle, "onnx", threads=threads).infer,
    }
    if session.get_inputs()[0].type == "tensor(uint8)":
        found["prepared by OpenCV"] = lambda image: preprocessing.pixels([image])
        found["network alone"] = lambda image: session.run(None, {"image": image[None]})
    else:
        found["prepared by OpenCV"] = lambda image: preprocessing.batch([image])
    return found


def measured(named: dict[str, Way], image: np.ndarray, rounds: int) -> dict[str, np.ndarray]:
    """(rounds, 2) milliseconds of each way: by the wall's clock, and of the processor in all threads."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in named}
    for turn in range(rounds + 2):
        for name, way in named.items():
            wall, busy = time.perf_counter(), time.process_time()
            way(image)
            if turn >= 2:
                found[name].append(((time.perf_counter() - wall) * 1e3, (time.process_time() - busy) * 1e3))
    return {name: np.array(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    cv2.setNumThreads(given.threads)
    named = {
        f"{path.name}: {name}": way
        for path in given.bundles
        for name, way in ways(load_bundle(path, verify=False), given.threads).items()
    }
    for width, height in SIZES:
        image = cv2.resize(render("washer", 1, 3).image, (width, height))
        for name, values in measured(named, image, given.rounds).items():
            wall, busy = np.median(values, axis=0)
            print(f"{width} x {height}  {name:45} {wall:8.2f}  fastest {values[:, 0].min():8.2f}  busy {busy:8.2f}")


if __name__ == "__main__":
    main()
