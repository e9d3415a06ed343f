"""Teaching the embedded network, for a given time, in a run that survives being killed.

What is learned is in `imitation` (of the teacher) and `discrimination` (of damage from its surroundings).
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inspector.errors import TrainingError
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.pretraining.checkpoint import (
    CHECKPOINT_FILE,
    LOG_FILE,
    Checkpoint,
    append_line,
    load_checkpoint,
    save_checkpoint,
)
from inspector.features.pretraining.crops import TRAINING_SCENES, Crops, scene_crops, training_batches
from inspector.features.pretraining.discrimination import discrimination_losses
from inspector.features.pretraining.imitation import imitation_losses
from inspector.features.pretraining.photographs import Photographs
from inspector.features.pretraining.recipe import Recipe, keep_recipe
from inspector.features.pretraining.teacher import ChannelStatistics, Normaliser, Statistics, Teacher

logger = logging.getLogger(__name__)

Clock = Callable[[], float]

_WARM_UP_STEPS = 200
_LARGEST_GRADIENT = 1.0
_LONGEST_STEP_S = 3.0
"""More than that is a computer that slept or was busy with something else: it is not taken off the budget."""
_SMOOTHING = 0.98


class Training:
    """One run: begun anew or where the run of the checkpoint `start` ended, or taken up from the checkpoint in
    `folder`.

    Raises `TrainingError` `pretraining_recipe_differs`, `pretraining_recipe_damaged`,
    `pretraining_checkpoint_damaged`, `output_failed`.
    """

    def __init__(
        self,
        recipe: Recipe,
        teacher: Teacher,
        folder: Path,
        device: torch.device,
        photographs: Photographs | None = None,
        start: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        keep_recipe(folder, recipe)
        self.recipe = recipe
        self.step, self.spent = 0, 0.0
        self._folder, self._device = folder, device
        self._teacher = teacher.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._normalise = Normaliser().to(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            student = EmbeddedNetwork()
        self.student: EmbeddedNetwork = student.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = torch.optim.AdamW(
            parameter_groups(self.student, recipe.weight_decay), lr=recipe.learning_rate
        )
        self._smoothed: Tensor | None = None
        self._crops = scene_crops(recipe, photographs)
        if (folder / CHECKPOINT_FILE).exists():
            self._statistics = self._resumed()
        else:
            self._statistics = self._started(start) if start else self._measured()

    def run(
        self,
        minutes: float,
        workers: int = 0,
        *,
        clock: Clock = time.monotonic,
        log_steps: int = 100,
        save_seconds: float = 120.0,
    ) -> None:
        """Learn until `minutes` have been used, all sessions of the run together; the learning rate falls to 0 by then.

        `workers` processes render scenes (0: this one does). Logs every `log_steps` steps, saves every `save_seconds`
        and at the end. Raises `TrainingError` `pretraining_diverged`, `output_failed`.
        """
        budget, saved = minutes * 60, self.spent
        self.student.train()
        batches: Iterator[Crops] | None = None
        last = clock()
        while True:
            now = clock()
            self.spent += min(now - last, _LONGEST_STEP_S)
            last = now
            if self.spent >= budget:
                break
            if batches is None:  # not before: nothing is rendered where the time is used up
                pinned = self._device.type == "cuda"
                batches = iter(training_batches(self._crops, self.recipe.scenes, self.step, workers, pinned=pinned))
            self._learn(next(batches), self.spent / budget)
            if self.step % log_steps == 0:
                self._log()
            if self.spent - saved >= save_seconds:
                self._save()
                saved = self.spent
        self._save()

    def losses(self, crops: Crops) -> tuple[Tensor, Tensor]:
        """For a batch of (k, n, ...) crops the loss of each layer (3,), of imitation and of discrimination (0 in the
        lesson `imitate`)."""
        images = self._normalise(crops.images.flatten(0, 1))
        with torch.no_grad():
            wanted = self._teacher(images)
        maps = self.student(images)
        imitation = imitation_losses(maps, wanted, self._statistics, len(crops.images))
        if self.recipe.lesson == "imitate":
            return imitation, torch.zeros_like(imitation)
        return imitation, discrimination_losses(maps, crops.damage.to(self._device))

    def _learn(self, crops: Crops, used: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(self.step, used)
        imitation, discrimination = self.losses(crops)
        self._optimiser.zero_grad(set_to_none=True)
        (imitation.sum() + self.recipe.discrimination_weight * discrimination.sum()).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.student.parameters(), _LARGEST_GRADIENT)
        self._optimiser.step()
        self.step += 1
        new = torch.cat([imitation, discrimination]).detach()
        self._smoothed = new if self._smoothed is None else self._smoothed * _SMOOTHING + new * (1 - _SMOOTHING)

    @torch.no_grad()
    def _measured(self) -> Statistics:
        """Mean and deviation of the teacher's channels over scenes that training never sees."""
        found = ChannelStatistics()
        for index in range(TRAINING_SCENES, TRAINING_SCENES + self.recipe.calibration_scenes):
            found.add(self._teacher(self._normalise(self._crops[index].images)))
        return found.result()

    def _started(self, start: Path) -> Statistics:
        """Begin with what another run has learned."""
        kept = load_checkpoint(start, self._device)
        self._take(kept, start)
        return kept["stats"]

    def _take(self, kept: Checkpoint, file: Path) -> None:
        try:
            self.student.load_state_dict(kept["student"])
        except RuntimeError as error:
            raise TrainingError("pretraining_checkpoint_damaged", path=file) from error

    def _resumed(self) -> Statistics:
        file = self._folder / CHECKPOINT_FILE
        kept = load_checkpoint(file, self._device)
        self._take(kept, file)
        try:
            self._optimiser.load_state_dict(kept["opt"])
        except (RuntimeError, ValueError) as error:
            raise TrainingError("pretraining_checkpoint_damaged", path=file) from error
        self.step, self.spent = kept["step"], kept["spent"]
        append_line(self._folder / LOG_FILE, json.dumps({"resumed": self.step, "s": round(self.spent)}))
        logger.info("resumed at step %d after %.0f s", self.step, self.spent)
        return kept["stats"]

    def _log(self) -> None:
        values = self._finite_losses()
        rate = self._optimiser.param_groups[0]["lr"]
        rounded = [round(value, 4) for value in values]
        row = {"step": self.step, "s": round(self.spent), "lr": round(rate, 6), "loss": rounded[:3]}
        if self.recipe.lesson == "discriminate":
            row["discrimination"] = rounded[3:]
        line = json.dumps(row)
        append_line(self._folder / LOG_FILE, line)
        logger.info("%s", line)

    def _save(self) -> None:
        self._finite_losses()
        save_checkpoint(
            self._folder / CHECKPOINT_FILE,
            {
                "student": self.student.state_dict(),
                "opt": self._optimiser.state_dict(),
                "step": self.step,
                "spent": self.spent,
                "stats": self._statistics,
            },
        )

    def _finite_losses(self) -> list[float]:
        """The smoothed losses; a network that computes nonsense is neither logged nor saved."""
        values: list[float] = [] if self._smoothed is None else self._smoothed.tolist()
        if not all(math.isfinite(value) for value in values):
            raise TrainingError("pretraining_diverged", step=self.step)
        return values


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """For the optimiser: convolution weights are pulled to 0, biases and normalisation are not."""
    parameters = list(module.parameters())
    return [
        {"params": [item for item in parameters if item.ndim > 1], "weight_decay": weight_decay},
        {"params": [item for item in parameters if item.ndim <= 1], "weight_decay": 0.0},
    ]


def schedule(step: int, used: float) -> float:
    """Share of the learning rate: a linear start over 200 steps, a cosine to 0 over the `used` share of the budget."""
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, used)))
