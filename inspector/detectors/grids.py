"""How large a grid of features is after it has been averaged down. Imports no torch."""

from __future__ import annotations


def averaging(height: int, width: int, limit: int) -> int:
    """The side of the squares over which a grid is averaged, so that none of its sides has more than `limit` cells."""
    return -(-max(height, width) // limit)


def bounded_grid(height: int, width: int, limit: int) -> tuple[int, int]:
    """(height, width) of a grid that was averaged so."""
    factor = averaging(height, width, limit)
    return -(-height // factor), -(-width // factor)
