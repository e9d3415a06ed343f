"""The window, and the demo: in the window where there is a display, else printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inspector.cli.console import complain, working, write_json
from inspector.cli.results import show_demo
from inspector.errors import InspectorError

if TYPE_CHECKING:
    from inspector.jobs.demo import DemoVerdict


def has_display() -> bool:
    """Whether a window can be shown; `QT_QPA_PLATFORM` says that somebody knows better."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window() -> int:
    """Open the window; the exit code. Raises `InspectorError` `no_display`."""
    if not has_display():
        raise InspectorError("no_display")
    from inspector.app import run

    return run()


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Print instead of opening the window.")] = False,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON.")] = None,
) -> None:
    """Show everything on simulated parts: learn the good ones, judge a stream, tell verdict and truth."""
    from inspector.jobs.demo import DemoJob, run_demo

    if not headless and json is None and has_display():
        from inspector.app import run

        raise typer.Exit(run(DemoJob()))
    if not headless and not has_display():
        complain("There is no display, so the demo runs without its window (as with --headless).")
    with working() as (progress, cancel):
        result = run_demo(DemoJob(), progress, cancel, _print_verdict)
    show_demo(result)
    if json:
        write_json(json, result)


def _print_verdict(judged: DemoVerdict) -> None:
    """One line per part: what it was judged to be, and what it is."""
    inspection, truth = judged.inspection, judged.truth
    score = f"{inspection.prediction.score:10.4f}" if inspection.prediction else " " * 10
    really = f"{truth.label} ({truth.kind})" if truth.kind else truth.label
    typer.echo(f"{judged.product:8} {inspection.number:4} {score}  {inspection.verdict.value:13} truth: {really}")
