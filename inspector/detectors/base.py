"""The detector seam: what every anomaly detection method offers and nothing more.

Thresholds, verdicts and smoothing for display are outside. Importing this module does not import torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from inspector.detectors.parameters import Parameters
from inspector.detectors.work import Material, Work
from inspector.features.registry import BackboneChoice as BackboneChoice
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

State = dict[str, NDArray[np.generic]]
"""Everything a fitted detector needs, as named arrays: goes to `weights.safetensors`."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds spent on one image."""

    preprocess_ms: float = 0.0
    inference_ms: float = 0.0
    postprocess_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        """All steps together."""
        return self.preprocess_ms + self.inference_ms + self.postprocess_ms


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a detector says of one crop.

    `score` is raw: any finite float, larger is more unusual, never rescaled, clipped or rounded. `anomaly_map` is
    float32 (H, W) in the crop's own coordinates, raw as well, or None for methods that judge whole images only.
    """

    score: float
    anomaly_map: NDArray[np.float32] | None
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True)
class DetectorSettings:
    """What every detector is made with, beside its own parameters. `device` is `auto`, `cpu` or `cuda`."""

    backbone: BackboneChoice
    image_size: int = 256
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class BackboneIdentity:
    """The features a fitted detector really uses, for the manifest: `layers` are the resolved ones, `weights_sha256` is
    the hash of the weights' file (of the tensors where there is no file), `source` says where they came from."""

    name: str
    layers: tuple[str, ...]
    weights_sha256: str
    source: Literal["embedded", "file", "download"]


@dataclass(frozen=True)
class Extras:
    """What a training may offer beside good crops of the product, for the few methods that use it: crops that are
    labelled as defective, and good crops of other products by their names. All BGR uint8, read lazily."""

    defects: Sequence[Image] = ()
    others: Mapping[str, Sequence[Image]] = field(default_factory=dict)


class Detector(ABC):
    """A method: made with settings and parameters, then either fitted or loaded, then asked for predictions.

    A subclass lives in one file of this folder and has one line in `registry.py`. It imports torch only inside
    functions (networks live in `components/`), so that forms can read its declaration without torch.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    parameters_type: ClassVar[type[Parameters]]
    needs_backbone: ClassVar[bool] = True
    has_map: ClassVar[bool] = True
    learns_places: ClassVar[bool] = False
    """Whether it learns what is usual at each place of a crop, so that all crops have to show the same view."""

    square_only: ClassVar[bool] = False
    """Whether crops of any shape are squeezed to a square, instead of keeping the shape that they share."""
    calibration: ClassVar[Literal["cross_validated", "held_out"]] = "cross_validated"
    """Where scores of unseen good crops come from. `cross_validated`: each crop is scored by what was learned from the
    others. `held_out`: a fifth of the good crops is kept away from `fit`, because learning takes too long to be
    repeated for each part of them."""
    needs_defects: ClassVar[bool] = False
    """Whether it cannot learn without `Extras.defects`."""
    needs_others: ClassVar[bool] = False
    """Whether it cannot learn without `Extras.others`."""

    def __init__(self, settings: DetectorSettings, parameters: Parameters) -> None:
        self.settings = settings
        self.parameters = parameters
        self.extras = Extras()
        """Set before `fit` by whoever has them."""
        self.facts: dict[str, float] = {}
        """What fitting found out about itself, for the manifest: names in snake_case, as `covering_radius`."""
        self.preprocessing: Preprocessing | None = None
        """Fixed by `fit` or `load_state`; the engines and the manifest take it from here."""
        self.backbone: BackboneIdentity | None = None
        """Set by `fit` where `needs_backbone`; the manifest takes it from here."""

    @abstractmethod
    def fit(self, images: Sequence[Image], progress: Progress, cancel: CancelToken) -> None:
        """Learn from good crops (BGR uint8, any sizes, at least one; read lazily, an item is loaded at each access).

        Raises `TrainingError` if these images cannot be learned from, also `training_needs_defects` and
        `training_needs_others`; `Cancelled` within a second of being asked.
        """

    @abstractmethod
    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """Raw scores and maps of crops (BGR uint8, any sizes), in order."""

    @abstractmethod
    def work(self, material: Material) -> Work:
        """What `fit` and `cross_validated_scores` will cost, by arithmetic alone. Raises `WeightsError` for unknown
        features."""

    @abstractmethod
    def network(self) -> nn.Module:
        """The fitted detector as one module on the CPU in eval mode, for export.

        Takes (N, 3, H, W) float32 as `preprocessing` makes it; returns scores (N,) float32 and maps (N, H, W) float32
        at the input's size, or the scores alone where the method has no map.
        """

    @abstractmethod
    def state(self) -> State:
        """All learned arrays, backbone included: a bundle needs nothing from outside."""

    @abstractmethod
    def load_state(self, state: Mapping[str, NDArray[np.generic]], preprocessing: Preprocessing) -> None:
        """Take back what `state` gave; afterwards predictions are equal to before. Raises `BundleError` if it does
        not fit."""

    def cross_validated_scores(
        self,
        images: Sequence[Image],
        folds: int,
        progress: Progress,
        cancel: CancelToken,
        groups: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float64]:
        """Score every good image by a detector that has not seen it, (N,) float64 in the order of `images`.

        `groups` (N,) numbers what belongs together, as tiles of one picture do: nothing of an image's group was seen
        either. None: every image stands for itself. The default refits on each fold; a method that can reuse features
        between folds overrides it.
        """
        from inspector.detectors.cross_validation import refit_scores

        return refit_scores(self, images, folds, progress, cancel, groups)
