"""How f-AnoGAN learns: generator and critic against each other, then the encoder alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn, optim

from inspector.detectors.components.anogan_network import AnoGANNetwork
from inspector.detectors.components.latent_networks import Generator, Trunk
from inspector.detectors.components.learning import Course, descend
from inspector.detectors.components.pictures import Pictures

_BETAS = (0.0, 0.9)
_PENALTY, _CRITIC_STEPS = 10.0, 5


def learn_to_draw(network: AnoGANNetwork, pictures: Pictures, course: Course, learning_rate: float) -> None:
    """Wasserstein GAN with gradient penalty; of six steps of the course the critic takes five, the generator one."""
    generator, critic = network.generator, network.critic
    drawing = optim.Adam(generator.parameters(), learning_rate, betas=_BETAS)
    judging = optim.Adam(critic.parameters(), learning_rate, betas=_BETAS)
    for step, indices in enumerate(course):
        latent = torch.randn(len(indices), generator.start.in_features, device=pictures.device)
        if step % (_CRITIC_STEPS + 1) == _CRITIC_STEPS:
            loss = -critic(generator(latent)).mean()
            course.tell(loss)
            descend(loss, drawing)
        else:
            loss = critic_loss(critic, network.small(pictures.unit(indices)), _drawn(generator, latent))
            course.tell(loss)
            descend(loss, judging)


@torch.no_grad()
def _drawn(generator: Generator, latent: Tensor) -> Tensor:
    drawn: Tensor = generator(latent)
    return drawn


def critic_loss(critic: nn.Module, real: Tensor, drawn: Tensor) -> Tensor:
    """Gulrajani et al., NeurIPS 2017, arXiv 1704.00028: answers differ as far as slopes of one between them allow."""
    on_real, on_drawn = critic(torch.cat([real, drawn])).chunk(2)
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (share * real + (1 - share) * drawn).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    loss: Tensor = on_drawn.mean() - on_real.mean() + _PENALTY * penalty
    return loss


def learn_to_encode(network: AnoGANNetwork, pictures: Pictures, course: Course, learning_rate: float) -> None:
    """The `izi_f` encoder: its pictures are drawn as they are and look so to the critic; both are frozen."""
    frozen: tuple[Generator, Trunk] = (network.generator, network.critic)
    for part in frozen:
        part.requires_grad_(False)
    optimiser = optim.RMSprop(network.encoder.parameters(), learning_rate)
    for indices in course:
        small = network.small(pictures.unit(indices))
        loss = network.distances(small, network.redrawn(small)).mean()
        course.tell(loss)
        descend(loss, optimiser)
