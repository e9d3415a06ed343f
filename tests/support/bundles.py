"""Model bundles for tests that need no trained network: real files, real hashes, made-up numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from inspector.data.dataset import Label, Split
from inspector.runtime.bundle import save_bundle
from inspector.runtime.manifest import Manifest, PreprocessingPart, ThresholdPart, TrainingPart
from inspector.runtime.scores import ScoreRow

STATE = {"bank": np.arange(12, dtype=np.float32).reshape(3, 4), "count": np.array(3, np.int64)}
NETWORK = b"not a network, but bytes with a hash"


def thresholds(fail: float = 2.5) -> ThresholdPart:
    return ThresholdPart(
        review=2.0, fail=fail, method="good_quantile", good_scores="cross_validated", n_good=3, n_defect=0
    )


def manifest(name: str = "Washer") -> Manifest:
    return Manifest(
        id="0123456789abcdef",
        name=name,
        created_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        detector="patchcore",
        parameters={"coreset_ratio": 0.1},
        image_size=256,
        has_map=True,
        backbone=None,
        preprocessing=PreprocessingPart(height=256, width=256, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2)),
        thresholds=thresholds(),
        training=TrainingPart(
            images=3, set_sha256="00", images_sha256=["a", "b", "c"], seed=0, fit_seconds=1.5, peak_rss_mb=200.0
        ),
        metrics={"image_auroc": 0.9, "n_good": 3},
        software={"inspector": "0.1.0"},
        files={},
    )


def score_rows() -> list[ScoreRow]:
    scores = [("a.png", Label.GOOD, 1.0), ("b.png", Label.GOOD, 1.25), ("c.png", Label.DEFECT, 1 / 3)]
    return [
        ScoreRow(sha256=name, name=name, label=label, kind=None, split=Split.TEST, score=score, cross_validated=False)
        for name, label, score in scores
    ]


def write_bundle(path: Path, scratch: Path, name: str = "Washer") -> Manifest:
    scratch.mkdir(parents=True, exist_ok=True)
    network = scratch / "network.onnx"
    network.write_bytes(NETWORK)
    return save_bundle(path, manifest(name), STATE, network, score_rows())
