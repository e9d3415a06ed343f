"""What a bundle says of the training that made it: manifest and score rows from what the steps of training produced."""

from __future__ import annotations

import platform
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from inspector import __version__
from inspector.data.dataset import Sample
from inspector.detectors.base import Detector
from inspector.detectors.parameters import as_values
from inspector.errors import TrainingError
from inspector.jobs.measures import peak_rss_mb
from inspector.jobs.samples import content_hash
from inspector.jobs.scoring import Scored
from inspector.messages import sentence
from inspector.runtime.manifest import (
    BackbonePart,
    Manifest,
    ParityPart,
    PreprocessingPart,
    RegionPart,
    ThresholdPart,
    TilingPart,
    TrainingPart,
)
from inspector.runtime.scores import ScoreRow

_NO_SPREAD = 1e-6
"""Relative; what rounding alone does to the scores of equal pictures."""
_LIBRARIES = ("torch", "torchvision", "onnx", "onnxruntime", "numpy", "cv2")


def describe(
    detector: Detector,
    name: str,
    region: RegionPart,
    tiling: TilingPart | None,
    thresholds: ThresholdPart,
    training: TrainingPart,
    parity: ParityPart,
) -> Manifest:
    """The manifest of a new bundle, but for `metrics`, which come later, and `files`, which `save_bundle` fills in.

    The detector must be fitted.
    """
    if detector.preprocessing is None:
        raise ValueError("the detector is not fitted")
    used = detector.backbone
    return Manifest(
        id=uuid.uuid4().hex,
        name=name,
        created_at=datetime.now(UTC),
        detector=detector.id,
        parameters=as_values(detector.parameters),
        image_size=detector.settings.image_size,
        has_map=detector.has_map,
        backbone=BackbonePart(**asdict(used)) if used else None,
        preprocessing=PreprocessingPart(**asdict(detector.preprocessing)),
        region=region,
        tiling=tiling,
        thresholds=thresholds,
        training=training,
        parity=parity,
        software=_software(),
        files={},
    )


@dataclass(frozen=True)
class Material:
    """What took part in a training: good samples that were learned from, good ones that were kept away from it for the
    thresholds, and defects that were learned from."""

    learned: Sequence[Sample]
    held_out: Sequence[Sample] = ()
    defects: Sequence[Sample] = ()


def training_part(material: Material, seed: int, seconds: float, facts: Mapping[str, float]) -> TrainingPart:
    """What the manifest says of it; the hash of the set does not depend on the order of its images."""
    hashes = [content_hash(sample) for sample in (*material.learned, *material.held_out, *material.defects)]
    return TrainingPart(
        images=len(material.learned) + len(material.held_out),
        held_out=len(material.held_out),
        defects=len(material.defects),
        facts=dict(facts),
        set_sha256=sha256("\n".join(sorted(hashes)).encode()).hexdigest(),
        images_sha256=hashes,
        seed=seed,
        fit_seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
    )


def _software() -> dict[str, str]:
    """Versions of what took part in this process."""
    libraries = {name: str(sys.modules[name].__version__) for name in _LIBRARIES if name in sys.modules}
    return {"inspector": __version__, "python": platform.python_version(), **libraries}


def unseen_rows(samples: Sequence[Sample], scores: NDArray[np.float64]) -> list[ScoreRow]:
    """Good samples of the training, each with the score of a detector that had not learned from it."""
    pairs = zip(samples, scores, strict=True)
    return [_row(sample, float(score), cross_validated=True) for sample, score in pairs]


def held_out_rows(scored: Sequence[Scored]) -> list[ScoreRow]:
    """Each held-out sample with the score of the bundle's own detector."""
    return [_row(item.sample, item.score, cross_validated=False) for item in scored]


def _row(sample: Sample, score: float, *, cross_validated: bool) -> ScoreRow:
    return ScoreRow(
        sha256=content_hash(sample),
        name=sample.path.name,
        label=sample.label,
        kind=sample.kind,
        split=sample.split,
        score=score,
        cross_validated=cross_validated,
    )


def tiling_remarks(detector: Detector, tiling: TilingPart | None) -> list[str]:
    """What a person should know of a method that was given tiles, as sentences."""
    if tiling is not None and detector.learns_places:
        return [sentence(TrainingError("training_tiles_alike", method=detector.title))]
    return []


def remarks(good_scores: NDArray[np.float64]) -> list[str]:
    """What a person should know before trusting thresholds that rest on these scores, as sentences."""
    if len(good_scores) == 1:
        return [sentence(TrainingError("training_one_picture"))]
    if np.ptp(good_scores) <= _NO_SPREAD * max(1.0, float(np.abs(good_scores).max())):
        return [sentence(TrainingError("training_all_alike", count=len(good_scores)))]
    return []
