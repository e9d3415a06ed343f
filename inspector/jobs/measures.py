"""What long work costs: seconds by stage, and the most memory it held at once."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from inspector.tasks import Progress


class StageClock:
    """Passes progress on and adds up the seconds of each stage, from its first word to the next stage's."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._seconds: dict[str, float] = {}
        self._stage: str | None = None
        self._since = time.perf_counter()

    def __call__(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        """Be the `Progress` of the work that is measured."""
        if stage != self._stage:
            self._close()
            self._stage = stage
        self._progress(done, total, stage, value)

    def seconds(self) -> dict[str, float]:
        """Seconds by stage so far, in the order in which the stages began."""
        self._close()
        return {stage: round(seconds, 3) for stage, seconds in self._seconds.items()}

    def _close(self) -> None:
        now = time.perf_counter()
        if self._stage is not None:
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._since = now


def peak_rss_mb() -> float:
    """The most main memory this process has ever held, in MB (2^20 bytes)."""
    if sys.platform == "linux":
        # getrusage would include what the parent held when it forked this process.
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
