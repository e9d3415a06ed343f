"""Imports ahead of their first use, in the background, once the window is there: a pane then opens without a pause."""

from __future__ import annotations

from importlib import import_module

from inspector.tasks import CancelToken, Progress

MODULES = (
    "onnxruntime",
    "inspector.data.project",
    "inspector.data.migrations",
    "inspector.jobs.demo",
    "inspector.runtime.engines",
    "inspector.station.loop",
    "inspector.station.records",
    "inspector.evaluation.calibration",
    "inspector.evaluation.image_metrics",
)
"""Nothing that knows Qt: its classes belong to the window's thread."""


def import_ahead(progress: Progress, cancel: CancelToken) -> None:
    """A task for `TaskRunner`; importing what is there already costs nothing."""
    for done, name in enumerate(MODULES):
        cancel.raise_if_cancelled()
        progress(done, len(MODULES), "loading")
        import_module(name)
