"""How CycleGAN learns to make good parts of defective ones, and defective ones of good ones."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import torch
from torch import Tensor, nn, optim
from torch.nn import functional

from inspector.detectors.components.generators import PatchCritic, Translator, believed
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.translator_plan import TranslatorPlan

_BETAS = (0.5, 0.999)
_CYCLE, _IDENTITY = 20.0, 10.0
"""The authors' 10 and 5, for colours from 0 to 1 instead of -1 to 1."""
_HISTORY = 50


class Side:
    """Good or defective parts: who draws them, who judges whether they are real, and what was drawn lately."""

    def __init__(self, translator: Translator, critic: PatchCritic) -> None:
        self.translator = translator
        self.critic = critic
        self._drawn: list[Tensor] = []

    def critic_loss(self, real: Tensor, drawn: Tensor) -> Tensor:
        """Half of what the critic gets wrong, for real pictures and those drawn now or earlier."""
        on_real, on_drawn = self.critic(torch.cat([real, self._remembered(drawn)])).chunk(2)
        return 0.5 * (believed(on_real, True) + believed(on_drawn, False))

    def _remembered(self, drawn: Tensor) -> Tensor:
        """Half of them exchanged for some of the last 50 (Shrivastava et al., CVPR 2017, arXiv 1612.07828)."""
        return torch.stack([self._exchanged(picture) for picture in drawn.detach()])

    def _exchanged(self, picture: Tensor) -> Tensor:
        if len(self._drawn) < _HISTORY:
            self._drawn.append(picture)
            return picture
        if torch.rand(()) < 0.5:
            return picture
        place = int(torch.randint(_HISTORY, ()))
        earlier, self._drawn[place] = self._drawn[place], picture
        return earlier


def translators_loss(good: Side, defective: Side, sound: Tensor, damaged: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The loss of both translators, and what they drew: parts repaired and parts spoiled."""
    # Pictures of a batch do not influence each other, so that the same network takes both sorts at once.
    repaired, kept_sound = good.translator(torch.cat([damaged, sound])).chunk(2)
    spoiled, kept_damaged = defective.translator(torch.cat([sound, damaged])).chunk(2)
    deceit = believed(good.critic(repaired), True) + believed(defective.critic(spoiled), True)
    cycle = functional.l1_loss(good.translator(spoiled), sound)
    cycle = cycle + functional.l1_loss(defective.translator(repaired), damaged)
    identity = functional.l1_loss(kept_sound, sound) + functional.l1_loss(kept_damaged, damaged)
    return deceit + _CYCLE * cycle + _IDENTITY * identity, repaired, spoiled


def learn_translation(
    to_good: Translator,
    plan: TranslatorPlan,
    critic_width: int,
    good: Pictures,
    defects: Pictures,
    course: Course,
    order: Iterable[list[int]],
    learning_rate: float,
) -> None:
    """Train `to_good` in place; `order` gives the indices of the defects for each step of the course."""
    device = good.device
    sound_side = Side(to_good, PatchCritic(critic_width).to(device))
    damaged_side = Side(Translator(plan).to(device), PatchCritic(critic_width).to(device))
    sides = (sound_side, damaged_side)
    drawing = _Descent([side.translator for side in sides], course.steps, learning_rate)
    judging = _Descent([side.critic for side in sides], course.steps, learning_rate)
    for indices, damaged_indices in zip(course, order, strict=True):
        sound, damaged = good.unit(indices), defects.unit(damaged_indices)
        drawing.learned(False, judging)
        with mixed_precision(device):
            loss, repaired, spoiled = translators_loss(sound_side, damaged_side, sound, damaged)
        course.tell(loss)
        drawing.step(loss)
        drawing.learned(True, judging)
        with mixed_precision(device):
            judged = sound_side.critic_loss(sound, repaired) + damaged_side.critic_loss(damaged, spoiled)
        judging.step(judged)


class _Descent:
    """Adam for some networks: full steps for the first half, then shorter ones down to none."""

    def __init__(self, networks: list[nn.Module], steps: int, learning_rate: float) -> None:
        self.weights = list(chain.from_iterable(network.parameters() for network in networks))
        self._optimiser = optim.Adam(self.weights, learning_rate, betas=_BETAS)
        half = steps / 2
        self._schedule = optim.lr_scheduler.LambdaLR(self._optimiser, lambda step: min(1.0, (steps - step) / half))

    def step(self, loss: Tensor) -> None:
        descend(loss, self._optimiser)
        self._schedule.step()

    @staticmethod
    def learned(critics: bool, judging: _Descent) -> None:
        """Whether critics learn now: while translators do, the critics' gradients would be for nothing."""
        for weight in judging.weights:
            weight.requires_grad_(critics)
