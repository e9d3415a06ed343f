"""What detectors on frozen backbone features have in common: the backbone, the input size, batches, state."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from inspector.detectors.base import BackboneIdentity, Detector, DetectorSettings, Prediction, State, Timing
from inspector.detectors.cross_validation import fold_members, groups_of, refit_scores
from inspector.detectors.input_size import input_size
from inspector.detectors.maps import to_crop
from inspector.detectors.parameters import Parameters
from inspector.detectors.work import Material, Work
from inspector.errors import BundleError, TrainingError, WeightsError
from inspector.features.costs import FeatureCost, feature_cost
from inspector.features.registry import BackboneChoice, backbone_info
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from inspector.detectors.components.embedding_store import EmbeddingStore
    from inspector.features.loading import LoadedBackbone

_PREFIX = "backbone."


class FeatureDetector(Detector):
    """Subclasses say which layers they want by default, learn a network from images, and rebuild it from arrays."""

    layer_set: ClassVar[Literal["default", "pyramid"]] = "default"

    def __init__(self, settings: DetectorSettings, parameters: Parameters) -> None:
        super().__init__(settings, parameters)
        self._network: nn.Module | None = None
        self._store: EmbeddingStore | None = None
        """From `fit` to the end of `cross_validated_scores`."""

    @abstractmethod
    def _learn(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> nn.Module:
        """The fitted network, on the device of `backbone`."""

    @abstractmethod
    def _held_out_scores(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        folds: Sequence[NDArray[np.intp]],
        progress: Progress,
        cancel: CancelToken,
    ) -> NDArray[np.float64]:
        """Scores of images, each by what was learned from the other folds (indices of images, at least two folds);
        features are reused."""

    @abstractmethod
    def _work(self, features: FeatureCost, material: Material) -> Work:
        """See `Detector.work`, for features of which one picture costs this."""

    @abstractmethod
    def _backbone_of(self, network: nn.Module) -> LoadedBackbone:
        """The backbone inside of a network."""

    @abstractmethod
    def _learned_tensors(self, network: nn.Module) -> dict[str, Tensor]:
        """What `_rebuild` needs beside the backbone."""

    @abstractmethod
    def _rebuild(self, backbone: LoadedBackbone, tensors: dict[str, Tensor], preprocessing: Preprocessing) -> nn.Module:
        """The network from what `_learned_tensors` gave. KeyError, ValueError or RuntimeError: it does not fit."""

    def fit(self, images: Sequence[Image], progress: Progress, cancel: CancelToken) -> None:
        """See `Detector.fit`. Raises also `WeightsError` where the backbone cannot be had, and `TrainingError`
        `training_no_images`, `training_not_finite`, `out_of_memory`, `device_missing`."""
        import torch

        from inspector.detectors.components.embedding_store import EmbeddingStore
        from inspector.detectors.components.memory import memory_errors_named

        if not len(images):
            raise TrainingError("training_no_images")
        self._store = EmbeddingStore()
        with memory_errors_named(), torch.inference_mode():
            backbone, preprocessing = self._prepare(images, progress, cancel)
            self._network = self._learn(backbone, preprocessing, images, progress, cancel).eval()
        self.preprocessing = preprocessing
        self.backbone = BackboneIdentity(backbone.name, backbone.layers, backbone.weights_sha256, backbone.source)

    def _prepare(
        self, images: Sequence[Image], progress: Progress, cancel: CancelToken
    ) -> tuple[LoadedBackbone, Preprocessing]:
        """Backbone on its device, and input size for these images."""
        from inspector.detectors.components.batches import device_of
        from inspector.features.loading import load_backbone

        device = device_of(self.settings.device)
        backbone = load_backbone(self._choice(), progress, cancel)
        height, width = input_size(images, self.settings.image_size)
        return backbone.to(device), Preprocessing(height, width, backbone.mean, backbone.std)

    def cross_validated_scores(
        self,
        images: Sequence[Image],
        folds: int,
        progress: Progress,
        cancel: CancelToken,
        groups: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float64]:
        """See `Detector.cross_validated_scores`; with a single group, see `refit_scores`."""
        import torch

        from inspector.detectors.components.memory import memory_errors_named

        owners = groups_of(images, groups)
        if len(np.unique(owners)) < 2:
            return refit_scores(self, images, folds, progress, cancel, groups)
        parts = fold_members(owners, folds, self.settings.seed)
        with memory_errors_named(), torch.inference_mode():
            backbone, preprocessing = self._prepare(images, progress, cancel)
            scores = self._held_out_scores(backbone, preprocessing, images, parts, progress, cancel)
        self._store = None
        return scores

    def _embed(
        self,
        network: Callable[[Tensor], Tensor],
        images: Sequence[Image],
        preprocessing: Preprocessing,
        device: torch.device,
        progress: Progress,
        cancel: CancelToken,
    ) -> Iterator[Tensor]:
        """See `embed_images`; cross-validation finds what fitting has computed. `network` is always the same one."""
        from inspector.detectors.components.batches import embed_images

        return embed_images(network, images, preprocessing, device, progress, cancel, self._store)

    def _choice(self) -> BackboneChoice:
        choice = self.settings.backbone
        info = backbone_info(choice.name)
        layers = choice.layers or (info.default_layers if self.layer_set == "default" else info.pyramid_layers)
        return BackboneChoice(choice.name, choice.weights, layers)

    def _fitted(self) -> tuple[nn.Module, Preprocessing]:
        if self._network is None or self.preprocessing is None:
            raise RuntimeError("the detector is neither fitted nor loaded")
        return self._network, self.preprocessing

    def work(self, material: Material) -> Work:
        """See `Detector.work`."""
        return self._work(feature_cost(self._choice(), material.height, material.width), material)

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """See `Detector.predict`."""
        from inspector.detectors.components.batches import batch_size

        device = self._device()
        step = batch_size(device)
        found: list[Prediction] = []
        for start in range(0, len(images), step):
            found += self._predict_some([images[i] for i in range(start, min(start + step, len(images)))], device)
        return found

    def _predict_some(self, images: list[Image], device: torch.device) -> list[Prediction]:
        import torch

        network, preprocessing = self._fitted()
        begun = time.perf_counter()
        batch = torch.from_numpy(preprocessing.batch(images)).to(device)
        prepared = time.perf_counter()
        with torch.inference_mode():
            scores, maps = (value.cpu().numpy() for value in network(batch))
        computed = time.perf_counter()
        placed = [to_crop(item, image.shape[:2]) for item, image in zip(maps, images, strict=True)]
        share = 1000 / len(images)
        timing = Timing(
            (prepared - begun) * share, (computed - prepared) * share, (time.perf_counter() - computed) * share
        )
        return [Prediction(float(score), item, timing) for score, item in zip(scores, placed, strict=True)]

    def _device(self) -> torch.device:
        network, _ = self._fitted()
        device: torch.device = next(iter(network.state_dict().values())).device
        return device

    def network(self) -> nn.Module:
        """See `Detector.network`; the very module that predicts, moved to the CPU."""
        network, _ = self._fitted()
        return network.cpu()

    def state(self) -> State:
        """See `Detector.state`."""
        network, _ = self._fitted()
        tensors = {_PREFIX + key: value for key, value in self._backbone_of(network).body.state_dict().items()}
        tensors |= self._learned_tensors(network)
        return {key: value.cpu().contiguous().numpy() for key, value in tensors.items()}

    def load_state(self, state: Mapping[str, NDArray[np.generic]], preprocessing: Preprocessing) -> None:
        """See `Detector.load_state`."""
        import torch

        from inspector.detectors.components.batches import device_of
        from inspector.features.loading import architecture_only, load_tensors

        tensors = {key: torch.tensor(np.asarray(value)) for key, value in state.items()}
        choice = self._choice()
        try:
            with torch.inference_mode():
                backbone = architecture_only(choice.name, choice.layers)
                load_tensors(backbone, {key.removeprefix(_PREFIX): tensors[key] for key in tensors if _PREFIX in key})
                network = self._rebuild(backbone, tensors, preprocessing).eval()
        except (KeyError, ValueError, RuntimeError, WeightsError) as error:
            raise BundleError("bundle_weights_mismatch", reason=str(error).splitlines()[0]) from error
        self._network, self.preprocessing = network.to(device_of(self.settings.device)), preprocessing
