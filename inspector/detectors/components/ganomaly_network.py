"""GANomaly's inference as one module, its discriminator, and its losses."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.coder_plan import CoderPlan
from inspector.detectors.components.convolutional_coder import Decoder, Encoder
from inspector.detectors.components.smoothing import MapUpsampling

_ADVERSARIAL, _CONTENT, _CODES = 1.0, 50.0, 1.0


class GANomalyNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32.

    The score is the mean squared difference between the code of a picture and the code of what is drawn from it. The
    map, the smoothed absolute difference of picture and drawing, is for looking at: the paper judges whole pictures.
    """

    def __init__(self, plan: CoderPlan, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.encoder = Encoder(plan, normalised=True)
        self.decoder = Decoder(plan, normalised=True)
        self.second_encoder = Encoder(plan, normalised=True)
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        drawn, code, second = self.drawn(images)
        return (code - second).square().mean(1), self.upsampling((drawn - images).abs().mean(1))

    def drawn(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The drawing (N, 3, H, W), the picture's code and the drawing's code, (N, code) each."""
        code = self.encoder(images)
        drawn = self.decoder(code)
        return drawn, code, self.second_encoder(drawn)


class Discriminator(nn.Module):
    """Tells pictures from drawings: (N, 3, H, W) to logits (N,)."""

    def __init__(self, plan: CoderPlan) -> None:
        super().__init__()
        self.encoder = Encoder(plan, normalised=True)
        self.decision = nn.Linear(plan.code, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Judge."""
        decided: Tensor = self.decision(functional.leaky_relu(self.encoder(images), 0.2))[:, 0]
        return decided


def drawing_loss(network: GANomalyNetwork, discriminator: Discriminator, images: Tensor) -> tuple[Tensor, Tensor]:
    """The paper's weighted sum for encoders and decoder, and the drawings (N, 3, H, W)."""
    drawn, code, second = network.drawn(images)
    with torch.no_grad():
        wanted = discriminator.encoder.features(images)
    adversarial = (discriminator.encoder.features(drawn) - wanted).square().mean()
    content, codes = (drawn - images).abs().mean(), (code - second).square().mean()
    return _ADVERSARIAL * adversarial + _CONTENT * content + _CODES * codes, drawn


def discriminating_loss(discriminator: Discriminator, images: Tensor, drawn: Tensor) -> Tensor:
    """The entropy of telling pictures from drawings."""
    real, fake = discriminator(images), discriminator(drawn.detach())
    loss = functional.binary_cross_entropy_with_logits
    return 0.5 * (loss(real, torch.ones_like(real)) + loss(fake, torch.zeros_like(fake)))
