"""What FastFlow and CS-Flow have in common: how a flow over frozen features is taught."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors.learned_detector import LearnedDetector
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inspector.detectors.components.flow_network import FlowNetwork
    from inspector.detectors.components.pictures import Pictures

_CHECKS = 20
"""So often during training the likelihood of pictures is taken that are not learned from."""
_ADAPTED = 32
"""From so many pictures the channels' means and deviations are learned."""


class FlowDetector(LearnedDetector):
    """Subclasses build a `FlowNetwork`."""

    clip: ClassVar[float | None] = None
    """Limit of the gradient's norm."""

    @abstractmethod
    def _optimiser(self, weights: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        """What takes the steps."""

    @property
    @abstractmethod
    def _course(self) -> tuple[int, int]:
        """How many steps, of how many pictures each."""

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components.frozen_maps import FrozenMaps
        from inspector.detectors.components.learning import Course, Validation, descend

        fitted = cast("FlowNetwork", network)
        steps, batch = self._course
        maps = FrozenMaps(pictures, fitted.features, cancel)
        validation = Validation(fitted.flows, len(pictures), steps, _CHECKS, self.settings.seed)
        stride = -(-len(validation.learned) // _ADAPTED)
        fitted.adapt(maps.batch(validation.learned[::stride]))
        optimiser = self._optimiser(fitted.flows.parameters())
        course = Course(validation.learned, steps, batch, progress, cancel, seed=self.settings.seed)
        for step, indices in enumerate(course):
            loss = fitted.loss(maps.batch(indices))
            course.tell(loss)
            descend(loss, optimiser, clip=self.clip, network=fitted.flows)
            validation.look(step, lambda index: fitted.loss(maps.batch([index])), cancel)
        self.facts |= validation.finish()
