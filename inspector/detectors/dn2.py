"""DN2: a part is as unusual as its picture as a whole is far from those of good parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors.parameters import Parameters
from inspector.detectors.pooled_detector import PooledDetector, PooledParameters
from inspector.detectors.work import Material, Work, pooled_work
from inspector.features.costs import FeatureCost
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import Tensor, nn

    from inspector.detectors.components.dn2_network import DN2Network
    from inspector.features.loading import LoadedBackbone


class DN2(PooledDetector):
    """Bergman, Cohen and Hoshen 2020, arXiv 2002.10445.

    Departures: the means of all chosen layers stand side by side, where the paper takes the last one before a
    classifier; distances are Euclidean, not squared; pictures are neither cropped nor squeezed to a square; of very
    many good pictures a coreset is kept instead of the centres of k-means. It makes no map.
    """

    id: ClassVar[str] = "dn2"
    title: ClassVar[str] = "DN2"
    summary: ClassVar[str] = (
        "Compares each picture as a whole with the most similar good ones. It makes no map, so it does not show where "
        "a defect is; small defects get lost. For another product or a wrong view in the picture."
    )
    parameters_type: ClassVar[type[Parameters]] = PooledParameters
    has_map: ClassVar[bool] = False

    def _learn(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> nn.Module:
        from inspector.detectors.components.dn2_network import DN2Network

        points = self._pooled(backbone, preprocessing, images, progress, cancel)
        return DN2Network(backbone, self._gallery(points, cancel)[0])

    def _work(self, features: FeatureCost, material: Material) -> Work:
        return pooled_work(features, material, gallery=self._kept.gallery)

    def _backbone_of(self, network: nn.Module) -> LoadedBackbone:
        return cast("DN2Network", network).backbone

    def _learned_tensors(self, network: nn.Module) -> dict[str, Tensor]:
        return self._gallery_tensors(cast("DN2Network", network).gallery)

    def _rebuild(self, backbone: LoadedBackbone, tensors: dict[str, Tensor], preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.dn2_network import DN2Network

        return DN2Network(backbone, self._gallery_from(backbone, tensors))
