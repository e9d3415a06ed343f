"""SuperSimpleNet: as SimpleNet, with noise in blotches and a head that judges the whole picture."""

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
    from inspector.detectors.components.supersimplenet_network import SuperSimpleNetNetwork
    from inspector.features.loading import LoadedBackbone

_ADAPTOR_SHARE, _WEIGHT_DECAY, _CLIP = 0.5, 1e-5, 1.0
"""The adaptor learns half as fast as the heads."""
_LATE, _SLOWER = (0.8, 0.9), 0.4


@dataclass(frozen=True)
class SuperSimpleNetParameters(Parameters):
    """See `SuperSimpleNet`."""

    steps: int = shared_parameters.training_steps(
        1500, "In each the network sees one batch of pictures, as they are and spoilt.", quick=300, maximum=200_000
    )
    batch: int = shared_parameters.batch_size(32, quick=4, maximum=64)
    learning_rate: float = parameter(
        2e-4,
        "Learning rate",
        "How far each step goes. Larger learns faster and may miss the best.",
        minimum=1e-6,
        maximum=0.1,
        quick=1e-3,
    )
    noise: float = parameter(
        0.03,
        "Noise",
        "How strong the noise is, as a share of how much each feature varies over good parts.",
        minimum=0.001,
        maximum=2.0,
    )
    threshold: float = parameter(
        0.2,
        "Rareness of blotches",
        "Noise is added where a random landscape is higher than this: the larger, the smaller the blotches.",
        minimum=0.0,
        maximum=0.9,
    )
    hidden: int = parameter(
        1024,
        "Width",
        "How many units the network has that tells good from noisy.",
        minimum=8,
        maximum=4096,
        quick=256,
    )
    enlarged: int = parameter(
        2,
        "Finer grid",
        "How many times as fine as the features the grid is on which positions are judged.",
        minimum=1,
        maximum=4,
        quick=1,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class SuperSimpleNet(LearnedDetector):
    """Rolih et al., ICPR 2024, arXiv 2408.03143.

    Departures: layers are stacked before they are enlarged; features are standardised on good parts and noise is a
    share of their deviation, since the paper's 0.015 is meant for one network's features; noise is added before the
    adaptor, which starts as a half whitening, or a short training learns next to nothing; scores and maps are logits;
    only its unsupervised mode; steps are counted, not epochs.
    """

    id: ClassVar[str] = "supersimplenet"
    title: ClassVar[str] = "SuperSimpleNet"
    summary: ClassVar[str] = (
        "As SimpleNet, steadier in training: it looks for noise in blotches and judges the picture as a whole, too."
    )
    parameters_type: ClassVar[type[Parameters]] = SuperSimpleNetParameters

    @property
    def _chosen(self) -> SuperSimpleNetParameters:
        return cast(SuperSimpleNetParameters, self.parameters)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.smoothing import MapUpsampling
        from inspector.detectors.components.standardised_embedding import StandardisedEmbedding
        from inspector.detectors.components.supersimplenet_network import SuperSimpleNetNetwork

        assert backbone is not None
        features = StandardisedEmbedding(backbone, enlarged=self._chosen.enlarged)
        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return SuperSimpleNetNetwork(features, self._chosen.hidden, upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.frozen_maps import FrozenMaps
        from inspector.detectors.components.learning import Course, descend, mixed_precision
        from inspector.detectors.components.supersimplenet_training import BlotchyNoise, loss_of

        fitted, chosen, seed = cast("SuperSimpleNetNetwork", network), self._chosen, self.settings.seed
        fitted.start_from(fitted.features.learn(pictures, seed, progress, cancel))
        features = FrozenMaps(pictures, lambda batch: [fitted.features(batch)], cancel)
        noise = BlotchyNoise(chosen.noise, chosen.threshold, seed)
        rate = chosen.learning_rate
        heads = [*fitted.segmentation.parameters(), *fitted.picture.parameters()]
        optimiser = torch.optim.AdamW(
            [{"params": fitted.adaptor.parameters(), "lr": _ADAPTOR_SHARE * rate}, {"params": heads, "lr": rate}],
            weight_decay=_WEIGHT_DECAY,
        )
        milestones = [int(chosen.steps * share) for share in _LATE]
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones, _SLOWER)
        fitted.train()
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=seed)
        for indices in course:
            with mixed_precision(pictures.device):
                loss = loss_of(fitted, features.batch(indices)[0], noise)
            course.tell(loss)
            descend(loss, optimiser, clip=_CLIP, network=fitted)
            schedule.step()

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        assert features is not None
        chosen, channels = self._chosen, features.channels
        pooled = max(chosen.hidden // 8, 8)
        weights = channels * (channels + 1) + chosen.hidden * (channels + 4) + pooled * (25 * (channels + 1) + 5)
        positions = features.positions * chosen.enlarged**2
        heads = positions * (channels * chosen.hidden + 25 * pooled * (channels + 1))
        return learner_work(
            material,
            passes=chosen.steps * chosen.batch,
            trained=positions * channels**2 + 2 * heads,
            judged=positions * channels**2 + heads + features.operations / 2,
            weights=weights,
            saved=features.weights_bytes + 4 * (weights + 2 * channels),
            working_bytes=8 * positions * (3 * channels + 2 * chosen.hidden),
            batch=chosen.batch,
        )
