"""What CPR finds out about the good pictures before and after its local features are taught."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from inspector.detectors.components.batches import batch_size
from inspector.detectors.components.cascade_network import CascadeNetwork
from inspector.detectors.components.clusters import k_means
from inspector.detectors.components.coreset import greedy_k_centre
from inspector.detectors.components.pictures import Pictures
from inspector.errors import TrainingError
from inspector.tasks import CancelToken, Progress

_LOOKED_AT, _CELLS = 32, 20_000
_ROWS = 64


class Survey:
    """Histograms of all pictures, and which of them are references: at most `most`, unlike each other."""

    def __init__(
        self,
        network: CascadeNetwork,
        pictures: Pictures,
        progress: Progress,
        cancel: CancelToken,
        *,
        most: int,
        seed: int,
        objects: bool,
    ) -> None:
        self._network, self._pictures = network, pictures
        self._progress, self._cancel = progress, cancel
        self._generator = torch.Generator().manual_seed(seed)
        self._learn(objects=objects)
        self._histograms = torch.cat([network.retrieval(maps[0]) for maps in self._features(range(len(pictures)))])
        self.references = self._chosen(most)

    def _learn(self, *, objects: bool) -> None:
        """Kinds of cells, and for objects what belongs to the part, from some pictures."""
        count = min(len(self._pictures), _LOOKED_AT)
        some = [place * len(self._pictures) // count for place in range(count)]
        finest = torch.cat([maps[0] for maps in self._features(some)])
        cells = finest.permute(0, 2, 3, 1).flatten(0, 2)
        drawn = torch.randperm(len(cells), generator=self._generator)[:_CELLS].to(cells.device)
        clusters = len(self._network.retrieval.centres)
        self._network.retrieval.learn(*k_means(cells[drawn], clusters, self._generator, self._cancel))
        if objects:
            self._network.foreground.learn(finest)

    def _features(self, indices: Sequence[int]) -> Iterator[list[Tensor]]:
        step = batch_size(self._pictures.device)
        for start in range(0, len(indices), step):
            self._cancel.raise_if_cancelled()
            self._progress(start, len(indices), "features")
            maps = self._network.features(self._pictures.batch(indices[start : start + step]))
            if not all(bool(torch.isfinite(item).all()) for item in maps):
                raise TrainingError("training_not_finite")
            yield maps
        self._progress(len(indices), len(indices), "features")

    def _chosen(self, most: int) -> list[int]:
        if len(self._histograms) <= most:
            return list(range(len(self._histograms)))
        # Roots of shares: their distance is Hellinger's, which is about as far as the divergence says.
        points = self._histograms.sqrt().flatten(1)
        first = int(torch.randint(len(points), (1,), generator=self._generator))
        return sorted(greedy_k_centre(points, most, first, self._progress, self._cancel).indices.tolist())

    def partners(self, count: int) -> Tensor:
        """For each picture the `count` references most like it (fewer where there are fewer), itself left out unless it
        is the only one; rows of pictures, (n, k) on the CPU."""
        references = torch.tensor(self.references)
        known = self._histograms[references]
        found = []
        for rows in torch.split(torch.arange(len(self._histograms)), _ROWS):
            self._cancel.raise_if_cancelled()
            divergence = self._network.retrieval.divergence(self._histograms[rows], known).cpu()
            if len(references) > 1:
                divergence[rows[:, None] == references[None, :]] = torch.inf
            wanted = max(1, min(count, len(references) - 1))
            found.append(references[torch.topk(divergence, wanted, largest=False).indices])
        return torch.cat(found)

    @torch.no_grad()
    def keep_references(self) -> None:
        """Give the taught network what it compares with, in eval mode."""
        self._network.eval()
        weights, vectors = [], []
        for maps in self._features(self.references):
            weights.append(self._network.foreground(maps[0]).half())
            vectors.append([item.half() for item in self._network.local(maps)])
        layers = [torch.cat(batches) for batches in zip(*vectors, strict=True)]
        self._network.references.keep(self._histograms[self.references], torch.cat(weights), layers)
