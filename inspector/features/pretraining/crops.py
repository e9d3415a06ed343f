"""Crops of scenes as a camera would deliver them, always the same ones in the same order for a seed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from inspector.features.pretraining.camera import Camera
from inspector.features.pretraining.defects import spoil
from inspector.features.pretraining.photographs import Photographs
from inspector.features.pretraining.recipe import Recipe
from inspector.features.pretraining.scenes import Scene, render_scene

TRAINING_SCENES = 9_000_000
"""Scenes from here on are never trained on: the first of them measure the teacher's channels."""

_MARGIN = 32
_SHIFT = 0.25
_SURFACES = 0.5
_SPOILED = 0.7


class Crops(NamedTuple):
    """`images` (n, 3, S, S) uint8 RGB of one scene and what of them is `damage` (n, S, S) bool; in a batch with one
    more dimension in front."""

    images: Tensor
    damage: Tensor


@dataclass(frozen=True)
class _Pose:
    """Where a view looks: shift (pixels), angle (degrees), enlargement."""

    shift: NDArray[np.float64]
    angle: float
    scale: float

    @classmethod
    def draw(cls, rng: np.random.Generator, room: float) -> _Pose:
        scale = float(np.exp(rng.uniform(np.log(0.7), np.log(2.0))))
        angle = rng.uniform(0, 360) if rng.random() < 0.5 else 0.0
        return cls(rng.uniform(-room, room, 2), angle, scale)

    def elsewhere(self, rng: np.random.Generator, room: float) -> _Pose:
        return replace(self, shift=rng.uniform(-room, room, 2))

    def nudged(self, rng: np.random.Generator) -> _Pose:
        """The next part of a series lies not quite where the last one lay."""
        return _Pose(self.shift + rng.normal(0, 1.5, 2), self.angle + rng.normal(0, 0.7), self.scale)

    def view(self, scene: Scene, side: int) -> NDArray[np.uint8]:
        centre = scene.shape[0] / 2
        matrix = cv2.getRotationMatrix2D((centre, centre), self.angle, self.scale)
        matrix[:, 2] += side / 2 - centre + self.shift
        size = (side, side)
        return np.asarray(
            cv2.warpAffine(scene, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )


class SceneCrops(Dataset[Crops]):
    """Item `i` are the crops of scene `i`, always the same for a seed; scenes are unlimited."""

    def __init__(self, recipe: Recipe, photographs: Photographs | None = None) -> None:
        self._photographs, self._share = photographs, recipe.photographs_share
        self._seed, self._crops, self._side = recipe.seed, recipe.crops, recipe.side
        self._scene_side = 2 * recipe.side + _MARGIN
        self._room = self._scene_side * _SHIFT

    def __getitem__(self, index: int) -> Crops:
        return self._of_scene(np.random.default_rng([self._seed, index]))

    def _scene(self, rng: np.random.Generator) -> Scene:
        if self._photographs is not None and rng.random() < self._share:
            return self._photographs.scene(rng, self._scene_side)
        return render_scene(rng, self._scene_side)

    @abstractmethod
    def _of_scene(self, rng: np.random.Generator) -> Crops: ...


class Views(SceneCrops):
    """Views as different as can be: each placed, turned and scaled at random, each through a camera of its own."""

    def _of_scene(self, rng: np.random.Generator) -> Crops:
        scene = self._scene(rng)
        views = [_Pose.draw(rng, self._room).view(scene, self._side) for _ in range(self._crops)]
        images = np.stack([Camera.draw(rng).take(rng, view) for view in views])
        return Crops(torch.from_numpy(images), torch.zeros(self._crops, self._side, self._side, dtype=torch.bool))


class Series(SceneCrops):
    """One product before one camera: the first half of the crops are good parts, of the second most are damaged.

    Half of the scenes are endless surfaces, of which each part is another piece; in the others every part of the
    second half shows what one of the first half shows, nudged as a part is that lies not quite where it should.
    """

    def _of_scene(self, rng: np.random.Generator) -> Crops:
        surface = bool(rng.random() < _SURFACES)
        scene = render_scene(rng, self._scene_side, things=False) if surface else self._scene(rng)
        pose, camera = _Pose.draw(rng, self._room), Camera.draw(rng)
        half = self._crops // 2
        good = [pose.elsewhere(rng, self._room) for _ in range(half)]
        second = [pose.elsewhere(rng, self._room) if surface else item.nudged(rng) for item in good]
        views = [item.view(scene, self._side) for item in (*good, *second)]
        damage = np.zeros((len(views), self._side, self._side), np.bool_)
        for index in range(half, len(views)):
            if rng.random() < _SPOILED:
                spoilt = spoil(rng, views[index])
                views[index], damage[index] = spoilt, camera.visible(views[index], spoilt)
        images = np.stack([camera.drifted(rng).take(rng, view) for view in views])
        return Crops(torch.from_numpy(images), torch.from_numpy(damage))


def scene_crops(recipe: Recipe, photographs: Photographs | None = None) -> SceneCrops:
    """The crops that a recipe learns from."""
    return (Series if recipe.lesson == "discriminate" else Views)(recipe, photographs)


def training_batches(crops: SceneCrops, scenes: int, step: int, workers: int, *, pinned: bool) -> DataLoader[Crops]:
    """Batches of `scenes` scenes' crops from the one that step `step` (from 0) learns from.

    Which scenes a step sees depends on seed and step alone, not on workers or on how often training was interrupted.
    """
    options: dict[str, Any] = {}
    if workers:
        # Spawned, not forked: a fork would copy the locks of this process's torch, OpenCV and CUDA threads.
        options = {"prefetch_factor": 4, "multiprocessing_context": "spawn", "worker_init_fn": _one_thread}
    ahead = Subset(crops, range(step * scenes, TRAINING_SCENES))
    return DataLoader(ahead, batch_size=scenes, num_workers=workers, pin_memory=pinned, **options)


def _one_thread(_worker: int) -> None:
    """Workers are as many as there are cores to spare: each uses one."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
