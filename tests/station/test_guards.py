"""Back-off and frozen pictures."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.station.guards import Backoff, FreezeGuard
from tests.support.station import picture


def test_backoff_doubles_up_to_its_limit_and_begins_anew() -> None:
    backoff = Backoff(0.5, 3)
    assert [backoff.next() for _ in range(5)] == [0.5, 1, 2, 3, 3]
    backoff.reset()
    assert backoff.next() == 0.5


def test_one_other_pixel_is_not_frozen() -> None:
    guard = FreezeGuard(2)
    first = picture(5)
    second = first.copy()
    second[17, 3, 1] = 6  # not among the pixels of the coarse look
    assert not guard.frozen(first)
    assert not guard.frozen(second)
    assert guard.frozen(second.copy())
    assert not guard.frozen(first)


def test_another_size_is_not_frozen() -> None:
    guard = FreezeGuard(2)
    assert not guard.frozen(np.zeros((16, 16, 3), np.uint8))
    assert not guard.frozen(np.zeros((16, 32, 3), np.uint8))


def test_a_single_frame_cannot_be_frozen() -> None:
    with pytest.raises(ValueError, match="repeat"):
        FreezeGuard(1)
