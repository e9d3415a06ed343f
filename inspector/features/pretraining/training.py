"""Teaching the embedded network what the teacher sees, for a given time, in a run that survives being killed.

Per layer a 1x1 convolution (thrown away afterwards) turns the student's map into the teacher's, whose channels are
standardised; the loss is smooth L1, linear beyond two deviations, so that the teacher's few very strong answers do not
decide everything (feature regression as in FitNets, arXiv 1412.6550, on all three layers at once and from the start).
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.errors import TrainingError
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.pretraining.checkpoint import (
    CHECKPOINT_FILE,
    LOG_FILE,
    append_line,
    load_checkpoint,
    save_checkpoint,
)
from inspector.features.pretraining.crops import TRAINING_SCENES, SceneCrops, training_batches
from inspector.features.pretraining.recipe import Recipe, keep_recipe
from inspector.features.pretraining.teacher import ChannelStatistics, Normaliser, Statistics, Teacher

logger = logging.getLogger(__name__)

Clock = Callable[[], float]

_WARM_UP_STEPS = 200
_LARGEST_GRADIENT = 1.0
_LINEAR_FROM = 2.0
_LONGEST_STEP_S = 3.0
"""More than that is a computer that slept or was busy with something else: it is not taken off the budget."""
_SMOOTHING = 0.98


class Student(nn.Module):
    """The network and, for training only, what turns its maps into the teacher's."""

    def __init__(self, teacher_channels: tuple[int, ...]) -> None:
        super().__init__()
        self.net = EmbeddedNetwork()
        pairs = zip(self.net.channels, teacher_channels, strict=True)
        self.heads = nn.ModuleList(nn.Conv2d(own, wanted, 1) for own, wanted in pairs)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Guesses of the teacher's standardised maps, from fine to coarse."""
        return [head(item) for head, item in zip(self.heads, self.net(images), strict=True)]


class Training:
    """One run: begun anew, or taken up from the checkpoint in `folder`.

    Raises `TrainingError` `pretraining_recipe_differs`, `pretraining_recipe_damaged`,
    `pretraining_checkpoint_damaged`, `output_failed`.
    """

    def __init__(self, recipe: Recipe, teacher: Teacher, folder: Path, device: torch.device) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        keep_recipe(folder, recipe)
        self.recipe = recipe
        self.step, self.spent = 0, 0.0
        self._folder, self._device = folder, device
        self._teacher = teacher.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._normalise = Normaliser().to(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            student = Student(teacher.channels)
        self.student: Student = student.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = torch.optim.AdamW(
            self.student.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self._smoothed: Tensor | None = None
        self._statistics = self._resumed() if (folder / CHECKPOINT_FILE).exists() else self._measured()

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
        batches: Iterator[Tensor] | None = None
        last = clock()
        while True:
            now = clock()
            self.spent += min(now - last, _LONGEST_STEP_S)
            last = now
            if self.spent >= budget:
                break
            if batches is None:  # not before: nothing is rendered where the time is used up
                pinned = self._device.type == "cuda"
                batches = iter(training_batches(self.recipe, self.step, workers, pinned=pinned))
            self._learn(next(batches).flatten(0, 1), self.spent / budget)
            if self.step % log_steps == 0:
                self._log()
            if self.spent - saved >= save_seconds:
                self._save()
                saved = self.spent
        self._save()

    def losses(self, crops: Tensor) -> Tensor:
        """The loss of each layer (3,) for (N, 3, `side`, `side`) uint8 crops."""
        images = self._normalise(crops)
        with torch.no_grad():
            wanted = self._teacher(images)
        found = []
        for guess, target, (mean, deviation) in zip(self.student(images), wanted, self._statistics, strict=True):
            standardised = (target - mean.view(1, -1, 1, 1)) / deviation.view(1, -1, 1, 1)
            found.append(functional.smooth_l1_loss(guess, standardised, beta=_LINEAR_FROM) * _LINEAR_FROM)
        return torch.stack(found)

    def _learn(self, crops: Tensor, used: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(self.step, used)
        losses = self.losses(crops)
        self._optimiser.zero_grad(set_to_none=True)
        losses.sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.student.parameters(), _LARGEST_GRADIENT)
        self._optimiser.step()
        self.step += 1
        new = losses.detach()
        self._smoothed = new if self._smoothed is None else self._smoothed * _SMOOTHING + new * (1 - _SMOOTHING)

    @torch.no_grad()
    def _measured(self) -> Statistics:
        """Mean and deviation of the teacher's channels over scenes that training never sees."""
        found, scenes = ChannelStatistics(), SceneCrops(self.recipe)
        for index in range(TRAINING_SCENES, TRAINING_SCENES + self.recipe.calibration_scenes):
            found.add(self._teacher(self._normalise(scenes[index])))
        return found.result()

    def _resumed(self) -> Statistics:
        file = self._folder / CHECKPOINT_FILE
        kept = load_checkpoint(file, self._device)
        try:
            self.student.load_state_dict(kept["student"])
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
        row = {"step": self.step, "s": round(self.spent), "lr": round(rate, 6), "loss": [round(v, 4) for v in values]}
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


def schedule(step: int, used: float) -> float:
    """Share of the learning rate: a linear start over 200 steps, a cosine to 0 over the `used` share of the budget."""
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, used)))
