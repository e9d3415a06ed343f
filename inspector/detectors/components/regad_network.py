"""RegAD's inference as one module, and the networks it is only trained with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.gaussians import PositionGaussians
from inspector.detectors.components.registration import Registration, inverse, resampled
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.regad_cost import SIAMESE_WIDTH
from inspector.features.loading import LoadedBackbone


class RegADNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in Mahalanobis distances.

    Positions are compared as registration has turned them; the map is turned back. The score is the largest value of
    the smoothed map.
    """

    channels: Tensor

    def __init__(
        self,
        backbone: LoadedBackbone,
        registration: Registration,
        channels: Tensor,
        gaussians: PositionGaussians,
        upsampling: MapUpsampling,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.registration = registration
        self.stack = PatchEmbedding(1, nearest=True)
        self.register_buffer("channels", channels)
        self.gaussians = gaussians
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        registered, turn = self.registered(self.backbone(images))
        distances = self.gaussians(registered.flatten(2).transpose(1, 2))
        turned_back = resampled(distances.reshape(-1, 1, *registered.shape[-2:]), inverse(turn))
        maps = self.upsampling(turned_back[:, 0])
        return maps.flatten(1).amax(1), maps

    def registered(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """The chosen channels of all layers as they are compared, (N, d, h, w), and how they were turned."""
        turn = self.registration(maps)
        stacked = self.stack(maps)[..., self.channels].permute(0, 3, 1, 2)
        return resampled(stacked, turn), turn


class Siamese(nn.Module):
    """Encoder and predictor that look at two registered maps of a layer; forgotten after training."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = (channels, SIAMESE_WIDTH, SIAMESE_WIDTH)
        self.encoder = nn.Sequential(*(_block(width) for width in widths))
        self.predictor = nn.Sequential(_block(SIAMESE_WIDTH), nn.Conv2d(SIAMESE_WIDTH, SIAMESE_WIDTH, 1))

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """The loss of registered maps (N, C, h, w) of pictures that show the same: how little the code of one predicts
        that of the other, by the mean over positions of the negative cosine, between -1 and 1."""
        codes = self.encoder(torch.cat([one, other]))
        first, second = self.predictor(codes).chunk(2)
        code_one, code_other = codes.detach().chunk(2)
        return -0.5 * (
            functional.cosine_similarity(first, code_other, dim=1).mean()
            + functional.cosine_similarity(second, code_one, dim=1).mean()
        )


def _block(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, SIAMESE_WIDTH, 1, bias=False), nn.BatchNorm2d(SIAMESE_WIDTH), nn.ReLU())
