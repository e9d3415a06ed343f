"""SPADE: the most similar good pictures are looked up, each place of a part is compared with theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.cross_validation import Subset
from inspector.detectors.grids import bounded_grid
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.pooled_detector import PooledDetector, PooledParameters
from inspector.detectors.work import Material, Work, pooled_work
from inspector.features.costs import FeatureCost, layer_costs
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import Tensor, nn

    from inspector.detectors.components.pooled import PictureGallery
    from inspector.detectors.components.spade_network import MapGallery, SPADENetwork
    from inspector.features.loading import LoadedBackbone


@dataclass(frozen=True)
class SPADEParameters(PooledParameters):
    """See `SPADE`."""

    neighbours: int = parameter(
        50,
        "Pictures looked up",
        "So many of the most similar good pictures give the score, and the places that a part's are compared with.",
        minimum=1,
        maximum=200,
        quick=5,
    )
    gallery: int = parameter(
        100,
        "Good pictures kept",
        "Of more pictures so many are kept that leave no other far from all of them. The model grows with each.",
        minimum=1,
        maximum=2000,
        quick=40,
    )
    grid: int = parameter(
        32,
        "Places along a side",
        "Maps of features with more places along a side are averaged down to this. Time and model size grow with its "
        "square.",
        minimum=4,
        maximum=128,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class SPADE(PooledDetector):
    """Cohen and Hoshen 2020, arXiv 2005.02357.

    Departures: of more than `gallery` good pictures a coreset is kept, and fine maps are averaged to `grid` places
    along a side, so that a model has a bounded size; pictures are looked up by the means of all chosen layers instead
    of a classifier's last one; layers are compared one by one and averaged, as the well-known program does it, where
    the paper joins them; nothing is cropped away.
    """

    id: ClassVar[str] = "spade"
    title: ClassVar[str] = "SPADE"
    summary: ClassVar[str] = (
        "Looks up the most similar good pictures and compares each place with theirs. The score is that of the picture "
        "as a whole, so small defects show in the map more than in the score; models are large."
    )
    parameters_type: ClassVar[type[Parameters]] = SPADEParameters
    layer_set: ClassVar = "pyramid"

    @property
    def _chosen(self) -> SPADEParameters:
        return cast(SPADEParameters, self.parameters)

    def _learn(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> nn.Module:
        points = self._pooled(backbone, preprocessing, images, progress, cancel)
        gallery, rows = self._gallery(points, cancel)
        layers = self._map_galleries(backbone, preprocessing, Subset(images, rows.numpy()), progress, cancel)
        return self._assembled(backbone, gallery, layers, preprocessing)

    def _map_galleries(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> list[MapGallery]:
        """One for each layer, of all images."""
        import torch

        from inspector.detectors.components.batches import embed_images
        from inspector.detectors.components.pooling import bounded
        from inspector.detectors.components.spade_network import MapGallery

        shapes: list[torch.Size] = []

        def side_by_side(batch: Tensor) -> Tensor:
            maps = [bounded(item, self._chosen.grid).flatten(2).transpose(1, 2) for item in backbone(batch)]
            shapes[:] = [item.shape[1:] for item in maps]
            return torch.cat([item.flatten(1) for item in maps], dim=1)

        # Not `_embed`, whose store belongs to the pooled features.
        embedded = embed_images(side_by_side, images, preprocessing, backbone.device, progress, cancel)
        held = [torch.split(part, [shape.numel() for shape in shapes], dim=1) for part in embedded]
        return [
            MapGallery(torch.cat([parts[place] for parts in held]).reshape(-1, *shape))
            for place, shape in enumerate(shapes)
        ]

    def _assembled(
        self,
        backbone: LoadedBackbone,
        gallery: PictureGallery,
        layers: list[MapGallery],
        preprocessing: Preprocessing,
    ) -> SPADENetwork:
        from inspector.detectors.components.smoothing import MapUpsampling
        from inspector.detectors.components.spade_network import SPADENetwork

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return SPADENetwork(backbone, gallery, layers, self._chosen.grid, upsampling.to(gallery.points.device))

    def _work(self, features: FeatureCost, material: Material) -> Work:
        held = compared = 0
        retrieved = min(self._chosen.neighbours, self._chosen.gallery, material.images)
        for layer in layer_costs(self._choice()):
            height, width = (-(-side // layer.stride) for side in (material.height, material.width))
            rows, columns = bounded_grid(height, width, self._chosen.grid)
            held += rows * columns * layer.channels
            compared += retrieved * (rows * columns) ** 2 * layer.channels
        pixels = material.height * material.width
        return pooled_work(
            features, material, gallery=self._chosen.gallery, held=held, compared=compared, map_pixels=pixels
        )

    def _backbone_of(self, network: nn.Module) -> LoadedBackbone:
        return cast("SPADENetwork", network).backbone

    def _learned_tensors(self, network: nn.Module) -> dict[str, Tensor]:
        fitted = cast("SPADENetwork", network)
        maps = {f"maps.{place}": cast("Tensor", item.vectors) for place, item in enumerate(fitted.layers)}
        return {**self._gallery_tensors(fitted.gallery), **maps}

    def _rebuild(self, backbone: LoadedBackbone, tensors: dict[str, Tensor], preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.spade_network import MapGallery

        gallery = self._gallery_from(backbone, tensors)
        maps = [tensors[f"maps.{place}"] for place in range(len(backbone.channels))]
        for vectors, channels in zip(maps, backbone.channels, strict=True):
            if vectors.ndim != 3 or vectors.shape[::2] != (len(gallery.points), channels):
                raise ValueError(f"maps {tuple(vectors.shape)}")
        return self._assembled(backbone, gallery, [MapGallery(vectors) for vectors in maps], preprocessing)
