"""Memory and time of a fit on very many pictures: memory has to be bounded by the bank, not by the pictures.

Pictures are made when asked for, from a hundred washers of the simulated line that are moved, turned, lit and noised,
so that no two are alike and none is held.

    python benchmarks/many_images.py [--images 10000] [--detector patchcore] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from inspector.detectors.base import DetectorSettings
from inspector.detectors.parameters import build
from inspector.detectors.registry import detector_type
from inspector.features.registry import DEFAULT_BACKBONE, BackboneChoice
from inspector.imaging.frame import Image
from inspector.imaging.simulation import render
from inspector.jobs.measures import peak_rss_mb
from inspector.tasks import CancelToken

SIDE, DRAWN = 256, 100


class Pictures(Sequence[Image]):
    """`count` good washers of 256 x 256 pixels."""

    def __init__(self, count: int) -> None:
        self._count = count
        parts = (render("washer", 7, index).image for index in range(DRAWN))
        self._drawn = [cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for part in parts]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        if index >= self._count:
            raise IndexError(index)
        generator = np.random.default_rng(index)
        matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), generator.uniform(-3, 3), 1.0)
        matrix[:, 2] += generator.uniform(-3, 3, 2)
        part = cv2.warpAffine(self._drawn[index % DRAWN], matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101)
        seen = part * generator.uniform(0.95, 1.05) + generator.normal(0, 2, part.shape)
        return np.clip(seen, 0, 255).astype(np.uint8)


def main() -> None:
    arguments = _arguments()
    kind = detector_type(arguments.detector)
    settings = DetectorSettings(BackboneChoice(DEFAULT_BACKBONE), SIDE)
    detector = kind(settings, build(kind.parameters_type, {}))
    pictures = Pictures(arguments.images)
    begun = time.perf_counter()
    detector.fit(pictures, tell, CancelToken())
    result = {
        "images": arguments.images, "detector": arguments.detector, "fit_s": round(time.perf_counter() - begun, 1),
        "peak_mb": round(peak_rss_mb()), "learned": {name: value.shape for name, value in _learned(detector).items()},
    }  # fmt: skip
    print(json.dumps(result))
    if arguments.json:
        arguments.json.write_text(json.dumps(result))


def _learned(detector: object) -> dict[str, np.ndarray]:
    state: dict[str, np.ndarray] = detector.state()  # type: ignore[attr-defined]
    return {name: value for name, value in state.items() if not name.startswith("backbone.")}


def tell(done: int, total: int, stage: str, value: float | None = None) -> None:
    """A line now and then."""
    if done % 500 == 0:
        print(f"\r{stage} {done} of {total}, {peak_rss_mb():.0f} MB   ", end="", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--detector", default="patchcore")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
