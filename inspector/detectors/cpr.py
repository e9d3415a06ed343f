"""Cascade patch retrieval: compare a part with good parts that look alike, place by place, in features taught for
that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.cascade_cost import Cascade, cascade_work
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.cascade_network import CascadeNetwork
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone

_WEIGHT_DECAY = 1e-2
_STEPS = {"texture": 500, "object": 40_000}


@dataclass(frozen=True)
class CPRParameters(Parameters):
    """See `CPR`."""

    product: str = parameter(
        "texture",
        "What pictures show",
        "texture: a surface that fills the picture; object: a part in the middle before a plain background, which then "
        "does not count, and places of the part are told from each other.",
        choices=("texture", "object"),
    )
    steps: int = shared_parameters.training_steps(
        0,
        "In each the local features practise on one batch of pictures. 0: as published, 500 for textures and 40,000 "
        "for objects.",
        quick=300,
        minimum=0,
        maximum=200_000,
    )
    batch: int = shared_parameters.batch_size(
        32, "How many pictures with drawn defects make a batch; each has a good one beside it.", quick=4
    )
    learning_rate: float = parameter(
        0.001, "Learning rate", "How far the first steps go; the last go nowhere.", minimum=1e-6, maximum=1.0
    )
    dimensions: int = parameter(
        384,
        "Dimensions",
        "Of each local feature. Fewer are faster and take less room.",
        minimum=12,
        maximum=1024,
        quick=96,
    )
    references: int = parameter(
        200,
        "Reference pictures",
        "So many good pictures, as different as there are, become part of the model. More need more room.",
        minimum=1,
        maximum=5_000,
        quick=60,
    )
    neighbours: int = parameter(
        10,
        "Pictures compared with",
        "A part is compared with so many reference pictures that look most like it.",
        minimum=1,
        maximum=50,
        quick=5,
    )
    clusters: int = parameter(
        12,
        "Kinds of cells",
        "Pictures look alike that have equally many cells of each kind in each of 5 x 5 blocks.",
        minimum=2,
        maximum=64,
    )
    window: int = parameter(
        3,
        "Search window",
        "Each position of the finest layer is compared with a square of this side (odd) in the reference pictures.",
        minimum=1,
        maximum=15,
    )
    surfaces: str = parameter(
        "",
        "Folder of surfaces",
        "Drawn defects show pictures of this folder, for instance a collection of textures. Empty: drawn surfaces.",
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=True)


class CPR(LearnedDetector):
    """Li et al., IEEE TIP 2024, arXiv 2308.06748.

    Departures: any features instead of DenseNet-201's, with the window scaled to each layer's stride; cells count for
    clusters softly (see `GlobalRetrieval`), from one start of k-means; of many good pictures only `references` are
    kept, their vectors as float16; defects are drawn during training, with procedural surfaces unless a folder is given
    (never the picture's own shuffled cells), wherever they fall; all normal and defective cells take part in the loss
    instead of 300 drawn ones of each, and what counts as distant is more than the diagonal of a cell; the learning rate
    falls to zero along a cosine; the foreground comes from a discriminant analysis between border and middle alone, and
    weighs the map before it is enlarged; the score is the mean of the largest half percent of pixels, which are the
    authors' 512 largest of 320 x 320, whatever the size.
    """

    id: ClassVar[str] = "cpr"
    title: ClassVar[str] = "CPR"
    summary: ClassVar[str] = (
        "Looks up good pictures that are most like a part and compares both place by place, in features that were "
        "taught with drawn defects. For surfaces, or for parts that lie alike."
    )
    parameters_type: ClassVar[type[Parameters]] = CPRParameters
    channels_last: ClassVar[bool] = True

    @property
    def _chosen(self) -> CPRParameters:
        return cast(CPRParameters, self.parameters)

    @property
    def _steps(self) -> int:
        return self._chosen.steps or _STEPS[self._chosen.product]

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.cascade_network import untaught_cascade
        from inspector.detectors.components.smoothing import MapUpsampling

        assert backbone is not None
        chosen = self._chosen
        return untaught_cascade(
            backbone,
            MapUpsampling(preprocessing.height, preprocessing.width, chosen.map_sigma),
            clusters=chosen.clusters,
            dimensions=chosen.dimensions,
            neighbours=chosen.neighbours,
            window=chosen.window,
        )

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.data.synthetic.surfaces import surfaces_from
        from inspector.detectors.components.cascade_survey import Survey
        from inspector.detectors.components.cascade_teaching import Exercises, exercise_loss
        from inspector.detectors.components.learning import Course, descend

        fitted, chosen, seed = cast("CascadeNetwork", network), self._chosen, self.settings.seed
        objects = chosen.product == "object"
        surfaces = surfaces_from(chosen.surfaces)
        survey = Survey(fitted, pictures, progress, cancel, most=chosen.references, seed=seed, objects=objects)
        exercises = Exercises(pictures, survey.partners(chosen.neighbours), surfaces, seed)
        optimiser = torch.optim.AdamW(fitted.heads.parameters(), chosen.learning_rate, weight_decay=_WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self._steps)
        fitted.train()  # the backbone stays as it is: see `LoadedBackbone.train`
        course = Course(len(pictures), self._steps, chosen.batch, progress, cancel, seed=seed)
        for indices in course:
            loss = exercise_loss(fitted, exercises.of(indices), places_differ=objects)
            course.tell(loss)
            descend(loss, optimiser)
            schedule.step()
        survey.keep_references()
        self.facts["references"] = len(fitted.references)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        assert features is not None
        chosen = self._chosen
        cascade = Cascade(
            dimensions=chosen.dimensions,
            references=min(chosen.references, material.images),
            neighbours=chosen.neighbours,
            window=chosen.window,
            clusters=chosen.clusters,
        )
        return cascade_work(features, self._choice(), material, cascade, steps=self._steps, batch=chosen.batch)
