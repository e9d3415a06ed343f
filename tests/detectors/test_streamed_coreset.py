"""Coresets of streams: the plain greedy choice where everything fits, and a good one where it does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from inspector.detectors.components import bank_selection
from inspector.detectors.components.bank_selection import BankSelection, BankSettings
from inspector.detectors.components.coreset import greedy_k_centre
from inspector.detectors.components.streamed_coreset import StreamedCoreset
from inspector.errors import Cancelled
from inspector.tasks import CancelToken, Progress, no_progress


def points_of(n: int, seed: int = 0) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    return torch.from_numpy(generator.normal(0, 1, (n, 6)) * np.linspace(2, 0.2, 6)).float()


def coreset(count: int, room: int, progress: Progress = no_progress, cancel: CancelToken | None = None):
    generator = torch.Generator().manual_seed(3)
    return StreamedCoreset(count, room, 5000, 16, generator, progress, cancel or CancelToken())


def radius(points: torch.Tensor, chosen: torch.Tensor) -> float:
    return float(cdist(points, chosen).min(1).max())


def test_what_fits_is_chosen_as_if_it_came_at_once() -> None:
    points = points_of(400)
    stream = coreset(40, 1000)
    for part in points.split(70):
        stream.add(part, part)
    first = int(torch.randint(400, (1,), generator=torch.Generator().manual_seed(3)))
    greedy = greedy_k_centre(points, 40, first, no_progress, CancelToken()).indices
    found = stream.chosen()
    torch.testing.assert_close(found.rows, points[greedy])
    assert found.radius == pytest.approx(radius(points, found.rows), rel=1e-3)


@pytest.mark.parametrize("step", [50, 333, 5000])
def test_a_long_stream_is_covered_nearly_as_well_in_bounded_memory(step: int) -> None:
    points = points_of(5000)
    largest = 0

    def watch(done: int, total: int, stage: str, value: float | None = None) -> None:
        nonlocal largest
        largest = max(largest, stream.held)

    stream = coreset(60, 300, watch)
    for part in points.split(step):
        stream.add(part, part)
    found = stream.chosen()
    chosen = found.rows
    assert chosen.shape == (60, 6)
    assert largest <= 2 * 300
    greedy = greedy_k_centre(points, 60, 0, no_progress, CancelToken())
    assert radius(points, chosen) < 2 * greedy.radius
    assert radius(points, chosen) <= found.radius * 1.0001
    assert radius(points, points[torch.randperm(5000)[:60]]) > radius(points, chosen)


def test_rows_go_with_their_points() -> None:
    points = points_of(900)
    stream = coreset(20, 100)
    for part in points.split(90):
        stream.add(part, part * 2)
    chosen = stream.chosen().rows / 2
    assert cdist(chosen, points).min(1).max() < 1e-6


def test_everything_is_given_while_it_is_little() -> None:
    stream = coreset(10, 100)
    stream.add(points_of(80), points_of(80))
    assert len(stream.everything(80)) == 80
    assert len(stream.everything(79)) == 10


def test_choosing_can_be_cancelled() -> None:
    cancel = CancelToken()
    cancel.cancel()
    stream = coreset(20, 50, cancel=cancel)
    with pytest.raises(Cancelled):
        stream.add(points_of(500), points_of(500))


# banks of pictures: each "picture" is a grid of 4 x 4 patches around a value of its own


def picture(value: float) -> np.ndarray:
    return np.full((1, 1, 3), value, np.float32)


def embed(images, progress: Progress):
    for image in images:
        noise = torch.from_numpy(np.random.default_rng(int(image[0, 0, 0])).normal(0, 0.1, (1, 4, 4, 5))).float()
        yield noise + float(image[0, 0, 0])


def selection(room: int) -> BankSelection:
    settings = BankSettings(0.2, room, "none", 5, 16, 0)
    return BankSelection(settings, embed, CancelToken())


@pytest.mark.parametrize("room", [10_000, 64])
def test_a_bank_covers_every_picture(room: int) -> None:
    bank = selection(room).of([picture(value) for value in range(40)], no_progress)
    values = (bank.points + bank.conditioning.mean).mean(1)
    assert len(values) == round(0.2 * min(40 * 16, room))
    if room > 64:
        assert set(values.round().int().tolist()) == set(range(40))


@pytest.mark.parametrize("room", [10_000, 64])
@pytest.mark.parametrize("sampled", [256, 2])
def test_banks_of_folds_know_nothing_of_those_held_out(
    room: int, sampled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_selection, "SAMPLE_IMAGES", sampled)
    images = [picture(value) for value in range(30)]
    folds = [np.arange(start, 30, 3) for start in range(3)]
    for held, bank in selection(room).without_each(images, folds, no_progress):
        values = (bank.points + bank.conditioning.mean).mean(1).round().int()
        assert not set(values.tolist()) & set(held.tolist())
        assert float(bank.conditioning.mean.mean()) != pytest.approx(14.5, abs=1e-3)
