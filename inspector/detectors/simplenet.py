"""SimpleNet: a small network tells features of good parts from the same features with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.detectors.components.simplenet_network import SimpleNetNetwork
    from inspector.features.loading import LoadedBackbone

_ADAPTOR_RATE, _DISCRIMINATOR_RATE, _WEIGHT_DECAY = 1e-4, 2e-4, 1e-5


@dataclass(frozen=True)
class SimpleNetParameters(Parameters):
    """See `SimpleNet`."""

    steps: int = shared_parameters.training_steps(
        4000,
        "In each the network compares the patches of one batch of pictures with the same plus noise.",
        quick=400,
        maximum=200_000,
    )
    batch: int = shared_parameters.batch_size(8, quick=2, maximum=64)
    noise: float = parameter(
        0.05,
        "Noise",
        "How strong the noise is, as a share of how much each feature varies over good parts.",
        minimum=0.001,
        maximum=2.0,
    )
    hidden: int = parameter(
        1024,
        "Width",
        "How many units the network has that tells good from noisy.",
        minimum=8,
        maximum=4096,
        quick=256,
    )
    neighbourhood: int = parameter(
        3,
        "Neighbourhood",
        "Each patch is averaged with its neighbours over a square of this side (odd).",
        minimum=1,
        maximum=9,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class SimpleNet(LearnedDetector):
    """Liu et al., CVPR 2023, arXiv 2303.15140.

    Departures: layers are averaged over a neighbourhood and stacked at their own widths (no adaptive pooling to 1536);
    nothing is cropped away; features are standardised on good parts and noise is a share of their deviation, since the
    paper's 0.015 is meant for one network's features; noise is added before the adaptor, which starts as a half
    whitening, or a short training learns next to nothing; the schedule is fixed and its last state kept, where the
    authors' program keeps the best one on the test pictures; steps are counted, not epochs.
    """

    id: ClassVar[str] = "simplenet"
    title: ClassVar[str] = "SimpleNet"
    summary: ClassVar[str] = (
        "Learns to tell features of good parts from the same with noise. Judges fast; parts may lie anywhere."
    )
    parameters_type: ClassVar[type[Parameters]] = SimpleNetParameters

    @property
    def _chosen(self) -> SimpleNetParameters:
        return cast(SimpleNetParameters, self.parameters)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.simplenet_network import SimpleNetNetwork
        from inspector.detectors.components.smoothing import MapUpsampling
        from inspector.detectors.components.standardised_embedding import StandardisedEmbedding

        assert backbone is not None
        features = StandardisedEmbedding(backbone, self._chosen.neighbourhood)
        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return SimpleNetNetwork(features, self._chosen.hidden, upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.frozen_maps import FrozenMaps
        from inspector.detectors.components.learning import Course, descend, mixed_precision

        fitted, chosen = cast("SimpleNetNetwork", network), self._chosen
        fitted.start_from(fitted.features.learn(pictures, self.settings.seed, progress, cancel))
        features = FrozenMaps(pictures, lambda batch: [fitted.features(batch)], cancel)
        discriminator = {"params": fitted.discriminator.parameters(), "lr": _DISCRIMINATOR_RATE}
        optimiser = torch.optim.AdamW(
            [{"params": fitted.adaptor.parameters(), "lr": _ADAPTOR_RATE}, discriminator], weight_decay=_WEIGHT_DECAY
        )
        fitted.train()
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        for indices in course:
            patches = features.batch(indices)[0].permute(0, 2, 3, 1).flatten(0, 2)
            with mixed_precision(pictures.device):
                loss = fitted.loss(patches, chosen.noise)
            course.tell(loss)
            descend(loss, optimiser)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        assert features is not None
        chosen, channels = self._chosen, features.channels
        weights = channels * (channels + 1) + chosen.hidden * (channels + 6)
        learned = features.positions * (channels**2 + channels * chosen.hidden)
        return learner_work(
            material,
            passes=chosen.steps * chosen.batch,
            trained=learned + features.positions * channels * chosen.hidden,
            judged=learned + features.operations / 2,
            weights=weights,
            saved=features.weights_bytes + 4 * (weights + 2 * channels),
            working_bytes=8 * features.positions * (3 * channels + 2 * chosen.hidden),
            batch=chosen.batch,
        )
