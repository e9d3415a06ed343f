"""Reverse distillation: what is squeezed through a narrow place and made again is only what good parts have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.mirror_plan import MirrorPlan
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost, backbone_cost, multiply_adds
from inspector.features.registry import checked_layers
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.detectors.components.reverse_network import ReverseNetwork
    from inspector.features.loading import LoadedBackbone

_BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class ReverseDistillationParameters(Parameters):
    """See `ReverseDistillation`."""

    steps: int = shared_parameters.training_steps(
        3000, "In each the decoder practises on one batch of pictures.", quick=300
    )
    batch: int = shared_parameters.batch_size(16, quick=4, minimum=2)
    learning_rate: float = shared_parameters.learning_rate(
        0.005, "How far the first steps go; the last go nowhere.", maximum=1.0
    )
    blocks: int = parameter(
        3,
        "Residual blocks",
        "How many refine the embedding and each layer that is made again. Fewer are faster.",
        minimum=1,
        maximum=6,
        quick=1,
    )
    narrowing: int = parameter(
        2,
        "Narrowing of blocks",
        "In the middle of a block the channels are divided by so much. 2 as in Wide ResNet-50, 4 as in ResNet-50, "
        "which is faster.",
        minimum=1,
        maximum=16,
        quick=4,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=True)


class ReverseDistillation(LearnedDetector):
    """Deng and Li, CVPR 2022, arXiv 2201.10703.

    The loss is the authors' program's, on which their figures rest: the cosine between whole maps as single vectors,
    one for each layer and picture, where the paper's formula averages cosines of positions.

    Departures: the decoder is built from the channels and strides of any features, of equally many blocks in every
    stage, and a 1x1 convolution ends each, since not all features are positive; the learning rate falls to zero along
    a cosine, so that the last state is no accident and the running statistics of batch normalisation belong to it;
    steps are counted, not epochs; maps are enlarged without aligning corners.
    """

    id: ClassVar[str] = "reverse_distillation"
    title: ClassVar[str] = "Reverse distillation"
    summary: ClassVar[str] = (
        "Squeezes what the chosen features see through a narrow place and learns to make it again for good parts; "
        "what is unusual does not get through. Takes longer to train than STFPM, and more of a picture into account."
    )
    parameters_type: ClassVar[type[Parameters]] = ReverseDistillationParameters
    layer_set: ClassVar = "pyramid"

    @property
    def _chosen(self) -> ReverseDistillationParameters:
        return cast(ReverseDistillationParameters, self.parameters)

    def _plan(self, channels: tuple[int, ...], strides: tuple[int, ...]) -> MirrorPlan:
        return MirrorPlan(channels, strides, self._chosen.blocks, self._chosen.narrowing)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.mirror import Mirror
        from inspector.detectors.components.reverse_network import ReverseNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        assert backbone is not None
        mirror = Mirror(self._plan(backbone.channels, backbone.strides))
        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return ReverseNetwork(backbone, mirror, upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.learning import Course, descend

        fitted, chosen = cast("ReverseNetwork", network), self._chosen
        optimiser = torch.optim.Adam(fitted.mirror.parameters(), chosen.learning_rate, _BETAS, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, chosen.steps)
        fitted.train()  # the teacher stays as it is: see `LoadedBackbone.train`
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        for indices in course:
            loss = fitted.loss(pictures.batch(indices))
            course.tell(loss)
            descend(loss, optimiser)
            schedule.step()

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        assert features is not None
        choice, pixels = self._choice(), material.height * material.width
        known = backbone_cost(choice.name).layers
        used = [known[layer] for layer in checked_layers(choice.name, choice.layers)]
        mirror = self._plan(tuple(item.channels for item in used), tuple(item.stride for item in used)).cost(pixels)
        teacher = multiply_adds(choice.name, choice.layers) * pixels
        return learner_work(
            material,
            passes=self._chosen.steps * self._chosen.batch,
            trained=mirror.multiply_adds + teacher / 3,
            judged=mirror.multiply_adds + teacher,
            weights=mirror.weights,
            saved=features.weights_bytes + 4 * mirror.weights,
            working_bytes=3 * int(features.working_bytes),
            batch=self._chosen.batch,
        )
