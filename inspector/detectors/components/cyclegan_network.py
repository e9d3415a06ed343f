"""CycleGAN's inference as one module."""

from __future__ import annotations

from torch import Tensor, nn

from inspector.detectors.components.generators import Translator
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.translator_plan import TranslatorPlan


class CycleGANNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32.

    The map is by how much the translation to a good part changes the colours, on average, smoothed; the score is its
    maximum.
    """

    def __init__(self, plan: TranslatorPlan, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.to_good = Translator(plan)
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        maps: Tensor = self.upsampling(self.to_good.change(images).float().abs().mean(1))
        return maps.flatten(1).amax(1), maps
