"""How RIAD practises: each step takes cells of one size away and guesses them."""

from __future__ import annotations

import torch
from torch import optim

from inspector.detectors.components.inpainting import draw_sets, inpainted
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.riad_network import RIADNetwork

_WEIGHT_DECAY, _CLIP = 1e-5, 1.0
_FALLS_AT, _FALLS_TO = 5 / 6, 0.1


def practise(network: RIADNetwork, pictures: Pictures, course: Course, *, learning_rate: float, seed: int) -> None:
    """Guess what was taken away in each step of the course."""
    optimiser = optim.Adam(network.parameters(), learning_rate, weight_decay=_WEIGHT_DECAY)
    schedule = optim.lr_scheduler.StepLR(optimiser, max(round(_FALLS_AT * course.steps), 1), _FALLS_TO)
    generator = torch.Generator().manual_seed(seed)
    network.train()
    for indices in course:
        images = pictures.unit(indices)
        cell = network.cells[int(torch.randint(len(network.cells), (), generator=generator))]
        sets = draw_sets(pictures.size, cell, generator).to(pictures.device)
        with mixed_precision(pictures.device):
            guessed = inpainted(network.unet, images, sets)
        loss = network.loss(guessed, images)
        course.tell(loss)
        descend(loss, optimiser, clip=_CLIP, network=network)
        schedule.step()
