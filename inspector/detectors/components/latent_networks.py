"""Networks between small pictures and the few numbers that say which picture: generator, critic, encoder."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.latent_plan import COARSEST, LatentPlan


class Generator(nn.Module):
    """(N, latent) to (N, 3, side, side) in [-1, 1]."""

    def __init__(self, plan: LatentPlan) -> None:
        super().__init__()
        self.grid = (plan.widths[-1], COARSEST, COARSEST)
        self.start = nn.Linear(plan.latent, plan.coarse)
        rising = list(reversed(plan.widths))
        self.blocks = nn.Sequential(*(_Block(wide, width, "up") for wide, width in pairwise(rising)))
        self.head = nn.Sequential(_norm(plan.width), nn.ReLU(), nn.Conv2d(plan.width, 3, 3, padding=1), nn.Tanh())

    def forward(self, latent: Tensor) -> Tensor:
        """The pictures of these numbers."""
        drawn: Tensor = self.head(self.blocks(self.start(latent).unflatten(1, self.grid)))
        return drawn


class Trunk(nn.Module):
    """(N, 3, side, side) in [-1, 1] to (N, outputs): a critic has one output, an encoder as many as `latent`."""

    def __init__(self, plan: LatentPlan, outputs: int) -> None:
        super().__init__()
        self.start = nn.Conv2d(3, plan.width, 3, padding=1)
        self.blocks = nn.Sequential(*(_Block(fine, wide, "down") for fine, wide in pairwise(plan.widths)))
        self.head = nn.Linear(plan.coarse, outputs)

    def forward(self, pictures: Tensor) -> Tensor:
        """The answers, of any size."""
        answers: Tensor = self.head(self.features(pictures))
        return answers

    def features(self, pictures: Tensor) -> Tensor:
        """(N, coarse): what the answers are made from."""
        return functional.relu(self.blocks(self.start(pictures)).flatten(1))


class _Block(nn.Module):
    """Two convolutions and a way around them, to twice or half the size."""

    def __init__(self, inputs: int, outputs: int, way: Literal["up", "down"]) -> None:
        super().__init__()
        rises = way == "up"
        middle = outputs if rises else inputs
        first, last = nn.Conv2d(inputs, middle, 3, padding=1), nn.Conv2d(middle, outputs, 3, padding=1)
        shortcut = nn.Conv2d(inputs, outputs, 1)
        resize = nn.Upsample(scale_factor=2) if rises else nn.AvgPool2d(2)
        around = [shortcut, resize] if rises else [resize, shortcut]
        within = [resize, first] if rises else [first]
        ending = [last] if rises else [last, resize]
        self.around = nn.Sequential(*around)
        self.body = nn.Sequential(_norm(inputs), nn.ReLU(), *within, _norm(middle), nn.ReLU(), *ending)

    def forward(self, value: Tensor) -> Tensor:
        result: Tensor = self.around(value) + self.body(value)
        return result


def _norm(width: int) -> nn.GroupNorm:
    """All channels of one picture together: a gradient's penalty needs pictures that do not influence each other."""
    return nn.GroupNorm(1, width)
