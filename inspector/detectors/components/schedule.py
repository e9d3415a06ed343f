"""A fixed schedule of training: so many steps with Adam, the last twentieth of them a tenth as long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn, optim

_WEIGHT_DECAY = 1e-5
_FALLS_AT, _FALLS_TO = 0.95, 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """So many steps with so many pictures each; `seed` decides which."""

    steps: int
    batch: int
    learning_rate: float
    seed: int

    def adam(self, learned: Iterable[nn.Parameter]) -> tuple[optim.Optimizer, optim.lr_scheduler.LRScheduler]:
        """The optimiser, and its schedule, which is to step with it."""
        optimiser = optim.Adam(learned, self.learning_rate, weight_decay=_WEIGHT_DECAY)
        falls_at = max(round(_FALLS_AT * self.steps), 1)
        return optimiser, optim.lr_scheduler.StepLR(optimiser, falls_at, _FALLS_TO)
