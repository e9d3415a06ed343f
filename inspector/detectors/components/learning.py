"""The steps of training: batches in random order, progress and cancel at each, one place that looks for divergence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import Tensor, nn

from inspector.errors import TrainingError
from inspector.tasks import CancelToken, Progress


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's own random numbers (initial weights, dropout, `torch.rand`) from a seed, and as before afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def mixed_precision(device: torch.device) -> Iterator[None]:
    """bfloat16 where it is faster, on a graphics card; losses, norms and flows belong outside or in `.float()`."""
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        yield


class Course:
    """So many steps. Each takes `batch` of the pictures (how many there are, or the indices of those that take part):
    all come once, in random order, before one comes again.

    Iterating gives the indices of each step's pictures; a batch is full even where there are fewer pictures. `tell`
    the loss of each step.
    """

    def __init__(
        self,
        pictures: int | Sequence[int],
        steps: int,
        batch: int,
        progress: Progress,
        cancel: CancelToken,
        *,
        seed: int = 0,
        stage: str = "learning",
    ) -> None:
        self.steps = steps
        self._pictures = range(pictures) if isinstance(pictures, int) else pictures
        self._batch = batch
        self._progress = progress
        self._cancel = cancel
        self._stage = stage
        self._generator = torch.Generator().manual_seed(seed)
        self._loss: float | None = None

    def __iter__(self) -> Iterator[list[int]]:
        waiting: list[int] = []
        for step in range(self.steps):
            self._cancel.raise_if_cancelled()
            self._progress(step, self.steps, self._stage, self._loss)
            while len(waiting) < self._batch:
                order = torch.randperm(len(self._pictures), generator=self._generator).tolist()
                waiting += [self._pictures[place] for place in order]
            indices, waiting = waiting[: self._batch], waiting[self._batch :]
            yield indices
        self._progress(self.steps, self.steps, self._stage, self._loss)

    def tell(self, loss: Tensor) -> None:
        """A step's loss, for the live plot. Raises `TrainingError` `training_diverged` if it is not finite."""
        self._loss = float(loss.detach())
        if not math.isfinite(self._loss):
            raise TrainingError("training_diverged")


def descend(
    loss: Tensor, optimiser: torch.optim.Optimizer, *, clip: float | None = None, network: nn.Module | None = None
) -> None:
    """One step down the gradient of a loss; `clip` limits the norm of the gradient of `network`."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    if clip is not None and network is not None:
        nn.utils.clip_grad_norm_(network.parameters(), clip)
    optimiser.step()


class Validation:
    """Looks at the loss of good pictures that are not learned from, now and then, and keeps the best state.

    A fifth of the pictures is set aside, at most 32; with fewer than five none is, and the last state stays. Test
    pictures have no part in it.
    """

    SHARE, MOST = 5, 32

    def __init__(self, network: nn.Module, count: int, steps: int, checks: int, seed: int) -> None:
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
        aside = min(count // self.SHARE, self.MOST)
        self.learned = sorted(order[aside:])
        """Indices of the pictures to learn from."""
        self._aside = sorted(order[:aside])
        self._network = network
        self._every = max(steps // checks, 1)
        self._steps = steps
        self._best: tuple[float, int] | None = None
        self._state: dict[str, Tensor] = {}

    def look(self, step: int, loss_of: Callable[[int], Tensor], cancel: CancelToken) -> None:
        """After a step (counted from 0): where it is time for it, the mean of `loss_of` each picture set aside, with
        the network in eval mode and without gradients."""
        if not self._aside or ((step + 1) % self._every and step + 1 < self._steps):
            return
        self._network.eval()
        total = 0.0
        with torch.no_grad():
            for index in self._aside:
                cancel.raise_if_cancelled()
                total += float(loss_of(index))
        found = total / len(self._aside)
        if self._best is None or found < self._best[0]:
            self._best = found, step + 1
            self._state = deepcopy(self._network.state_dict())

    def finish(self) -> dict[str, float]:
        """Put the best state back; its loss and step, for `Detector.facts`."""
        if self._best is None:
            return {}
        self._network.load_state_dict(self._state)
        return {"validation_loss": self._best[0], "best_step": self._best[1]}
