"""Small parts for detector tests: a bright disc on a grey ground with noise, and a planted dark square."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from inspector.detectors.base import BackboneChoice, Detector, DetectorSettings
from inspector.detectors.parameters import build
from inspector.detectors.registry import detector_type
from inspector.features.registry import DEFAULT_BACKBONE
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, no_progress

SIZE = 96
DEFECT = (slice(34, 46), slice(52, 64))


def good_part(seed: int, height: int = SIZE, width: int = SIZE) -> Image:
    rng = np.random.default_rng(seed)
    part = np.full((height, width, 3), (90, 100, 110), np.uint8)
    cv2.circle(part, (width // 2, height // 2), min(height, width) * 3 // 8, (200, 190, 180), -1)
    return np.clip(part + rng.normal(0, 4, part.shape), 0, 255).astype(np.uint8)


def bad_part(seed: int) -> Image:
    part = good_part(seed)
    part[DEFECT] = (30, 40, 160)
    return part


def good_parts(n: int) -> list[Image]:
    return [good_part(seed) for seed in range(n)]


def make(
    detector_id: str, size: int = SIZE, seed: int = 0, backbone: str = DEFAULT_BACKBONE, **values: object
) -> Detector:
    kind = detector_type(detector_id)
    settings = DetectorSettings(BackboneChoice(backbone), size, seed, "cpu")
    return kind(settings, build(kind.parameters_type, dict(values), "quick"))


def fitted(detector_id: str, images: Sequence[Image], **values: object) -> Detector:
    detector = make(detector_id, **values)
    detector.fit(images, no_progress, CancelToken())
    return detector
