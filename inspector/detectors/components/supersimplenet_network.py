"""SuperSimpleNet's inference as one module: a head for each position and one for the whole picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.standardised_embedding import StandardisedEmbedding


def pooled_width(hidden: int) -> int:
    """Of the head that judges pictures: an eighth of the other head's, as in the paper, at least 8."""
    return max(hidden // 8, 8)


class SegmentationHead(nn.Sequential):
    """(N, C, h, w) to logits (N, 1, h, w); larger is more unusual."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__(
            nn.Conv2d(channels, hidden, 1),
            nn.BatchNorm2d(hidden),
            nn.LeakyReLU(0.2),
            nn.Conv2d(hidden, 1, 1, bias=False),
        )


class PictureHead(nn.Module):
    """Features (N, C, h, w) and the logits of their positions (N, 1, h, w) to one logit for each picture, (N,)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.convolution = nn.Sequential(
            nn.Conv2d(channels + 1, hidden, 5, padding=2), nn.BatchNorm2d(hidden), nn.ReLU()
        )
        self.decision = nn.Linear(2 * hidden + 2, 1)

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """Judge the picture."""
        seen = torch.cat([self.convolution(torch.cat([features, logits], 1)), logits], 1).flatten(2)
        decided: Tensor = self.decision(torch.cat([seen.mean(2), seen.amax(2)], 1))[:, 0]
        return decided


class SuperSimpleNetNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32: logits, unbounded."""

    def __init__(self, features: StandardisedEmbedding, hidden: int, upsampling: MapUpsampling) -> None:
        super().__init__()
        channels = features.conditioning.mean.numel()
        self.features = features
        self.adaptor = nn.Conv2d(channels, channels, 1)
        self.segmentation = SegmentationHead(channels, hidden)
        self.picture = PictureHead(channels, pooled_width(hidden))
        self.upsampling = upsampling

    def start_from(self, whitening: Tensor) -> None:
        """First weights of the adaptor, (C, C)."""
        with torch.no_grad():
            self.adaptor.weight.copy_(whitening[:, :, None, None])
            assert self.adaptor.bias is not None
            self.adaptor.bias.zero_()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        logits, scores = self.judged(self.features(images))
        return scores, self.upsampling(logits[:, 0])

    def judged(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, C, h, w) to logits of positions (N, 1, h, w) and of pictures (N,); the latter teach the former
        nothing."""
        adapted = self.adaptor(features)
        logits = self.segmentation(adapted)
        return logits, self.picture(adapted, logits.detach())
