"""`inspector selftest`: whether this installation can do its job, one line for each thing that it needs.

Runs in a checkout, in an installed package and in a frozen build; packaging calls it on what it has built.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal

import typer

from inspector.cli.console import complain
from inspector.errors import InspectorError
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress

# The order matters on Windows: ONNX Runtime's libraries must come before Qt's.
_LIBRARIES = (
    "onnxruntime",
    "PySide6.QtWidgets",
    "pyqtgraph",
    "cv2",
    "numpy",
    "torch",
    "sqlalchemy",
    "alembic",
    "sklearn",
)
_PRODUCT, _PARTS = "washer", 8


def selftest() -> None:
    """Check libraries, resources, database, simulated camera, training and inference; exit code 1 if one fails."""
    with tempfile.TemporaryDirectory(prefix="inspector-selftest-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        checks: list[tuple[str, Callable[[], str]]] = [
            *((f"import {name}", partial(_import, name)) for name in _LIBRARIES),
            ("resources", _find_resources),
            ("folders", _write_to_folders),
            ("database", partial(_use_database, root / "project")),
            ("simulated camera", _read_simulated_camera),
            ("training", partial(_train, root)),
            ("ONNX Runtime", partial(_judge, root, "onnx")),
            ("torch", partial(_judge, root, "torch")),
        ]
        failed = [title for title, check in checks if not _passes(title, check)]
    if failed:
        complain(f"The self-test failed: {', '.join(failed)}. Do what the lines above say, or install Inspector again.")
        raise typer.Exit(1)


def _passes(title: str, check: Callable[[], str]) -> bool:
    """Run one check and print its line."""
    started = time.perf_counter()
    try:
        found = check()
    except InspectorError as error:
        typer.echo(f"FAILED  {title}: {sentence(error)}")
        return False
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises has to be told, and the rest tried
        typer.echo(f"FAILED  {title}: {type(error).__name__}: {error}")
        return False
    typer.echo(f"ok      {title}: {found} ({time.perf_counter() - started:.1f} s)")
    return True


def _import(name: str) -> str:
    import_module(name)
    package = sys.modules[name.split(".")[0]]
    return str(getattr(package, "__version__", "found"))


def _find_resources() -> str:
    """Every resource that is shipped lies in one folder; an empty or missing one shows a packaging mistake."""
    from inspector import paths

    root = paths.resource("theme.qss").parent
    files = [item for item in root.rglob("*") if item.is_file()]
    empty = [item.name for item in files if not item.stat().st_size]
    if empty:
        raise ValueError(f"empty: {', '.join(empty)}")
    return f"{len(files)} files in {root}"


def _write_to_folders() -> str:
    from inspector import paths

    folders = (paths.config_folder(), paths.data_folder(), paths.cache_folder(), paths.log_folder())
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"selftest")
    return ", ".join(dict.fromkeys(str(folder) for folder in folders))


def _use_database(folder: Path) -> str:
    """Fill a project with parts, close it and read it back."""
    from inspector.data.dataset import Label
    from inspector.data.project import Project

    parts = _render_parts(folder.parent / "parts")
    project = Project.create(folder, "Self-test")
    try:
        project.samples.import_paths([parts], no_progress, CancelToken(), Label.GOOD)
    finally:
        project.close()
    project = Project.open(folder)
    try:
        good = project.samples.counts()[Label.GOOD]
    finally:
        project.close()
    if good != _PARTS:
        raise ValueError(f"{good} of {_PARTS} samples came back")
    return f"{good} samples written and read"


def _render_parts(folder: Path) -> Path:
    from inspector.imaging.files import write_image
    from inspector.imaging.simulation import render

    folder.mkdir()
    for index in range(_PARTS):
        write_image(folder / f"{index}.png", render(_PRODUCT, 0, index).image)
    return folder


def _read_simulated_camera() -> str:
    from inspector.cameras.base import CameraSource
    from inspector.cameras.registry import open_camera

    with open_camera(CameraSource("simulated", _PRODUCT)) as camera:
        height, width = camera.read().pixels.shape[:2]
    return f"a frame of {width} × {height} pixels"


def _train(root: Path) -> str:
    """A tiny model, in a child process as the window does it."""
    from inspector.jobs.process import run_in_child
    from inspector.jobs.train import TrainingJob, train

    job = TrainingJob(dataset=root / "project", out=root / "model", preset="quick", image_size=64)
    result = run_in_child(train, job, no_progress, CancelToken(), background=False)
    return f"{result.detector} with {result.backbone} on {result.images} parts"


def _judge(root: Path, engine: Literal["onnx", "torch"]) -> str:
    """A good part and one with a large defect: the second must look more unusual."""
    from inspector.imaging.simulation import render
    from inspector.runtime.engines import open_engine

    good = render(_PRODUCT, 0, _PARTS).image
    bad = good.copy()
    height, width = bad.shape[:2]
    bad[height // 4 : height // 2, width // 4 : width // 2] = (
        255 - bad[height // 4 : height // 2, width // 4 : width // 2]
    )
    running = open_engine(root / "model", engine)
    try:
        scores = [running.infer(image).score for image in (good, bad)]
    finally:
        running.close()
    if not scores[0] < scores[1]:
        raise ValueError(f"a spoilt part scored {scores[1]:.4g}, a good one {scores[0]:.4g}")
    return f"good part {scores[0]:.4g}, spoilt part {scores[1]:.4g}"
