"""What detectors on frozen backbone features have in common: the backbone, the input size, batches, state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inspector.detectors.base import DetectorSettings, State
from inspector.detectors.cross_validation import fold_members, groups_of, refit_scores
from inspector.detectors.network_detector import NetworkDetector, identity
from inspector.detectors.parameters import Parameters
from inspector.detectors.work import Material, Work
from inspector.errors import BundleError, TrainingError, WeightsError
from inspector.features.costs import FeatureCost, feature_cost
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from inspector.detectors.components.embedding_store import EmbeddingStore
    from inspector.features.loading import LoadedBackbone

_PREFIX = "backbone."


class FeatureDetector(NetworkDetector):
    """Subclasses say which layers they want by default, learn a network from images, and rebuild it from arrays."""

    def __init__(self, settings: DetectorSettings, parameters: Parameters) -> None:
        super().__init__(settings, parameters)
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
        self.preprocessing, self.backbone = preprocessing, identity(backbone)

    def _prepare(
        self, images: Sequence[Image], progress: Progress, cancel: CancelToken
    ) -> tuple[LoadedBackbone, Preprocessing]:
        """Backbone on its device, and input size for these images."""
        from inspector.detectors.components.batches import device_of

        backbone = self._load_backbone(progress, cancel).to(device_of(self.settings.device))
        return backbone, self._preprocessing_for(images, backbone)

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

    def work(self, material: Material) -> Work:
        """See `Detector.work`."""
        return self._work(feature_cost(self._choice(), material.height, material.width), material)

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
