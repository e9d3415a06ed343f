"""What training EfficientAD costs, by arithmetic alone."""

from __future__ import annotations

from inspector.detectors.components.pdn_layout import (
    DISTILLED_SIDE,
    OUTPUTS,
    STRIDE,
    Size,
    autoencoder_passage,
    convolutions,
    passage,
    scaled,
)
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import backbone_cost, multiply_adds
from inspector.features.registry import BackboneChoice

_FLOAT = 4
_KEPT = 2
"""Copies of a convolution's output that learning keeps: before and after what follows it."""


def efficientad_work(
    choice: BackboneChoice,
    material: Material,
    *,
    size: Size,
    width: float,
    steps: int,
    batch: int,
    distilled: int,
    penalty: bool,
) -> Work:
    """Of networks of this size and width; `distilled` is how many cuts the teacher practises on, `penalty` whether the
    student sees other pictures beside the product's. The layers of `choice` must be named. Raises `WeightsError`."""
    outputs, pixels = scaled(OUTPUTS, width), (max(material.height, 64), max(material.width, 64))
    teacher, student = (passage(convolutions(size, width, count), *pixels) for count in (outputs, 2 * outputs))
    autoencoder = autoencoder_passage(*pixels, outputs, width)
    passes = steps * batch
    # Both see a picture as it is and altered.
    practised = (
        (3 if penalty else 2) * student.multiply_adds + autoencoder.multiply_adds + 2 / 3 * teacher.multiply_adds
    )
    taught = distilled * _lesson(choice, size, width, outputs)
    held = teacher.weights + student.weights + autoencoder.weights + 2 * outputs + 4
    return learner_work(
        material,
        passes=passes,
        trained=practised + taught / passes,
        judged=teacher.multiply_adds + student.multiply_adds + autoencoder.multiply_adds,
        weights=student.weights + autoencoder.weights,
        saved=_FLOAT * held,
        working_bytes=int(_KEPT * _FLOAT * (student.values + autoencoder.values + teacher.values / 2)),
        batch=batch,
    )


def _lesson(choice: BackboneChoice, size: Size, width: float, outputs: int) -> float:
    """Multiply-adds for the teacher on one cut, the frozen features as a third."""
    finest = backbone_cost(choice.name).layers[choice.layers[0]].stride
    looked_at = (DISTILLED_SIDE * max(finest / STRIDE, 1)) ** 2
    own = passage(convolutions(size, width, outputs), DISTILLED_SIDE, DISTILLED_SIDE)
    return own.multiply_adds + multiply_adds(choice.name, choice.layers) * looked_at / 3
