"""What detectors have in common whose score is a picture's distance to the most similar good pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from inspector.detectors.feature_detector import FeatureDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import Tensor

    from inspector.detectors.components.pooled import PictureGallery
    from inspector.features.loading import LoadedBackbone


@dataclass(frozen=True)
class PooledParameters(Parameters):
    """What the score needs; see `PooledDetector`."""

    neighbours: int = parameter(
        2,
        "Nearest neighbours",
        "The score is the mean distance to so many of the most similar good pictures.",
        minimum=1,
        maximum=100,
    )
    gallery: int = parameter(
        1000,
        "Good pictures kept",
        "Of more pictures so many are kept that leave no other far from all of them.",
        minimum=1,
        maximum=100_000,
    )


class PooledDetector(FeatureDetector):
    """Pooled features take little memory: those of all pictures are held, and each fold is scored by the others."""

    @property
    def _kept(self) -> PooledParameters:
        return cast(PooledParameters, self.parameters)

    def _pooled(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> Tensor:
        """Pooled features of all images, (n, D)."""
        import torch

        from inspector.detectors.components.pooled import pooled

        batches = self._embed(
            lambda batch: pooled(backbone(batch)), images, preprocessing, backbone.device, progress, cancel
        )
        return torch.cat(list(batches))

    def _gallery(self, points: Tensor, cancel: CancelToken) -> tuple[PictureGallery, Tensor]:
        """The gallery of pooled pictures (n, D), and which of them it holds."""
        from inspector.detectors.components.pooled import PictureGallery, chosen_pictures

        rows = chosen_pictures(points, self._kept.gallery, cancel)
        return PictureGallery.of(points[rows.to(points.device)], self._kept.neighbours), rows

    def _held_out_scores(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        folds: Sequence[NDArray[np.intp]],
        progress: Progress,
        cancel: CancelToken,
    ) -> NDArray[np.float64]:
        """Each fold's distances to a gallery of all others."""
        import torch

        points = self._pooled(backbone, preprocessing, images, progress, cancel)
        scores = np.empty(len(images))
        done = 0
        for held in folds:
            cancel.raise_if_cancelled()
            rows = torch.from_numpy(held).to(points.device)
            others = torch.ones(len(points), dtype=torch.bool, device=points.device)
            others[rows] = False
            gallery, _ = self._gallery(points[others], cancel)
            scores[held] = gallery(points[rows])[0].double().cpu().numpy()
            progress(done := done + len(held), len(images), "cross_validation")
        return scores

    @staticmethod
    def _gallery_tensors(gallery: PictureGallery) -> dict[str, Tensor]:
        """What `_gallery_from` needs."""
        return {"gallery.points": gallery.points, "gallery.centre": gallery.centre}

    def _gallery_from(self, backbone: LoadedBackbone, tensors: dict[str, Tensor]) -> PictureGallery:
        """The gallery from `_gallery_tensors`. Raises KeyError, ValueError if they do not fit."""
        from inspector.detectors.components.pooled import PictureGallery

        points, centre = tensors["gallery.points"], tensors["gallery.centre"]
        channels = sum(backbone.channels)
        if points.ndim != 2 or not len(points) or points.shape[1] != channels or centre.shape != (channels,):
            raise ValueError(f"gallery {tuple(points.shape)}, centre {tuple(centre.shape)}")
        return PictureGallery(points, centre, self._kept.neighbours)
