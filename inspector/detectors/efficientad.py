"""EfficientAD: a student and an autoencoder practise on good parts what a small teacher says of each patch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.components.efficientad_work import efficientad_work
from inspector.detectors.components.pdn_layout import OUTPUTS, Size, convolutions, scaled
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work
from inspector.features.costs import FeatureCost
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.data.synthetic.surfaces import Surfaces
    from inspector.detectors.components.efficientad_network import EfficientADNetwork
    from inspector.detectors.components.pdn import PatchDescription
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone

_SMALLEST_SIDE = 64


@dataclass(frozen=True)
class EfficientADParameters(Parameters):
    """See `EfficientAD`."""

    size: str = parameter(
        "small",
        "Size of the networks",
        "Medium networks are slower, and a little better.",
        choices=("small", "medium"),
    )
    width: float = parameter(
        1.0,
        "Width of the networks",
        "Share of the published channels. On a processor without graphics card, all of them take days to train.",
        minimum=0.02,
        maximum=2.0,
        quick=0.125,
    )
    teacher: str = parameter(
        "",
        "Teacher from a file",
        "Path of a .pth or .safetensors file with the weights of a teacher of this size and width, as they are "
        "published for this method or as a model of it holds them. Empty: it is made from the chosen features.",
    )
    distillation_steps: int = parameter(
        60_000,
        "Steps to make the teacher",
        "In each the teacher practises on one batch of cuts, half from good pictures and half drawn, what the chosen "
        "features say.",
        minimum=1,
        maximum=1_000_000,
        quick=400,
    )
    distillation_batch: int = parameter(
        16,
        "Cuts a step",
        "How many cuts of 128 pixels make a batch for the teacher.",
        minimum=1,
        maximum=256,
        quick=4,
    )
    distillation_rate: float = parameter(
        1e-4,
        "Learning rate of the teacher",
        "How far each step of the teacher goes.",
        minimum=1e-6,
        maximum=0.1,
        quick=2e-3,
    )
    steps: int = shared_parameters.training_steps(
        70_000, "In each student and autoencoder practise on one batch of pictures.", quick=1000, maximum=1_000_000
    )
    batch: int = shared_parameters.batch_size(
        1, "How many pictures make a batch. The losses are those of single pictures, averaged.", maximum=64
    )
    learning_rate: float = shared_parameters.learning_rate(1e-4, quick=1e-3)
    penalty: str = parameter(
        "drawn",
        "Pictures that are no product",
        "The student must not learn to imitate its teacher on these, so that it fails on what it has not seen. The "
        "paper takes ImageNet pictures; drawn scenes stand in for them. Without any it learns faster and finds less.",
        choices=("drawn", "none"),
    )
    penalty_folder: str = parameter(
        "",
        "Folder of such pictures",
        "Path of a folder with photographs of anything but the product, to take instead of drawn scenes. ImageNet's "
        "are what the paper takes. Empty: scenes are drawn.",
    )


class EfficientAD(LearnedDetector):
    """Batzner et al., WACV 2024, arXiv 2303.14535.

    Departures: the teacher is distilled at the start of each training from the chosen features, on cuts of 128 pixels,
    half of the product and half drawn, where the paper's is distilled once on ImageNet (such a one can be loaded);
    drawn scenes stand in for the ImageNet pictures of the penalty; maps are placed where the patches' centres are and
    continued to the border, not padded with zeros; the teacher's channels are normalised over at most 256 pictures and
    the maps over at most 64, those of the tenth set aside; a channel that hardly varies on the product is not enlarged
    more than a hundredfold; weights start as He et al. draw them; inputs may have any size and shape from 64 pixels a
    side, to which the autoencoder's are adapted. The quick preset trains networks of an eighth of the width for far
    fewer and larger steps.
    """

    id: ClassVar[str] = "efficientad"
    title: ClassVar[str] = "EfficientAD"
    summary: ClassVar[str] = (
        "A student learns what a small teacher says of good parts, and an autoencoder what it says of the whole part; "
        "where they disagree, something is new. Finds wrong arrangements, too; very fast with a graphics card."
    )
    parameters_type: ClassVar[type[Parameters]] = EfficientADParameters

    @property
    def _chosen(self) -> EfficientADParameters:
        return cast(EfficientADParameters, self.parameters)

    @property
    def _outputs(self) -> int:
        return scaled(OUTPUTS, self._chosen.width)

    def _preprocessing_for(self, images: Sequence[Image], backbone: LoadedBackbone | None) -> Preprocessing:
        """Normalised as for ImageNet whatever the features want, as teachers from files are used to; sides of at least
        64 pixels, of which patches of 33 pixels leave some."""
        found = super()._preprocessing_for(images, backbone)
        return Preprocessing(max(found.height, _SMALLEST_SIDE), max(found.width, _SMALLEST_SIDE))

    def _described(self, outputs: int) -> PatchDescription:
        from inspector.detectors.components.pdn import PatchDescription

        chosen = self._chosen
        return PatchDescription(convolutions(cast(Size, chosen.size), chosen.width, outputs))

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.efficientad_autoencoder import PatchAutoencoder
        from inspector.detectors.components.efficientad_network import EfficientADNetwork
        from inspector.detectors.components.pdn import PatchPlacement

        size, outputs = (preprocessing.height, preprocessing.width), self._outputs
        return EfficientADNetwork(
            self._described(outputs).requires_grad_(False),
            self._described(2 * outputs),
            PatchAutoencoder(*size, outputs, self._chosen.width),
            outputs,
            PatchPlacement(*size),
        )

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components import efficientad_training as training
        from inspector.detectors.components.schedule import Plan

        fitted, chosen, seed = cast("EfficientADNetwork", network), self._chosen, self.settings.seed
        others = self._others()
        self._make_teacher(cast("PatchDescription", fitted.teacher), pictures, progress, cancel)
        learned, aside = training.set_aside(len(pictures), seed)
        training.measure_teacher(fitted, pictures, learned, progress, cancel)
        plan = Plan(chosen.steps, chosen.batch, chosen.learning_rate, seed)
        training.learn(fitted, pictures, learned, others, plan, progress, cancel)
        training.measure_maps(fitted, pictures, aside, progress, cancel)

    def _make_teacher(
        self, teacher: PatchDescription, pictures: Pictures, progress: Progress, cancel: CancelToken
    ) -> None:
        from inspector.detectors.components.distillation import distil
        from inspector.detectors.components.schedule import Plan
        from inspector.detectors.components.teacher_file import load_teacher

        chosen = self._chosen
        if chosen.teacher:
            name = f"{self.title} ({chosen.size}, width {chosen.width:g})"
            load_teacher(teacher, Path(chosen.teacher), name)
            return
        plan = Plan(chosen.distillation_steps, chosen.distillation_batch, chosen.distillation_rate, self.settings.seed)
        backbone = self._load_backbone(progress, cancel)
        teacher.requires_grad_(True)
        self.facts["distillation_error"] = distil(teacher, backbone, pictures, self._outputs, plan, progress, cancel)
        teacher.requires_grad_(False)

    def _others(self) -> Surfaces | None:
        """Raises `DatasetError` where a folder has no pictures."""
        from inspector.data.synthetic.surfaces import FolderSurfaces
        from inspector.detectors.components.surroundings import Centred, DrawnScenes

        if self._chosen.penalty == "none":
            return None
        folder = self._chosen.penalty_folder
        return Centred(FolderSurfaces(Path(folder))) if folder else DrawnScenes()

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        chosen = self._chosen
        return efficientad_work(
            self._choice(),
            material,
            size=cast(Size, chosen.size),
            width=chosen.width,
            steps=chosen.steps,
            batch=chosen.batch,
            distilled=0 if chosen.teacher else chosen.distillation_steps * chosen.distillation_batch,
            penalty=chosen.penalty != "none",
        )
