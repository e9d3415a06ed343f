"""A coreset of any number of points in bounded memory: a greedy choice among greedy choices."""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.detectors.components.coreset import greedy_k_centre, random_projection
from inspector.tasks import CancelToken, Progress


class StreamedCoreset:
    """Takes points in, reduces each `room` of them to `count` by greedy k-centre, and the chosen ones likewise.

    As long as all points fit into the room, `chosen` is the plain greedy choice. Beyond that no point is farther from
    its nearest chosen one than four times as far as the best choice would leave it, once the chosen ones of all rooms
    fit into one (Malkomes et al., "Fast distributed k-center clustering with outliers on massive data", NIPS 2015,
    section 3); each further level doubles that. `dimensions` are those in which points are compared while choosing, see
    `random_projection`. Memory: about twice the room.
    """

    def __init__(
        self,
        count: int,
        room: int,
        dimensions: int,
        generator: torch.Generator,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        """`progress` is told each choice's steps and covering radius."""
        self._count = count
        self._room = max(room, 2 * count)
        self._dimensions = dimensions
        self._generator = generator
        self._progress = progress
        self._cancel = cancel
        self._coming: list[tuple[Tensor, Tensor]] = []
        self._kept: list[tuple[Tensor, Tensor]] = []

    def add(self, points: Tensor, rows: Tensor) -> None:
        """Some more points (n, D), and what is to be had of the chosen ones, `rows` (n, C)."""
        for start in range(0, len(points), self._room):
            part = points[start : start + self._room]
            if _length(self._coming) + len(part) > self._room:
                self._make_room()
            self._coming.append((part, part if rows is points else rows[start : start + self._room]))

    def chosen(self) -> Tensor:
        """Rows of the chosen points, (at most `count`, C); all others are forgotten."""
        parts = [*self._kept, *self._coming]
        self._kept, self._coming = [], []
        return self._reduced(parts)[1]

    def everything(self, limit: int) -> Tensor:
        """All rows if they are no more than `limit`, else the chosen ones."""
        if self._kept or _length(self._coming) > limit:
            return self.chosen()
        return torch.cat([rows for _, rows in self._coming])

    def _make_room(self) -> None:
        self._kept.append(self._reduced(self._coming))
        if _length(self._kept) > self._room - self._count:
            self._kept = [self._reduced(self._kept)]

    def _reduced(self, parts: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """Empties `parts`, so that they are not held twice."""
        same = all(points is rows for points, rows in parts)
        points = torch.cat([points for points, _ in parts])
        rows = points if same else torch.cat([rows for _, rows in parts])
        parts.clear()
        projected = random_projection(points, self._dimensions, self._generator)
        first = int(torch.randint(len(points), (1,), generator=self._generator))
        found = greedy_k_centre(projected, self._count, first, self._progress, self._cancel).indices.to(points.device)
        kept = points[found]
        return kept, kept if same else rows[found]


def _length(parts: list[tuple[Tensor, Tensor]]) -> int:
    return sum(len(points) for points, _ in parts)
