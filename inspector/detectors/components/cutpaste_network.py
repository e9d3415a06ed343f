"""CutPaste's inference as one module: a network that told good from pasted, and Gaussians of what it says of good."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.density import Density
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.residual import ResidualNetwork
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.tasks import CancelToken, Progress

_PLACES, _WINDOW = 1, 3
"""The map looks at the second stage, of stride 8, averaged over 3x3 cells."""
_STRIDE = 8
_HELD = 1 << 25
"""So many numbers of places, 128 MB, are held to learn their Gaussians from: those of 256 pictures of 256 pixels."""


class CutPasteNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in Mahalanobis distances.

    The score is the distance of the picture's embedding, the unit vector of the last stage's mean over the picture. The
    map is made of the distances of unit vectors of the second stage, each cell averaged with its neighbours, from what
    is usual there. What the paper's patch model would learn from small cuts comes from the same network, so that
    nothing is trained twice. The second stage, because cells of later ones see nearly the whole picture. Each cell has
    its own mean, since the frame and the outline of a part look unlike everything else, and all share one covariance,
    as there are far fewer pictures than channels; where parts lie anyhow, the means are all alike.
    """

    def __init__(self, width: int, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.body = ResidualNetwork(width)
        self.whole = Density(width << 3)
        self.places = Density(width << _PLACES, tuple(-(-side // _STRIDE) for side in upsampling.size))
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        whole, places = self.embeddings(images)
        return self.whole(whole), self.upsampling(self.places(places))

    def embeddings(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Unit vectors of pictures, (N, 8 width), and of their places, (N, h, w, 2 width), float32."""
        stages = self.body(images)
        cells = functional.avg_pool2d(
            stages[_PLACES].float(), _WINDOW, stride=1, padding=_WINDOW // 2, count_include_pad=False
        )
        whole = functional.normalize(pooled(stages), dim=1)
        return whole, functional.normalize(cells, dim=1).permute(0, 2, 3, 1)

    @torch.no_grad()
    def learn(self, pictures: Pictures, seed: int, progress: Progress, cancel: CancelToken) -> dict[str, float]:
        """Both Gaussians, from good pictures as they are; what is worth telling, for `Detector.facts`."""
        self.eval()
        room = max(_HELD // self.places.mean.numel(), 2)
        held = set(np.random.default_rng(seed).permutation(len(pictures))[:room].tolist())
        wholes, places = [], []
        for index in range(len(pictures)):
            cancel.raise_if_cancelled()
            progress(index, len(pictures), "features")
            whole, cells = self.embeddings(pictures.batch([index]))
            wholes.append(whole.cpu())
            if index in held:
                places.append(cells.cpu())
        progress(len(pictures), len(pictures), "features")
        shrunk = self.whole.learn(torch.cat(wholes), seed)
        cancel.raise_if_cancelled()
        self.places.learn(torch.cat(places), seed)
        return {"covariance_shrinkage": shrunk}


def pooled(stages: list[Tensor]) -> Tensor:
    """The last stage's mean over the picture, (N, C) float32."""
    return stages[-1].float().mean((2, 3))
