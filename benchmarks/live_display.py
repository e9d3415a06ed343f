"""The live picture while the engine is saturated: pictures shown per second, frames dropped, time by stage, blocks.

The real window inspects a live camera (1280×720 at 60 frames a second unless told otherwise) with a real model that is
slower than the camera, and shows either the camera's picture or the judged parts. A picture counts as shown when the
view has painted it; how long the display itself then takes is not known here.

    python benchmarks/live_display.py [--show camera|part] [--seconds 20] [--bundle FOLDER] [--json FILE]

Without --bundle a model is trained on the same simulated parts first, at image size 512.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from gui_blocking import Heartbeat, wait_until
from live_source import LiveSource
from PySide6.QtCore import QEvent, QObject

from inspector.app import make_window
from inspector.cameras.base import CameraSource
from inspector.data.project import Project
from inspector.imaging.files import write_image
from inspector.imaging.frame import Image
from inspector.jobs.process import run_in_child
from inspector.jobs.train import TrainingJob, train
from inspector.settings import Settings
from inspector.tasks import CancelToken
from inspector.ui.navigation import Place
from inspector.ui.panes.inspection import InspectionPane, session

SIZE = (1280, 800)
SETTLE_S = 3.0
"""Until the engine is loaded and all runs evenly."""


class PaintCount(QObject):
    """How many different pictures a view has painted; `current` tells which one it shows."""

    def __init__(self, pane: InspectionPane, camera: bool) -> None:
        super().__init__(pane)
        self._pane = pane
        self._camera = camera
        self._last: object = None
        self.count = 0
        pane.view.picture.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            shown = self._pane.camera.picture if self._camera else self._pane.history.newest
            self.count += shown is not None and shown is not self._last
            self._last = shown
        return False


def make_project(folder: Path, source: LiveSource, bundle: Path | None, image_size: int) -> None:
    """A project whose active model is the bundle, or one trained on pictures of the source."""
    project = Project.create(folder / "project", "Live")
    made = bundle or train_on(source.pictures, folder, project.models.new_folder(), image_size)
    project.models.activate(project.models.add(made).id)
    project.close()


def train_on(pictures: list[Image], folder: Path, out: Path, image_size: int) -> Path:
    for number, picture in enumerate(pictures):
        write_image(folder / "parts" / "train" / "good" / f"{number}.png", picture)
    job = TrainingJob(dataset=folder / "parts", out=out, name="Live", image_size=image_size, folds=2)
    run_in_child(train, job, lambda *_: None, CancelToken())
    return out


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    source = LiveSource(arguments.product, arguments.width, arguments.height, arguments.fps)
    make_project(folder, source, arguments.bundle, arguments.image_size)
    session.open_camera = source  # the camera in place of a real one
    camera = arguments.show == "camera"
    Settings(show_camera=camera).save()
    _, window = make_window()
    window.resize(*SIZE)
    window.show()
    window.project_actions.open_project(folder / "project")
    wait_until(lambda: window.place is Place.PROJECT, 20)
    window.go_to(Place.INSPECTION)
    pane = window.pane(Place.INSPECTION)
    wait_until(lambda: pane.model.bundle is not None, 20)
    pane.controls.source.select(CameraSource("usb", "0"))
    pane.start()
    wait_until(lambda: pane.history.newest is not None, 60)
    wait_until(lambda: False, SETTLE_S)
    result = observe(pane, camera, arguments.seconds)
    if arguments.picture is not None:
        window.grab().save(str(arguments.picture))
    window.close()
    return result


def observe(pane: InspectionPane, camera: bool, seconds: float) -> dict[str, Any]:
    pane.reset_counters()
    before = pane.session.dropped
    painted, heart = PaintCount(pane, camera), Heartbeat()
    wait_until(lambda: False, seconds)
    blocks, counts = heart.take(), pane.session.counts()
    return {
        "shown_per_s": round(painted.count / seconds, 1),
        "judged_per_s": round(counts.inspected / seconds, 2),
        "not_inspected": counts.not_inspected,
        "dropped": pane.session.dropped - before,
        "latency_ms": asdict(counts.latency),
        "stages_ms": {stage: asdict(figures) for stage, figures in pane.session.stages().items()},
        "window_blocks": blocks,
    }


def report(result: dict[str, Any]) -> None:
    print(f"shown {result['shown_per_s']} pictures/s, judged {result['judged_per_s']} parts/s, "
          f"dropped {result['dropped']}, not inspected {result['not_inspected']}")  # fmt: skip
    print(f"{'ms':16}{'median':>10}{'95 %':>10}{'largest':>10}{'n':>6}")
    for stage, figures in (*result["stages_ms"].items(), ("capture–verdict", result["latency_ms"])):
        print(f"{stage:16}{figures['median']:10.1f}{figures['p95']:10.1f}{figures['maximum']:10.1f}{figures['n']:6}")
    blocks = result["window_blocks"]
    print(f"window's thread: longest block {blocks['longest_ms']} ms, 99 % {blocks['p99_ms']} ms, "
          f"longest own work {blocks['own_work_ms']} ms, {blocks['above_limit']} above 50 ms")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", choices=("camera", "part"), default="camera")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--keep-bundle", type=Path, help="copy the trained bundle there, for --bundle next time")
    parser.add_argument("--image-size", type=int, default=512)
    parser.add_argument("--product", default="washer")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=float, default=60)
    parser.add_argument("--picture", type=Path, help="save what the window looks like at the end")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        os.environ["INSPECTOR_HOME"] = str(Path(scratch) / "home")
        result = measure(arguments, Path(scratch))
        if arguments.keep_bundle is not None:
            shutil.copytree(next((Path(scratch) / "project").rglob("manifest.json")).parent, arguments.keep_bundle)
    report(result)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
