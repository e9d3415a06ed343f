"""What commands share: progress and sentences on stderr, results on stdout or in a JSON file, Ctrl-C as cancel."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from inspector.messages import STAGES
from inspector.tasks import CancelToken

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


_PIPE_WIDTH = 240


def complain(text: str) -> None:
    """One sentence on stderr."""
    sys.stderr.write(f"{text}\n")


def write_json(path: Path, content: BaseModel | list[Any]) -> None:
    """Results as UTF-8 JSON; `-` means stdout. Raises `InspectorError` `output_failed`."""
    from inspector.jobs.output import write_output

    plain = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    text = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
    else:
        write_output(path, text)


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """A table on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*titles, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(Text, row))
    # Nobody's terminal limits a file or a pipe, and a path cut in two is of no use there.
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


class ConsoleProgress:
    """Progress on stderr: a bar per stage with its time on a terminal, one line per stage elsewhere."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._since = 0.0
        self._bars: Bars | None = None
        self._bar: TaskID | None = None

    def __enter__(self) -> ConsoleProgress:
        if sys.stderr.isatty():
            self._bars = _bars()
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_stage()
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, done: int, total: int, stage: str, value: float | None = None) -> None:
        """Be the `Progress` of a job."""
        if stage != self._stage:
            self._end_stage()
            self._begin_stage(stage)
        if self._bars is not None and self._bar is not None:
            self._bars.update(self._bar, completed=done, total=total or None)

    def _begin_stage(self, stage: str) -> None:
        self._stage, self._since = stage, time.monotonic()
        if self._bars is not None:
            self._bar = self._bars.add_task(STAGES.get(stage, stage), total=None)

    def _end_stage(self) -> None:
        if self._stage is None:
            return
        if self._bars is not None and self._bar is not None:
            total = self._bars.tasks[self._bars.task_ids.index(self._bar)].total or 1
            self._bars.update(self._bar, completed=total, total=total)
        else:
            complain(f"{STAGES.get(self._stage, self._stage)}: {time.monotonic() - self._since:.1f} s")
        self._stage = None


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Results that are printed meanwhile go above the bars, but stay on stdout where that leads elsewhere.
    above = sys.stdout.isatty()
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), redirect_stdout=above)


@contextlib.contextmanager
def working() -> Iterator[tuple[ConsoleProgress, CancelToken]]:
    """Progress and a token for a job; Ctrl-C or a polite kill cancels it, a second one ends the program at once."""
    cancel = CancelToken()

    def interrupted(number: int, frame: FrameType | None) -> None:
        if cancel.cancelled:
            raise KeyboardInterrupt
        cancel.cancel()

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ConsoleProgress() as progress:
            yield progress, cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
