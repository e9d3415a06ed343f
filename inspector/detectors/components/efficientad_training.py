"""Training EfficientAD's student and autoencoder, once there is a teacher."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from inspector.data.synthetic.surfaces import Surfaces
from inspector.detectors.components.efficientad_network import EfficientADNetwork
from inspector.detectors.components.learning import Course, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.schedule import Plan
from inspector.detectors.components.surroundings import sometimes_gray
from inspector.tasks import CancelToken, Progress

_JITTER = 0.2
_GRAY_PENALTIES = 0.3
_ASIDE, _MOST_ASIDE = 10, 64
_MEASURED = 256
_LEAST_DEVIATION = 1e-2
"""Of a teacher's channel over good pictures, where 1 is its deviation over all kinds of them: what hardly ever moves
would drown the others."""


def set_aside(count: int, seed: int) -> tuple[list[int], list[int]]:
    """Indices of pictures to learn from, and of those that tell how to normalise maps: a tenth, at most 64, or all of
    them for both where there are fewer than ten."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
    aside = min(count // _ASIDE, _MOST_ASIDE)
    return (sorted(order[aside:]), sorted(order[:aside])) if aside else (sorted(order), sorted(order))


@torch.no_grad()
def measure_teacher(
    network: EfficientADNetwork, pictures: Pictures, indices: Sequence[int], progress: Progress, cancel: CancelToken
) -> None:
    """Normalise the teacher's channels over these pictures, at most 256 evenly spread ones."""
    chosen = [indices[place * len(indices) // _MEASURED] for place in range(_MEASURED)]
    chosen = chosen if len(indices) > _MEASURED else list(indices)
    sums: Tensor | float = 0.0
    for done, index in enumerate(chosen):
        cancel.raise_if_cancelled()
        progress(done, len(chosen), "features")
        found = network.teacher(pictures.batch([index])).double()
        sums = sums + torch.stack([found.mean((0, 2, 3)), found.square().mean((0, 2, 3))])
    assert isinstance(sums, Tensor)
    mean, square = sums / len(chosen)
    network.mean.copy_(mean[None, :, None, None])
    deviation = (square - mean.square()).clamp(min=0).sqrt().clamp(min=_LEAST_DEVIATION)
    network.deviation.copy_(deviation[None, :, None, None])
    progress(len(chosen), len(chosen), "features")


def learn(
    network: EfficientADNetwork,
    pictures: Pictures,
    indices: Sequence[int],
    others: Surfaces | None,
    plan: Plan,
    progress: Progress,
    cancel: CancelToken,
) -> None:
    """Train student and autoencoder on their device. Raises `TrainingError` `training_diverged`, `Cancelled`."""
    optimiser, schedule = plan.adam([*network.student.parameters(), *network.autoencoder.parameters()])
    rng = np.random.default_rng(plan.seed)
    network.student.train()
    network.autoencoder.train()
    course = Course(indices, plan.steps, plan.batch, progress, cancel, seed=plan.seed)
    for chosen in course:
        optimiser.zero_grad(set_to_none=True)
        course.tell(_gradients(network, pictures, chosen, others, rng, cancel))
        optimiser.step()
        schedule.step()
    network.eval()


def _gradients(
    network: EfficientADNetwork,
    pictures: Pictures,
    chosen: Sequence[int],
    others: Surfaces | None,
    rng: np.random.Generator,
    cancel: CancelToken,
) -> Tensor:
    """Of the sum of all losses, which is returned. One part after the other: it takes less memory, and a cancel is
    heard between them."""
    unit = pictures.unit(chosen)
    with mixed_precision(pictures.device):
        total = _back(network.imitation_loss(pictures.from_unit(unit)))
    if others is not None:
        cancel.raise_if_cancelled()
        drawn = [sometimes_gray(rng, others.draw(rng, pictures.size), _GRAY_PENALTIES) for _ in chosen]
        with mixed_precision(pictures.device):
            total = total + _back(network.penalty(pictures.normalised(drawn)))
    cancel.raise_if_cancelled()
    with mixed_precision(pictures.device):
        losses = network.autoencoder_losses(pictures.from_unit(jittered(unit)))
        return total + _back(losses[0] + losses[1])


def _back(loss: Tensor) -> Tensor:
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def jittered(unit: Tensor) -> Tensor:
    """(N, 3, H, W) RGB in [0, 1]: each picture's brightness, contrast or saturation, one of them, changed by up to a
    fifth, with torch's random numbers."""
    count = len(unit)
    gray = unit.mean(1, keepdim=True)
    anchors = torch.stack(
        [torch.zeros_like(unit), gray.mean((2, 3), keepdim=True).expand_as(unit), gray.expand_as(unit)]
    )
    kinds = torch.randint(3, (count,)).tolist()
    anchor = torch.stack([anchors[kind, place] for place, kind in enumerate(kinds)])
    factor = 1 + _JITTER * (2 * torch.rand(count, 1, 1, 1).to(unit) - 1)
    return (anchor + factor * (unit - anchor)).clamp(0, 1)


@torch.no_grad()
def measure_maps(
    network: EfficientADNetwork, pictures: Pictures, indices: Sequence[int], progress: Progress, cancel: CancelToken
) -> None:
    """Normalise both maps by what these good pictures give."""
    found = []
    for done, index in enumerate(indices):
        cancel.raise_if_cancelled()
        progress(done, len(indices), "scoring")
        found.append(network.differences(pictures.batch([index])))
    network.normalise_maps(found)
    progress(len(indices), len(indices), "scoring")
