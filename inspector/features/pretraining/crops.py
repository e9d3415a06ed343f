"""Crops of scenes as a camera would deliver them, always the same ones in the same order for a seed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Subset

from inspector.features.pretraining.recipe import Recipe
from inspector.features.pretraining.scenes import Scene, render_scene

TRAINING_SCENES = 9_000_000
"""Scenes from here on are never trained on: the first of them measure the teacher's channels."""

_MARGIN = 32
_SHIFT = 0.25


class SceneCrops(Dataset[torch.Tensor]):
    """Item `i` is (`crops`, 3, `side`, `side`) uint8 RGB, always the same for a seed; scenes are unlimited."""

    def __init__(self, recipe: Recipe) -> None:
        self._seed, self._crops, self._side = recipe.seed, recipe.crops, recipe.side

    def __getitem__(self, index: int) -> torch.Tensor:
        rng = np.random.default_rng([self._seed, index])
        scene = render_scene(rng, 2 * self._side + _MARGIN)
        return torch.from_numpy(np.stack([self._crop(rng, scene) for _ in range(self._crops)]))

    def _crop(self, rng: np.random.Generator, scene: Scene) -> NDArray[np.uint8]:
        """One view: placed, turned and scaled at random, then through the camera."""
        scale = np.exp(rng.uniform(np.log(0.7), np.log(2.0)))
        angle = rng.uniform(0, 360) if rng.random() < 0.5 else 0.0
        centre = scene.shape[0] / 2
        matrix = cv2.getRotationMatrix2D((centre, centre), angle, scale)
        room = scene.shape[0] * _SHIFT
        matrix[:, 2] += self._side / 2 - centre + rng.uniform(-room, room, 2)
        size = (self._side, self._side)
        view = cv2.warpAffine(scene, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return _through_camera(rng, view)


def training_batches(recipe: Recipe, step: int, workers: int, *, pinned: bool) -> DataLoader[torch.Tensor]:
    """Batches (`scenes`, `crops`, 3, `side`, `side`) uint8 from the one that step `step` (from 0) learns from.

    Which scenes a step sees depends on seed and step alone, not on workers or on how often training was interrupted.
    """
    options: dict[str, Any] = {}
    if workers:
        # Spawned, not forked: a fork would copy the locks of this process's torch, OpenCV and CUDA threads.
        options = {"prefetch_factor": 4, "multiprocessing_context": "spawn", "worker_init_fn": _one_thread}
    scenes = Subset(SceneCrops(recipe), range(step * recipe.scenes, TRAINING_SCENES))
    return DataLoader(scenes, batch_size=recipe.scenes, num_workers=workers, pin_memory=pinned, **options)


def _one_thread(_worker: int) -> None:
    """Workers are as many as there are cores to spare: each uses one."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _through_camera(rng: np.random.Generator, view: NDArray[Any]) -> NDArray[np.uint8]:
    """Blur, inversion, exposure, gamma, sensor noise, gray, channels exchanged: (H, W, 3) uint8 to (3, H, W) uint8."""
    image: NDArray[Any] = view.astype(np.float32) / 255
    if rng.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8))
    if rng.random() < 0.15:
        image = 1 - image
    image = np.clip(image * rng.uniform(0.7, 1.5), 0, 1) ** np.float32(np.exp(rng.normal(0, 0.35)))
    if rng.random() < 0.5:
        image = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(0, 0.05))
    if rng.random() < 0.4:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    channels = rng.permutation(3)
    return (np.clip(image, 0, 1) * 255).astype(np.uint8)[:, :, channels].transpose(2, 0, 1).copy()
