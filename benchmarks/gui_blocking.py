"""How long the window's thread is held up, and how soon the window is there.

A 5 ms timer beats in the window's thread; the longest gap between two beats, less the 5 ms, is the longest block. It is
watched while the real window imports pictures, scrolls through them, trains and inspects a simulated line. The time to
the first window is taken in new processes, from their start to the first painted frame.

On a machine that is busy with other things a beat may be late because the thread did not get a processor; the longest
processor time that the thread itself used between two beats is therefore given as well.

    python benchmarks/gui_blocking.py [--pictures 300] [--seconds 10] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BEAT_MS = 5
LIMIT_MS = 50
STARTS = 3

START_CODE = """
import sys, time
from inspector.app import make_window
application, window = make_window()
window.show()
application.processEvents()
print((time.time() - float(sys.argv[1])) * 1000)
window.close()
"""


def first_window_ms() -> list[float]:
    """Milliseconds from starting a process to its painted window, several times."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"INSPECTOR_HOME": home}
        command = [sys.executable, "-c", START_CODE]
        return [
            float(subprocess.check_output([*command, str(time.time())], env=environment, text=True).split()[-1])
            for _ in range(STARTS)
        ]


class Heartbeat:
    """Gaps between beats of a timer in the window's thread."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.gaps: list[float] = []
        self.work: list[float] = []
        self._last = time.perf_counter()
        self._last_work = time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        self.gaps.append((now - self._last) * 1000 - BEAT_MS)
        self.work.append((work - self._last_work) * 1000)
        self._last, self._last_work = now, work

    def take(self) -> dict[str, float]:
        """Figures since the last call."""
        gaps, self.gaps = sorted(self.gaps), []
        work, self.work = max(self.work, default=0.0), []
        if not gaps:
            return {}
        return {
            "longest_ms": round(gaps[-1], 1),
            "p99_ms": round(gaps[int(len(gaps) * 0.99)], 1),
            "own_work_ms": round(work, 1),
            "above_limit": sum(gap > LIMIT_MS for gap in gaps),
            "beats": len(gaps),
        }


def wait_until(done: Callable[[], bool], seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + seconds

    def look() -> None:
        if done() or time.monotonic() > end:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(20)
    loop.exec()
    timer.stop()


def render(folder: Path, count: int) -> None:
    from inspector.imaging.files import write_image
    from inspector.imaging.simulation import products, render

    kinds = next(product for product in products() if product.id == "washer").kinds
    for number in range(count):
        kind = kinds[number % len(kinds)] if number % 10 == 9 else None
        place = folder / ("train/good" if kind is None else f"test/{kind}")
        write_image(place / f"washer {number:04}.png", render("washer", 0, number, kind=kind).image)


def measure(pictures: int, seconds: float, folder: Path) -> dict[str, dict[str, float]]:
    """Longest blocks by what the window was doing."""
    from inspector.app import make_window
    from inspector.cameras.base import CameraSource
    from inspector.ui.navigation import Place

    _, window = make_window()
    window.show()
    render(folder / "pictures", pictures)
    window.project_actions.create_project("Washers", folder / "project")
    wait_until(lambda: window.place is Place.PROJECT, 20)
    results: dict[str, dict[str, float]] = {}
    project = window.pane(Place.PROJECT)
    window.go_to(Place.TRAINING)
    window.go_to(Place.INSPECTION)
    window.go_to(Place.PROJECT)
    wait_until(lambda: False, 1)
    heart = Heartbeat()

    wait_until(lambda: False, 2)
    results["idle"] = heart.take()

    project.import_paths([folder / "pictures"])
    wait_until(lambda: not project.importing.runner.running, 300)
    results["import"] = heart.take()

    bar = project.grid.verticalScrollBar()
    positions = iter(range(0, 100_000, 37))
    wait_until(lambda: bar.setValue(next(positions) % max(bar.maximum(), 1)) or False, 3)
    results["scroll"] = heart.take()

    window.go_to(Place.TRAINING)
    training = window.pane(Place.TRAINING)
    wait_until(lambda: False, 1)
    heart.take()
    training.trainer.start_or_cancel()
    wait_until(lambda: not training.trainer.run.runner.running, 480)
    results["training"] = heart.take()
    wait_until(lambda: False, 2)
    results["results shown"] = heart.take()

    window.go_to(Place.INSPECTION)
    inspection = window.pane(Place.INSPECTION)
    wait_until(lambda: inspection.model.bundle is not None, 20)
    inspection.controls.source.select(CameraSource("simulated", "washer?seed=1&defects=0.3"))
    wait_until(lambda: False, 1)
    heart.take()
    inspection.start()
    wait_until(lambda: False, seconds)
    results["inspection"] = heart.take()
    window.close()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10, help="how long to inspect")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    starts = first_window_ms()
    print(f"first window: {min(starts):.0f} to {max(starts):.0f} ms")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        os.environ["INSPECTOR_HOME"] = str(Path(scratch) / "home")
        blocks = measure(arguments.pictures, arguments.seconds, Path(scratch))
    print(f"{'while':16}{'longest':>10}{'99 %':>10}{'own work':>10}{'> 50 ms':>10}{'beats':>10}")
    for name, figures in blocks.items():
        print(f"{name:16}" + "".join(f"{value:10}" for value in figures.values()))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"first_window_ms": starts, "blocks": blocks}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
