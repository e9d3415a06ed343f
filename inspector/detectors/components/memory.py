"""Turning "no memory left", which each library says in its own way, into one error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from inspector.errors import TrainingError

_SIGNS = ("can't allocate memory", "not enough memory", "out of memory")


@contextmanager
def memory_errors_named() -> Iterator[None]:
    """Raise `TrainingError` `out_of_memory` for every kind of exhausted memory."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TrainingError("out_of_memory") from error
    except RuntimeError as error:
        if any(sign in str(error) for sign in _SIGNS):
            raise TrainingError("out_of_memory") from error
        raise
