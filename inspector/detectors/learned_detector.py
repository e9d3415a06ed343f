"""What detectors have in common that train a network of their own by many small steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from inspector.detectors.base import State
from inspector.detectors.network_detector import NetworkDetector, identity
from inspector.detectors.work import Material, Work
from inspector.errors import BundleError, TrainingError, WeightsError
from inspector.features.costs import FeatureCost, feature_cost
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone


class LearnedDetector(NetworkDetector):
    """Subclasses build the whole network that predicts, and teach it. Its `state_dict` is all there is to save.

    What only training needs (a discriminator, optimisers) is made in `_teach` and forgotten there.
    """

    calibration: ClassVar[Literal["cross_validated", "held_out"]] = "held_out"
    channels_last: ClassVar[bool] = False
    """Train in that layout. On a processor it takes a third to a half of the time off convolutions at full size, and
    adds as much where maps are permuted or small."""

    @abstractmethod
    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        """The network of `Detector.network`, untrained, its shapes given by parameters, backbone and input size alone.
        `backbone` is None where `needs_backbone` is False; where it is part of the network, it is saved with it."""

    @abstractmethod
    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        """Train what `_build` made, in place and on its device. Gradients are on, torch's random numbers are seeded."""

    @abstractmethod
    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        """See `Detector.work`, for features of which one picture costs this; None where `needs_backbone` is False."""

    def fit(self, images: Sequence[Image], progress: Progress, cancel: CancelToken) -> None:
        """See `Detector.fit`. Raises also `WeightsError` where the backbone cannot be had, and `TrainingError`
        `training_no_images`, `training_diverged`, `out_of_memory`, `device_missing`."""
        import torch

        from inspector.detectors.components.batches import device_of
        from inspector.detectors.components.learning import seeded
        from inspector.detectors.components.memory import memory_errors_named
        from inspector.detectors.components.pictures import Pictures

        self._check(images)
        self.facts = {}
        device = device_of(self.settings.device)
        with memory_errors_named(), seeded(self.settings.seed):
            backbone = self._load_backbone(progress, cancel) if self.needs_backbone else None
            preprocessing = self._preprocessing_for(images, backbone)
            layout = torch.channels_last if self.channels_last else torch.contiguous_format
            network = self._build(backbone, preprocessing).to(device).to(memory_format=layout)  # type: ignore[call-overload]
            self._teach(network, Pictures(images, preprocessing, device, cancel), progress, cancel)
        network.to(memory_format=torch.contiguous_format)  # as it will be loaded, so that it judges alike
        self._network, self.preprocessing = network.eval().requires_grad_(False), preprocessing
        self.backbone = identity(backbone) if backbone is not None else None

    def _check(self, images: Sequence[Image]) -> None:
        if not len(images):
            raise TrainingError("training_no_images")
        if self.needs_defects and not len(self.extras.defects):
            raise TrainingError("training_needs_defects", method=self.title)
        if self.needs_others and not self.extras.others:
            raise TrainingError("training_needs_others", method=self.title)

    def work(self, material: Material) -> Work:
        """See `Detector.work`."""
        features = feature_cost(self._choice(), material.height, material.width) if self.needs_backbone else None
        return self._work(features, material)

    def state(self) -> State:
        """See `Detector.state`."""
        network, _ = self._fitted()
        return {key: value.cpu().contiguous().numpy() for key, value in network.state_dict().items()}

    def load_state(self, state: Mapping[str, NDArray[np.generic]], preprocessing: Preprocessing) -> None:
        """See `Detector.load_state`."""
        import torch

        from inspector.detectors.components.batches import device_of
        from inspector.features.loading import architecture_only

        choice = self._choice() if self.needs_backbone else None
        try:
            backbone = architecture_only(choice.name, choice.layers) if choice else None
            network = self._build(backbone, preprocessing)
            tensors = {key: torch.tensor(np.asarray(value)) for key, value in state.items()}
            network.load_state_dict(tensors, assign=True)  # the backbone has no memory of its own yet
        except (KeyError, ValueError, RuntimeError, WeightsError) as error:
            raise BundleError("bundle_weights_mismatch", reason=str(error).splitlines()[0]) from error
        self._network = network.eval().requires_grad_(False).to(device_of(self.settings.device))
        self.preprocessing = preprocessing
