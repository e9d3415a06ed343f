"""How RegAD's registration learns: pictures of other products, turned at random, are brought onto each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inspector.detectors.alterations import moved
from inspector.detectors.components.learning import descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.regad_network import RegADNetwork, Siamese
from inspector.detectors.components.registration import resampled
from inspector.detectors.work import PROCESSOR_BATCH
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken

_CLIP = 1.0
_ANCHOR = 0.3
"""Weight of what keeps pictures upright on average: turned all alike they fit as well, but lose their corners."""
_TURN, _SCALE = math.pi / 8, 0.1
"""Pictures are turned and scaled at random by no more than this before they are registered."""


def pairs_of(
    course: Iterable[Sequence[int]], products: Sequence[Pictures], supports: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """For each step of a course over all products' pictures, one after the other: those pictures (n, 3, H, W), and for
    each of them other ones of its product (n * supports, 3, H, W), altered one by one. Where a product has no other
    picture, the same one altered otherwise."""
    generator = np.random.default_rng(seed)
    places = [(product, index) for product in products for index in range(len(product))]
    for step in course:
        queries, others = [], []
        for product, index in (places[place] for place in step):
            queries.append(_altered(product.resized(index), generator))
            different = np.setdiff1d(np.arange(len(product)), [index])
            for other in generator.choice(different if len(different) else [index], supports):
                others.append(_altered(product.resized(int(other)), generator))
        yield products[0].normalised(queries), products[0].normalised(others)


def _altered(image: Image, generator: np.random.Generator) -> Image:
    return moved(image, angle=generator.uniform(-_TURN, _TURN), scale=math.exp(generator.uniform(-_SCALE, _SCALE)))


class RegistrationTraining:
    """Steps by Adam, whose length follows half a cosine as in the paper."""

    def __init__(self, network: RegADNetwork, learning_rate: float, steps: int, cancel: CancelToken) -> None:
        self._network = network
        self._cancel = cancel
        self._siamese = Siamese(network.backbone.channels[-1]).to(network.backbone.device)
        learned = [*network.registration.parameters(), *self._siamese.parameters()]
        self._optimiser = torch.optim.Adam(learned, learning_rate)
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimiser, steps)

    def step(self, queries: Tensor, supports: Tensor) -> Tensor:
        """The loss of one step with pictures (n, 3, H, W) and for each as many others. Raises `Cancelled`."""
        maps = self._maps(torch.cat([queries, supports]))
        turn = self._network.registration(maps)
        coarsest = resampled(maps[-1], turn)
        query, support = coarsest[: len(queries)], coarsest[len(queries) :]
        mean = support.reshape(len(queries), -1, *support.shape[1:]).mean(1)
        loss: Tensor = self._siamese(query, mean) - _likeness(query, mean).mean()
        drift = (turn.mean(0) - torch.eye(2, device=turn.device)).square().sum()
        descend(loss + _ANCHOR * drift, self._optimiser, clip=_CLIP, network=self._network.registration)
        self._schedule.step()
        return loss.detach()

    @torch.no_grad()
    def _maps(self, images: Tensor) -> list[Tensor]:
        """Frozen features, some pictures at a time, so that a cancel is heard meanwhile."""
        found = []
        for some in torch.split(images, PROCESSOR_BATCH if images.device.type == "cpu" else len(images)):
            self._cancel.raise_if_cancelled()
            with mixed_precision(images.device):
                found.append(self._network.backbone(some))
        return [torch.cat([maps[place].float() for maps in found]) for place in range(len(found[0]))]


def _likeness(one: Tensor, other: Tensor) -> Tensor:
    """The cosine at each position of two maps (N, C, h, w), (N, h, w), of channels about their means over all: as the
    features are frozen, they cannot become alike but by being turned."""
    middle = torch.cat([one, other]).mean((0, 2, 3), keepdim=True).detach()
    return functional.cosine_similarity(one - middle, other - middle, dim=1)
