"""`manifest.json`, the readable part of a model bundle; importing this needs neither torch nor onnxruntime."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inspector.evaluation.judge import Thresholds
from inspector.imaging.preprocessing import Preprocessing
from inspector.imaging.regions import Region
from inspector.imaging.tiling import DEFAULT_OVERLAP, LARGEST, SMALLEST, Tiling

FORMAT_VERSION: Final = 2
"""1: `model.onnx` takes (N, 3, height, width) float32, normalised. 2: it takes (N, H, W, 3) uint8 BGR."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class BackbonePart(_Part):
    """Which features: `weights_sha256` is the hash of the weights' file (of the tensors where there is no
    file); `source` says where from."""

    name: str
    layers: tuple[str, ...]
    weights_sha256: str
    source: Literal["embedded", "file", "download"]


class PreprocessingPart(_Part):
    """See `imaging.preprocessing.Preprocessing`."""

    height: int = Field(ge=1)
    width: int = Field(ge=1)
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def build(self) -> Preprocessing:
        """The working object."""
        return Preprocessing(self.height, self.width, self.mean, self.std)


class RegionPart(_Part):
    """Region of interest in frame pixels (x, y, width, height), or None for the whole frame, and ignored polygons in
    crop pixels."""

    roi: tuple[int, int, int, int] | None = None
    ignore: list[list[tuple[int, int]]] = []

    @classmethod
    def of(cls, region: Region) -> RegionPart:
        """The stored form of a region."""
        return cls(roi=region.roi, ignore=[list(polygon) for polygon in region.ignore])

    def build(self) -> Region:
        """The working object. Raises `ImageError` (`region_too_small`, `region_polygon`)."""
        return Region(self.roi, self.ignore)


class TilingPart(_Part):
    """Tiles of `size` × `size` crop pixels, neighbours sharing `overlap` pixels. See `imaging.tiling.Tiling`."""

    size: int = Field(ge=SMALLEST, le=LARGEST)
    overlap: int = Field(ge=0)

    @model_validator(mode="after")
    def _at_most_half(self) -> TilingPart:
        if 2 * self.overlap > self.size:
            raise ValueError("more than half of a tile overlaps")
        return self

    @classmethod
    def sharing(cls, size: int, share: float = DEFAULT_OVERLAP) -> TilingPart:
        """Tiles that overlap by a share (0 to 0.5) of their size."""
        return cls(size=size, overlap=int(size * share))

    def build(self) -> Tiling:
        """The working object."""
        return Tiling(self.size, self.overlap)


class ThresholdPart(_Part):
    """Raw-score thresholds and how they were obtained.

    `method`: `good_quantile` (robust fit to good scores), `best_f1`, `no_escape` or `manual`. `good_scores` tells
    whether the good scores were cross-validated, and `n_good`, `n_defect` how many scores stood behind the choice.
    `target_reject_rate` is the share of good parts the method was asked to reject, where it aims at one.
    """

    review: float
    fail: float
    method: Literal["good_quantile", "best_f1", "no_escape", "manual"]
    good_scores: Literal["cross_validated", "held_out", "augmented", "none"]
    n_good: int
    n_defect: int
    target_reject_rate: float | None = None

    def build(self) -> Thresholds:
        """The working object."""
        return Thresholds(self.review, self.fail)


class ParityPart(_Part):
    """How far ONNX Runtime and torch were apart at export, over `images` images; relative to the spread of the torch
    values: the largest difference of a score, and what 99 % of all differences in maps do not exceed.

    `resize_score_difference`: how far scores move, relative to their spread, when the network resizes crops itself and
    OpenCV does not. It tells what programs may expect that feed it with whole crops; None in format 1, whose
    network cannot.
    """

    images: int
    max_score_difference: float
    max_map_difference: float
    tolerance: float
    resize_score_difference: float | None = Field(default=None, exclude_if=lambda value: value is None)


class TrainingPart(_Part):
    """What it was trained on: `images_sha256` lists the content hash of every image that took part, `set_sha256` the
    hash of that list. Of the good `images`, `held_out` were not learned from: thresholds come from their scores;
    `defects` more were learned from. `facts`: what the method found out about itself while it learned."""

    images: int
    held_out: int = Field(default=0, exclude_if=lambda value: not value)
    defects: int = Field(default=0, exclude_if=lambda value: not value)
    facts: dict[str, float] = Field(default_factory=dict, exclude_if=lambda value: not value)
    set_sha256: str
    images_sha256: list[str]
    seed: int
    fit_seconds: float
    peak_rss_mb: float


class Manifest(_Part):
    """All that a bundle says of itself. Unknown keys are refused: a newer format has a higher `format_version`."""

    format_version: Literal[1, 2] = FORMAT_VERSION
    id: str
    name: str
    created_at: datetime
    detector: str
    parameters: dict[str, bool | int | float | str]
    image_size: int
    has_map: bool
    backbone: BackbonePart | None
    preprocessing: PreprocessingPart
    region: RegionPart = RegionPart()
    tiling: TilingPart | None = Field(default=None, exclude_if=lambda value: value is None)
    """How crops are cut into tiles; None: they are judged whole."""
    thresholds: ThresholdPart
    training: TrainingPart
    parity: ParityPart | None = None
    metrics: dict[str, Any] = {}
    software: dict[str, str]
    files: dict[str, str]
    """File name to SHA-256 of every other file in the bundle."""


_SEAL = "manifest_sha256"


def sealed(manifest: Manifest) -> bytes:
    """The file's content: the manifest and a hash of it, since no other file can hold that one."""
    content = manifest.model_dump(mode="json")
    return json.dumps({**content, _SEAL: _hash(content)}, indent=2, ensure_ascii=False).encode("utf-8")


def unsealed(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What a manifest file says, and whether its hash fits; a file without one counts as intact."""
    content = {key: value for key, value in raw.items() if key != _SEAL}
    return content, _SEAL not in raw or raw[_SEAL] == _hash(content)


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
