"""What detectors have in common whose whole prediction is one torch module: batches, devices, timing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from inspector.detectors.base import BackboneIdentity, Detector, DetectorSettings, Prediction, Timing
from inspector.detectors.input_size import input_size
from inspector.detectors.maps import to_crop
from inspector.detectors.parameters import Parameters
from inspector.features.registry import BackboneChoice, backbone_info
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inspector.features.loading import LoadedBackbone


class NetworkDetector(Detector):
    """Subclasses set `_network` and `preprocessing` when they have been fitted or loaded."""

    layer_set: ClassVar[Literal["default", "pyramid"]] = "default"
    """Which layers are used where nobody chose some."""

    def __init__(self, settings: DetectorSettings, parameters: Parameters) -> None:
        super().__init__(settings, parameters)
        self._network: nn.Module | None = None

    def _fitted(self) -> tuple[nn.Module, Preprocessing]:
        if self._network is None or self.preprocessing is None:
            raise RuntimeError("the detector is neither fitted nor loaded")
        return self._network, self.preprocessing

    def _choice(self) -> BackboneChoice:
        choice = self.settings.backbone
        info = backbone_info(choice.name)
        layers = choice.layers or (info.default_layers if self.layer_set == "default" else info.pyramid_layers)
        return BackboneChoice(choice.name, choice.weights, layers)

    def _load_backbone(self, progress: Progress, cancel: CancelToken) -> LoadedBackbone:
        from inspector.features.loading import load_backbone

        return load_backbone(self._choice(), progress, cancel)

    def _preprocessing_for(self, images: Sequence[Image], backbone: LoadedBackbone | None) -> Preprocessing:
        """The input size for these images, normalised as the backbone wants it; without one, RGB in [0, 1]."""
        side = self.settings.image_size
        height, width = (side, side) if self.square_only else input_size(images, side)
        if backbone is None:
            return Preprocessing(height, width, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        return Preprocessing(height, width, backbone.mean, backbone.std)

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
            outputs = network(batch)
            scores = (outputs[0] if self.has_map else outputs).tolist()
            maps = outputs[1].cpu().numpy() if self.has_map else None
        computed = time.perf_counter()
        placed = [None if maps is None else to_crop(maps[place], image.shape[:2]) for place, image in enumerate(images)]
        share = 1000 / len(images)
        timing = Timing(
            (prepared - begun) * share, (computed - prepared) * share, (time.perf_counter() - computed) * share
        )
        return [Prediction(score, item, timing) for score, item in zip(scores, placed, strict=True)]

    def _device(self) -> torch.device:
        network, _ = self._fitted()
        device: torch.device = next(iter(network.state_dict().values())).device
        return device

    def network(self) -> nn.Module:
        """See `Detector.network`; the very module that predicts, moved to the CPU."""
        network, _ = self._fitted()
        return network.cpu()


def identity(backbone: LoadedBackbone) -> BackboneIdentity:
    """What the manifest says of a backbone."""
    return BackboneIdentity(backbone.name, backbone.layers, backbone.weights_sha256, backbone.source)
