"""Renew the pictures of the README: drives the real program through the demo and takes its picture in each pane.

    python docs/screenshots.py [--folder docs/images] [--theme light] [--compared FOLDER]

Needs no display. Takes a few minutes, most of it training the demo's model. The comparison shows what an earlier
`inspector benchmark` wrote to the folder named with `--compared`; without one, two methods are compared now.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication

from inspector.app import make_window
from inspector.cameras.base import CameraSource
from inspector.evaluation.judge import Verdict
from inspector.jobs.demo import DemoJob
from inspector.settings import Settings
from inspector.ui.main_window import MainWindow
from inspector.ui.navigation import Place
from inspector.ui.panes.training.compare.run import comparison_folder

SIZE = (1280, 800)
PATIENCE_MS = 600_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--product", default="washer")
    parser.add_argument("--compared", type=Path, help="folder of an earlier `inspector benchmark`")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="inspector-") as home:
        os.environ["INSPECTOR_HOME"] = home
        Settings(theme=arguments.theme).save()
        _, window = make_window()
        window.resize(*SIZE)
        window.show()
        try:
            take_all(window, arguments.folder, DemoJob(folder=Path(home) / "demo", products=(arguments.product,)))
            compare(window, arguments.folder, arguments.compared)
        finally:
            window.close()


def take_all(window: MainWindow, folder: Path, job: DemoJob) -> None:
    """Start page, then live inspection as the demo leaves it, then the two panes behind it."""
    settle()
    save(window, folder / "start.png")
    window.demo.start(job)
    wait_until(lambda: window.place is Place.INSPECTION)
    pane = window.pane(Place.INSPECTION)
    wait_until(lambda: pane.history.newest is not None)
    pane.stop()
    wait_until(lambda: not (pane.session.active or pane.session.stopping))
    slow_line = f"{job.line(job.products[0]).address}&fps=1"  # each part stays until its figures are drawn as well
    pane.controls.source.select(CameraSource("simulated", slow_line))
    pane.start()
    for verdict in (Verdict.PASS, Verdict.FAIL):
        wait_until(lambda wanted=verdict: pane.history.newest is not None and pane.history.newest.verdict is wanted)
        settle(400)
        save(window, folder / f"inspection-{verdict.value}.png")
    pane.stop()
    settle()
    window.go_to(Place.PROJECT)
    project = window.pane(Place.PROJECT)
    wait_until(lambda: project.grid.model().rowCount() > 0)
    settle()
    project.grid.setCurrentIndex(project.grid.model().index(job.good + 2, 0))
    settle(2000)
    save(window, folder / "project.png")
    window.go_to(Place.TRAINING)
    settle(3000)
    save(window, folder / "training.png")
    window.go_to(Place.RECORDS)
    settle(2500)
    save(window, folder / "records.png")


def compare(window: MainWindow, folder: Path, earlier: Path | None) -> None:
    """Methods compared for real: earlier, or two of them on the demo's parts now."""
    window.go_to(Place.TRAINING)
    training = window.pane(Place.TRAINING)
    training.to_compare.click()
    view = training.compare
    if earlier is None:
        view.start.click()
        wait_until(lambda: len(view.table.rows) == len(view.choices.detectors) and not view.run.runner.running)
    else:
        project = window.context.project
        assert project is not None
        shutil.copytree(earlier / "rows", comparison_folder(project) / "rows")
        view.run.load(project)
        wait_until(lambda: bool(view.table.rows))
    view.choose(max(view.table.rows, key=lambda row: row.image_auroc or 0))
    settle(1000)
    save(window, folder / "compare.png")


def settle(milliseconds: int = 500) -> None:
    """Let the program do what it has begun: pictures are read and drawn in the background."""
    deadline = QDeadlineTimer(milliseconds)
    while not deadline.hasExpired():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def wait_until(ready: Callable[[], bool]) -> None:
    deadline = QDeadlineTimer(PATIENCE_MS)
    while not ready():
        if deadline.hasExpired():
            raise TimeoutError("the program did not come to what the picture should show")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def save(window: MainWindow, file: Path) -> None:
    window.grab().save(str(file))
    print(file)


if __name__ == "__main__":
    main()
