"""The program is killed at moments nobody chose: what was shown as saved is there, and nothing half-made."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.imaging.files import read_image
from inspector.tasks import CancelToken, no_progress
from tests.data.pictures import save_many

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

LABEL = """
import sys
from pathlib import Path
from inspector.data.dataset import Label
from inspector.data.project import Project
project = Project.open(Path(sys.argv[1]))
ids = project.samples.ids()
for turn in range(100000):
    number = ids[turn % len(ids)]
    project.samples.set_label([number], Label.DEFECT, f"kind {turn}")
    print(number, turn, flush=True)
"""

IMPORT = """
import sys
from pathlib import Path
from inspector.data.project import Project
from inspector.data import importing
from inspector.tasks import CancelToken
importing.BATCH = 3
project = Project.open(Path(sys.argv[1]))
report = lambda done, total, stage, value=None: print(done, flush=True)
project.samples.import_paths([Path(sys.argv[2])], report, CancelToken())
"""


def run_until_killed(code: str, lines: int, *arguments: Path) -> list[str]:
    """Start a program, kill it after it printed some lines; all lines that it managed to print."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        printed = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        printed += child.stdout.readlines()
    return [line for line in printed if line.endswith("\n")]


@pytest.mark.parametrize("lines", [1, 40, 151])
def test_no_label_shown_as_saved_is_lost(filled: Project, lines: int) -> None:
    filled.close()
    printed = run_until_killed(LABEL, lines, filled.folder)
    assert len(printed) >= lines
    last = {int(number): int(turn) for number, turn in map(str.split, printed)}
    with Project.open(filled.folder) as project:
        rows = {row.id: row for row in project.samples.rows(project.samples.ids())}
        for number, turn in last.items():
            assert rows[number].label is Label.DEFECT
            stored = int((rows[number].kind or "").removeprefix("kind "))
            # Killed between committing and printing, the file may be ahead of what was printed, never behind.
            assert stored in (turn, turn + len(rows))


@pytest.mark.parametrize("lines", [2, 3, 9, 14, 23])
def test_a_killed_import_leaves_no_row_without_its_file(project: Project, tmp_path: Path, lines: int) -> None:
    save_many(tmp_path / "many", 60)
    project.close()
    run_until_killed(IMPORT, lines, project.folder, tmp_path / "many")
    images = project.folder / "images"
    for path in images.rglob("*.png"):
        if not path.name.startswith("."):
            read_image(path)
    with Project.open(project.folder) as again:
        rows = again.samples.rows(again.samples.ids())
        assert all(read_image(row.path).shape == (30, 40, 3) for row in rows)
        assert list(images.rglob(".*")) == []
        report = again.samples.import_paths([tmp_path / "many"], no_progress, CancelToken())
        assert len(report.added) + len(rows) == 60
        assert len([path for path in images.rglob("*") if path.is_file()]) == 60
