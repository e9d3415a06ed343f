"""Lets torchvision's model code be imported beside a torch without CUDA.

WORKAROUND: torchvision's Linux wheel is built for CUDA; beside a CPU-only torch its compiled operators do not load and
the import fails with `operator torchvision::nms does not exist`, although no classification network needs them.
Declaring the schemas is enough (seen with torch 2.13.0 and torchvision 0.28.0).
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from torch import library as operators

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}

_kept: list[Any] = []  # a Library takes its declarations with it when it is collected


@cache
def torchvision_models() -> ModuleType:
    """`torchvision.models`, importable whichever torch is installed."""
    try:
        import torchvision.models as models
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _declare_missing_operators()
        import torchvision.models as models
    result: ModuleType = models
    return result


def _declare_missing_operators() -> None:
    fragment: Any = operators.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS.values():
        fragment.define(schema)
    _kept.append(fragment)
