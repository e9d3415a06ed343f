"""STFPM: a student sees like its teacher only what it has practised on, good parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters
from inspector.detectors.work import Material, Work, learner_work, twin_cost
from inspector.features.costs import FeatureCost, multiply_adds
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.detectors.components.stfpm_network import STFPMNetwork
    from inspector.features.loading import LoadedBackbone

_MOMENTUM, _WEIGHT_DECAY, _CLIP = 0.9, 1e-4, 10.0
_CHECKS = 20
"""So often during training the student is compared with its teacher on pictures that it does not practise on."""


@dataclass(frozen=True)
class STFPMParameters(Parameters):
    """See `STFPM`."""

    steps: int = shared_parameters.training_steps(
        600, "In each the student practises on one batch of pictures.", quick=300
    )
    batch: int = shared_parameters.batch_size(32, quick=8)
    learning_rate: float = shared_parameters.learning_rate(0.4, minimum=1e-5, maximum=10.0)
    map_sigma: float = shared_parameters.map_sigma(0.0, in_score=True)


class STFPM(LearnedDetector):
    """Wang et al., BMVC 2021, arXiv 2103.04257.

    Departures: the layers' distances are combined by their geometric mean instead of their product, which ranks alike;
    the state with the least loss on a fifth of the good pictures is kept, as the authors do by their score; steps are
    counted, not epochs; gradients are clipped; features that come with the program get a student with batch
    normalisation.
    """

    id: ClassVar[str] = "stfpm"
    title: ClassVar[str] = "STFPM"
    summary: ClassVar[str] = (
        "A small network practises on good parts to see like the chosen features; where it fails, something is new. "
        "Small and fast once trained."
    )
    parameters_type: ClassVar[type[Parameters]] = STFPMParameters
    channels_last: ClassVar[bool] = True
    layer_set: ClassVar = "pyramid"

    @property
    def _chosen(self) -> STFPMParameters:
        return cast(STFPMParameters, self.parameters)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.smoothing import MapUpsampling
        from inspector.detectors.components.stfpm_network import STFPMNetwork
        from inspector.detectors.components.twin import untrained_twin

        assert backbone is not None
        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return STFPMNetwork(backbone, untrained_twin(backbone), upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.learning import Course, Validation, descend

        fitted = cast("STFPMNetwork", network)
        chosen = self._chosen
        optimiser = torch.optim.SGD(
            fitted.student.parameters(), chosen.learning_rate, momentum=_MOMENTUM, weight_decay=_WEIGHT_DECAY
        )
        validation = Validation(fitted.student, len(pictures), chosen.steps, _CHECKS, self.settings.seed)
        course = Course(validation.learned, chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        for step, indices in enumerate(course):
            fitted.student.train()
            loss = fitted.loss(pictures.batch(indices))
            course.tell(loss)
            descend(loss, optimiser, clip=_CLIP, network=fitted.student)
            validation.look(step, lambda index: fitted.loss(pictures.batch([index])), cancel)
        self.facts |= validation.finish()

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        choice = self._choice()
        pixels = material.height * material.width
        teacher, student = multiply_adds(choice.name, choice.layers) * pixels, twin_cost(choice, pixels)
        assert features is not None
        return learner_work(
            material,
            passes=self._chosen.steps * self._chosen.batch,
            trained=student.multiply_adds + teacher / 3,
            judged=student.multiply_adds + teacher,
            weights=student.weights,
            saved=features.weights_bytes + 4 * student.weights,
            working_bytes=3 * int(features.working_bytes),
            batch=self._chosen.batch,
        )
