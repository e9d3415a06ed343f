"""A coreset of any number of points in bounded memory: a greedy choice among greedy choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from inspector.detectors.components.coreset import greedy_k_centre, random_projection
from inspector.tasks import CancelToken, Progress


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of the chosen points, (k, C), and the covering radius: no point that came in is farther from the nearest
    chosen one, as distances were compared (see `random_projection`). Where there were several choices it is the sum of
    their radii, a bound."""

    rows: Tensor
    radius: float


class StreamedCoreset:
    """Takes points in, reduces each `room` of them to `count` by greedy k-centre, and the chosen ones likewise.

    As long as all points fit into the room, `chosen` is the plain greedy choice. Beyond that no point is farther from
    its nearest chosen one than four times as far as the best choice would leave it, once the chosen ones of all rooms
    fit into one (Malkomes et al., "Fast distributed k-center clustering with outliers on massive data", NIPS 2015,
    section 3); each further level doubles that. `dimensions` are those in which points are compared while choosing, see
    `random_projection`. Memory: the room, or all that is `expected` where that is less, and at most as much again.
    """

    def __init__(
        self,
        count: int,
        room: int,
        expected: int,
        dimensions: int,
        generator: torch.Generator,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        """`expected`: how many points will come. `progress` is told each choice's steps and covering radius."""
        self._count = count
        self._room = max(room, 2 * count)
        self._dimensions = dimensions
        self._generator = generator
        self._progress = progress
        self._cancel = cancel
        self._coming = _Buffer(min(self._room, expected))
        self._kept: list[_Part] = []

    @property
    def held(self) -> int:
        """How many points it holds."""
        return len(self._coming) + sum(len(part.points) for part in self._kept)

    def add(self, points: Tensor, rows: Tensor) -> None:
        """Some more points (n, D), and what is to be had of the chosen ones, `rows` (n, C)."""
        for start in range(0, len(points), self._room):
            part = points[start : start + self._room]
            if len(self._coming) + len(part) > self._room:
                self._make_room()
            self._coming.append(part, part if rows is points else rows[start : start + self._room])

    def chosen(self) -> Chosen:
        """The chosen points, at most `count`; all others are forgotten."""
        reduced = self._reduced([*self._kept, self._coming.content()])
        self._kept = []
        self._coming.clear()
        return Chosen(reduced.rows, reduced.radius)

    def everything(self, limit: int) -> Tensor:
        """All rows if they are no more than `limit`, else the chosen ones."""
        if self._kept or len(self._coming) > limit:
            return self.chosen().rows
        return self._coming.content().rows

    def _make_room(self) -> None:
        self._kept.append(self._reduced([self._coming.content()]))
        self._coming.clear()
        if sum(len(part.points) for part in self._kept) > self._room - self._count:
            self._kept = [self._reduced(self._kept)]

    def _reduced(self, parts: list[_Part]) -> _Part:
        points, rows, radius = parts[0] if len(parts) == 1 else _joined(parts)
        projected = random_projection(points, self._dimensions, self._generator)
        first = int(torch.randint(len(points), (1,), generator=self._generator))
        found = greedy_k_centre(projected, self._count, first, self._progress, self._cancel)
        indices = found.indices.to(points.device)
        kept = points[indices]
        return _Part(kept, kept if rows is points else rows[indices], radius + found.radius)


class _Part(NamedTuple):
    """Points, their rows (the very same tensor where these are the points), and how far at most a point that was
    dropped is from one of them."""

    points: Tensor
    rows: Tensor
    radius: float


class _Buffer:
    """Points and their rows, one beside the other in memory that is taken once."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._points: Tensor | None = None
        self._rows: Tensor | None = None
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, points: Tensor, rows: Tensor) -> None:
        """Copy them in; `rows` may be `points` itself, here as at all other times."""
        if self._points is None or self._rows is None:
            self._points = points.new_empty(self._capacity, points.shape[1])
            self._rows = self._points if rows is points else rows.new_empty(self._capacity, rows.shape[1])
        place = slice(self._length, self._length + len(points))
        self._points[place] = points
        if rows is not points:
            self._rows[place] = rows
        self._length += len(points)

    def clear(self) -> None:
        """Forget what is in it, but for the memory."""
        self._length = 0

    def content(self) -> _Part:
        """What is in it, to be used before more comes."""
        assert self._points is not None
        assert self._rows is not None
        points = self._points[: self._length]
        rows = points if self._rows is self._points else self._rows[: self._length]
        return _Part(points, rows, 0.0)


def _joined(parts: list[_Part]) -> _Part:
    points = torch.cat([part.points for part in parts])
    same = all(part.points is part.rows for part in parts)
    rows = points if same else torch.cat([part.rows for part in parts])
    return _Part(points, rows, max(part.radius for part in parts))
