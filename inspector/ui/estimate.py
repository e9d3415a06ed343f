"""How long a stage of work will still take."""

from __future__ import annotations

EARLIEST_S = 1.0
"""Nothing is said before this much of a stage has passed: the first steps are rarely like the others."""


class Estimate:
    """Follows one stage at a time. The rate is smoothed, so that the figure shown does not jump."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._began = 0.0
        self._last = (0.0, 0)
        self._rate: float | None = None

    def update(self, now: float, stage: str, done: int, total: int) -> float | None:
        """Seconds left in this stage, or None while that cannot be said. `now` is any clock in seconds."""
        if stage != self._stage or done < self._last[1]:
            self._stage, self._began, self._last, self._rate = stage, now, (now, done), None
            return None
        elapsed, steps = now - self._last[0], done - self._last[1]
        if steps > 0 and elapsed > 0:
            rate = steps / elapsed
            weight = min(elapsed / 5.0, 1.0)
            self._rate = rate if self._rate is None else self._rate + (rate - self._rate) * max(weight, 0.1)
            self._last = (now, done)
        if not self._rate or total <= 0 or now - self._began < EARLIEST_S:
            return None
        return max(total - done, 0) / self._rate
