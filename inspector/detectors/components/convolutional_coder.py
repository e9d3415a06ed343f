"""A picture to a short code and back, by plain convolutions: the halves of autoencoders and of some adversaries."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from inspector.detectors.coder_plan import MULTIPLE, CoderPlan
from inspector.features.padding import pad_to_multiple

_SLOPE = 0.2


class Encoder(nn.Module):
    """After Bergmann et al., VISAPP 2019, arXiv 1807.02011: (N, C, H, W) float32 to codes (N, code).

    Sides that are no multiples of 32 are padded by repeating the border. `normalised`: with batch normalisation, as
    adversarial networks have it.
    """

    def __init__(self, plan: CoderPlan, *, normalised: bool = False) -> None:
        super().__init__()
        halvings = [
            _layer(nn.Conv2d(before, after, 4, 2, 1), normalised=normalised and place > 0)
            for place, (before, after) in enumerate(pairwise((plan.channels, *plan.widths)))
        ]
        keeping = [
            _layer(nn.Conv2d(before, after, 3, 1, 1), normalised=normalised)
            for before, after in pairwise((plan.widths[-1], 2 * plan.base, plan.narrowed))
        ]
        self.maps = nn.Sequential(*halvings, *keeping)
        self.code = nn.Linear(plan.narrowed * plan.grid[0] * plan.grid[1], plan.code)

    def forward(self, images: Tensor) -> Tensor:
        """Codes."""
        code: Tensor = self.code(self.features(images))
        return code

    def features(self, images: Tensor) -> Tensor:
        """What the code is made of, (N, values)."""
        maps: Tensor = self.maps(pad_to_multiple(images, MULTIPLE))
        return maps.flatten(1)


class Decoder(nn.Module):
    """The encoder's mirror: codes (N, code) to pictures (N, C, H, W) float32 in [0, 1]."""

    def __init__(self, plan: CoderPlan, *, normalised: bool = False) -> None:
        super().__init__()
        self.plan = plan
        self.code = nn.Linear(plan.code, plan.narrowed * plan.grid[0] * plan.grid[1])
        keeping = [
            _layer(nn.Conv2d(before, after, 3, 1, 1), normalised=normalised)
            for before, after in pairwise((plan.narrowed, 2 * plan.base, plan.widths[-1]))
        ]
        steps = list(pairwise(reversed((plan.channels, *plan.widths))))
        doublings = [
            _layer(nn.ConvTranspose2d(before, after, 4, 2, 1), normalised=normalised) for before, after in steps[:-1]
        ]
        self.maps = nn.Sequential(*keeping, *doublings, nn.ConvTranspose2d(*steps[-1], 4, 2, 1))

    def forward(self, codes: Tensor) -> Tensor:
        """Pictures."""
        maps = self.code(codes).reshape(-1, self.plan.narrowed, *self.plan.grid)
        drawn: Tensor = torch.sigmoid(self.maps(maps))
        return drawn[:, :, : self.plan.height, : self.plan.width]


def _layer(convolution: nn.Conv2d | nn.ConvTranspose2d, *, normalised: bool) -> nn.Sequential:
    norm = [nn.BatchNorm2d(convolution.out_channels)] if normalised else []
    return nn.Sequential(convolution, *norm, nn.LeakyReLU(_SLOPE))
