"""f-AnoGAN's inference as one module."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.latent_networks import Generator, Trunk
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.latent_plan import LatentPlan


class AnoGANNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32.

    A picture is brought to `side` times `side`, encoded and drawn again. The map is how far the colours are from the
    drawn ones, on average, enlarged and smoothed; the score is the mean squared difference of the pictures and `kappa`
    times that of the critic's features.
    """

    def __init__(self, plan: LatentPlan, upsampling: MapUpsampling, kappa: float) -> None:
        super().__init__()
        self.side = plan.side
        self.kappa = kappa
        self.shrink = max(min(upsampling.size) // plan.side, 1)
        self.generator = Generator(plan)
        self.critic = Trunk(plan, 1)
        self.encoder = Trunk(plan, plan.latent)
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        pictures = self.small(images)
        drawn = self.redrawn(pictures)
        return self.distances(pictures, drawn), self.upsampling((pictures - drawn).abs().mean(1))

    def small(self, images: Tensor) -> Tensor:
        """(N, 3, side, side) in [-1, 1]."""
        pooled = functional.avg_pool2d(images, self.shrink)
        return 2 * functional.interpolate(pooled, size=(self.side, self.side), mode="bilinear") - 1

    def redrawn(self, pictures: Tensor) -> Tensor:
        """What the generator makes of the encoder's numbers, which are in [-1, 1]."""
        drawn: Tensor = self.generator(self.encoder(pictures).tanh())
        return drawn

    def distances(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """(N,) scores of pictures and what was drawn of them."""
        features = self.critic.features(pictures) - self.critic.features(drawn)
        return (pictures - drawn).square().flatten(1).mean(1) + self.kappa * features.square().mean(1)
