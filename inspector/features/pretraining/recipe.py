"""What a training run is determined by, kept in a file beside its checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.errors import TrainingError

RECIPE_VERSION = 4
"""To be raised whenever scenes, network, loss or schedule change: a run is not continued under another recipe."""

RECIPE_FILE = "recipe.json"


class Recipe(BaseModel):
    """Everything that decides which numbers a run computes, except its time budget and its hardware.

    A step learns from `scenes` x `crops` crops of `side` x `side` pixels (a multiple of 16); the teacher's channels
    are standardised by what `calibration_scenes` other scenes show of them. Lesson `imitate` shows views as different
    as can be, `discriminate` series of parts with damage (see `crops`), whose loss counts `discrimination_weight`
    times beside imitation. `photographs_share` of the scenes are photographs, if there are any. The hashes name the
    teacher's weights, the photographs and the checkpoint that training started from ("": none).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = RECIPE_VERSION
    lesson: Literal["imitate", "discriminate"] = "imitate"
    seed: int = Field(default=0, ge=0)
    side: int = Field(default=112, ge=32, multiple_of=16)
    scenes: int = Field(default=3, ge=1)
    crops: int = Field(default=8, ge=1)
    calibration_scenes: int = Field(default=60, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.02, ge=0)
    discrimination_weight: float = Field(default=1.0, ge=0)
    photographs_share: float = Field(default=0.4, ge=0, le=1)
    teacher_sha256: str
    photographs_sha256: str = ""
    start_sha256: str = ""


def keep_recipe(folder: Path, recipe: Recipe) -> None:
    """Store the recipe with a new run, or see that a run that is there already was made with the same one.

    Raises `TrainingError` `pretraining_recipe_differs` or `pretraining_recipe_damaged`.
    """
    file = folder / RECIPE_FILE
    if not file.exists():
        file.write_text(recipe.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return
    kept, wanted = read_recipe(folder).model_dump(), recipe.model_dump()
    differing = [name for name in wanted if kept[name] != wanted[name]]
    if differing:
        raise TrainingError("pretraining_recipe_differs", folder=folder, names=", ".join(differing))


def read_recipe(folder: Path) -> Recipe:
    """The recipe of the run in a folder. Raises `TrainingError` `pretraining_recipe_damaged`."""
    file = folder / RECIPE_FILE
    try:
        return Recipe.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not what training wrote"
        raise TrainingError("pretraining_recipe_damaged", path=file, reason=reason) from error
