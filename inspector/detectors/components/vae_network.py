"""The variational autoencoder's coder, and its loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.coder_plan import CoderPlan
from inspector.detectors.components.convolutional_coder import Decoder, Encoder

_LARGEST_LOG_VARIANCE = 10.0


class VariationalCoder(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to the picture that the mean code draws, the same size."""

    def __init__(self, plan: CoderPlan) -> None:
        super().__init__()
        self.encoder = Encoder(plan)
        self.log_variance = nn.Linear(self.encoder.code.in_features, plan.code)
        self.decoder = Decoder(plan)

    def forward(self, images: Tensor) -> Tensor:
        """Draw again, nothing left to chance."""
        drawn: Tensor = self.decoder(self.encoder(images))
        return drawn

    def loss(self, images: Tensor, beta: float) -> tuple[Tensor, Tensor]:
        """The negative lower bound on the likelihood, divided by the numbers of a picture: half the squared error of
        what a drawn code gives, and `beta` times the divergence of codes from the normal distribution."""
        features = self.encoder.features(images)
        mean = self.encoder.code(features)
        log_variance = self.log_variance(features).clamp(-_LARGEST_LOG_VARIANCE, _LARGEST_LOG_VARIANCE)
        drawn = self.decoder(mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance))
        error = 0.5 * (drawn - images).square().flatten(1).sum(1).mean()
        divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(1).mean()
        values = images[0].numel()
        return error / values, beta * divergence / values
