"""Small parts for detector tests: a bright disc on a grey ground with noise, and a planted dark square."""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2
import numpy as np

from inspector.detectors.base import BackboneChoice, Detector, DetectorSettings, Extras
from inspector.detectors.parameters import Value, build, declarations
from inspector.detectors.registry import detector_ids, detector_type
from inspector.features.registry import DEFAULT_BACKBONE
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, no_progress

SMALL: dict[str, dict[str, Value]] = {
    "spade": {"neighbours": 2},
    "cpr": {"steps": 30, "batch": 2, "dimensions": 48},
    "stfpm": {"steps": 80, "batch": 4},
    "reverse_distillation": {"steps": 24, "batch": 2, "narrowing": 8},
    "efficientad": {
        "width": 0.0625,
        "distillation_steps": 8,
        "distillation_batch": 4,
        "steps": 30,
        "learning_rate": 3e-3,
    },
    "fastflow": {"steps": 20, "batch": 4, "flow_steps": 2, "hidden_ratio": 0.1},
    "csflow": {"steps": 12, "batch": 4, "flow_steps": 1, "hidden": 4},
    "simplenet": {"steps": 60, "batch": 2, "hidden": 64},
    "supersimplenet": {"steps": 100, "batch": 2, "hidden": 32, "learning_rate": 2e-3, "noise": 0.3},
    "autoencoder": {"steps": 60, "batch": 4, "width": 8, "code": 16, "learning_rate": 3e-3},
    "vae": {"steps": 60, "batch": 4, "width": 8, "code": 16, "learning_rate": 3e-3},
    "ganomaly": {"steps": 240, "batch": 4, "width": 8, "code": 16, "learning_rate": 1e-3},
    "cutpaste": {"steps": 60, "batch": 4, "width": 8},
    "regad": {"steps": 10, "batch": 2, "pictures": 30, "dimensions": 40},
    "draem": {"steps": 200, "batch": 2, "repairing_width": 8, "judging_width": 8, "learning_rate": 2e-3},
    "riad": {"steps": 100, "batch": 2, "width": 8, "learning_rate": 5e-3, "cells": "4,8"},
    "denoising_autoencoder": {"steps": 100, "batch": 2, "width": 8, "learning_rate": 5e-3},
    "anogan": {"steps": 240, "encoder_steps": 120, "batch": 4, "side": "32", "latent": 8, "learning_rate": 2e-3},
    "cyclegan": {"steps": 60, "width": 8, "blocks": 1, "critic_width": 16},
}
"""Parameters with which a method learns these parts well enough within seconds."""

_COUNTS = ("steps", "encoder_steps", "distillation_steps")

SLACK: dict[str, int] = {"csflow": 12, "cutpaste": 12, "draem": 8, "regad": 12}
"""Pixels by which a map's peak may miss the defect, of methods whose maps are coarser than four pixels."""

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


def other_part(seed: int) -> Image:
    """A good part of another product: a bright bar."""
    part = np.full((SIZE, SIZE, 3), (60, 50, 40), np.uint8)
    cv2.rectangle(part, (30, 10), (66, 86), (170, 200, 210), -1)
    return np.clip(part + np.random.default_rng(seed).normal(0, 4, part.shape), 0, 255).astype(np.uint8)


def ids(calibration: str) -> list[str]:
    """The methods that get their unseen scores so."""
    return [name for name in detector_ids() if detector_type(name).calibration == calibration]


def make(
    detector_id: str, size: int = SIZE, seed: int = 0, backbone: str = DEFAULT_BACKBONE, **values: object
) -> Detector:
    kind = detector_type(detector_id)
    settings = DetectorSettings(BackboneChoice(backbone), size, seed, "cpu")
    detector = kind(settings, build(kind.parameters_type, {**SMALL.get(detector_id, {}), **values}, "quick"))
    detector.extras = Extras(
        defects=[bad_part(seed) for seed in range(900, 906)],
        others={"bar": [other_part(seed) for seed in range(6)]},
    )
    return detector


def fitted(detector_id: str, images: Sequence[Image], **values: object) -> Detector:
    detector = make(detector_id, **values)
    detector.fit(images, no_progress, CancelToken())
    return detector


def few_steps(detector_id: str) -> dict[str, Value]:
    """Values for tests that do not ask how well a method has learned."""
    declared = {item.name for item in declarations(detector_type(detector_id).parameters_type)}
    return {name: 4 for name in _COUNTS if name in declared}


class CancellingImages(list[Image]):
    """Images that ask for cancel when one of them is read."""

    def __init__(self, images: list[Image], token: CancelToken, at: int) -> None:
        super().__init__(images)
        self.token, self.at, self.asked = token, at, 0.0

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        if index == self.at and not self.token.cancelled:
            self.asked = time.perf_counter()
            self.token.cancel()
        return super().__getitem__(index)
