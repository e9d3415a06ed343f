"""How a denoising autoencoder practises, and learns what remains to be seen on good pictures."""

from __future__ import annotations

import torch
from torch import optim

from inspector.detectors.components.corruption import corrupted
from inspector.detectors.components.denoising_network import DenoisingNetwork
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.repair import repair_loss
from inspector.tasks import CancelToken, Progress

_WEIGHT_DECAY, _CLIP = 1e-5, 1.0


def practise(
    network: DenoisingNetwork, pictures: Pictures, course: Course, *, learning_rate: float, noise: float
) -> None:
    """Repair spoiled pictures in each step of the course, with shorter and shorter steps along a cosine."""
    optimiser = optim.Adam(network.parameters(), learning_rate, weight_decay=_WEIGHT_DECAY, amsgrad=True)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, course.steps)
    network.train()
    for indices in course:
        images = pictures.unit(indices)
        with mixed_precision(pictures.device):
            repaired = network.unet(corrupted(images, noise))
        loss = repair_loss(repaired.float(), images, network.similarity)
        course.tell(loss)
        descend(loss, optimiser, clip=_CLIP, network=network)
        schedule.step()


@torch.no_grad()
def learn_usual(network: DenoisingNetwork, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
    """Keep the mean residual of the good pictures at each place."""
    network.eval()
    total = torch.zeros_like(network.usual)
    for index in range(len(pictures)):
        cancel.raise_if_cancelled()
        progress(index, len(pictures), "gaussians")
        total += network.residual(pictures.unit([index]))[0]
    progress(len(pictures), len(pictures), "gaussians")
    network.usual.copy_(total / len(pictures))
