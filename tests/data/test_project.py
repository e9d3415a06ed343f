from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.data import lock
from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.errors import Cancelled, ProjectError
from inspector.imaging.regions import Region
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress


def code_of(action: object, *arguments: object) -> str:
    with pytest.raises(ProjectError) as caught:
        action(*arguments)  # type: ignore[operator]
    assert sentence(caught.value).endswith(".")
    return caught.value.code


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_was_set_is_there_when_opened_again(project: Project) -> None:
    region = Region((10, 20, 300, 200), (((0, 0), (10, 0), (10, 10)),))
    project.region = region
    project.rename("  Scheibe 日本  ")
    project.close()
    with Project.open(project.folder) as again:
        assert again.name == "Scheibe 日本"
        assert again.region == region


def test_a_new_project_judges_the_whole_frame(project: Project) -> None:
    assert project.region == Region()
    assert project.dataset().samples == ()


def test_the_whole_frame_can_be_chosen_again(project: Project) -> None:
    project.region = Region((0, 0, 20, 20))
    project.region = Region()
    assert project.region == Region()


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    Project.create(tmp_path / "new", "x").close()


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert code_of(Project.create, tmp_path, "x") == "project_folder_not_empty"
    assert files_in(tmp_path) == {"letter.txt"}


def test_a_file_is_no_place_for_a_project(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert code_of(Project.create, tmp_path / "letter.txt", "x") == "project_folder_is_file"


@pytest.mark.parametrize("name", ["", "  \t"])
def test_a_project_needs_a_name(tmp_path: Path, project: Project, name: str) -> None:
    assert code_of(Project.create, tmp_path / "other", name) == "project_name_empty"
    assert not (tmp_path / "other").exists()
    assert code_of(project.rename, name) == "project_name_empty"


def test_what_is_no_project_is_refused(tmp_path: Path) -> None:
    assert code_of(Project.open, tmp_path) == "project_not_found"
    assert code_of(Project.open, tmp_path / "gone") == "project_gone"
    assert files_in(tmp_path) == set()


def test_a_second_opener_is_told(project: Project) -> None:
    assert code_of(Project.open, project.folder) == "project_in_use"


def test_another_process_is_told_who_holds_it(project: Project) -> None:
    opener = (
        "import sys; from pathlib import Path; from inspector.data.project import Project\n"
        "from inspector.errors import ProjectError\n"
        "try: Project.open(Path(sys.argv[1]))\n"
        "except ProjectError as error: print(error.code, error.parameters['pid'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", opener, str(project.folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["project_in_use", str(os.getpid())]


def test_the_lock_of_a_dead_program_is_taken_over(project: Project) -> None:
    project.close()
    (project.folder / "project.lock").write_text('{"pid": 1, "host": "elsewhere"}')
    Project.open(project.folder).close()


def test_a_drive_that_knows_no_locks_is_no_obstacle(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(stream: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    project.close()
    monkeypatch.setattr(lock, "_lock", unsupported)
    Project.open(project.folder).close()


def test_closing_twice_is_harmless_and_later_use_is_told(project: Project) -> None:
    project.close()
    project.close()
    assert code_of(project.samples.ids) == "project_closed"
    assert code_of(project.rename, "x") == "project_closed"


def test_a_copy_holds_everything(filled: Project, tmp_path: Path) -> None:
    ids = filled.samples.ids()
    filled.samples.set_label(ids[:3], Label.DEFECT, "Kratzer")
    filled.samples.set_split(ids[5:], Split.TEST)
    steps: list[tuple[int, int, str]] = []
    target = filled.duplicate(
        tmp_path / "copy",
        "Kopie",
        lambda done, total, stage, value=None: steps.append((done, total, stage)),
        CancelToken(),
    )
    assert steps[0][0] == 0
    assert steps[-1][0] == steps[-1][1] == 16
    with Project.open(target) as copy:
        assert copy.name == "Kopie"
        assert filled.name == "Unterlegscheibe Ø40"
        own, theirs = filled.dataset().samples, copy.dataset().samples
        assert [(s.label, s.split, s.kind, s.sha256) for s in own] == [
            (s.label, s.split, s.kind, s.sha256) for s in theirs
        ]
        assert all(
            a.path.read_bytes() == b.path.read_bytes() and a.path != b.path for a, b in zip(own, theirs, strict=True)
        )
        copy.samples.remove(copy.samples.ids())
    assert len(filled.samples.ids()) == 8
    assert all(sample.path.exists() for sample in filled.dataset().samples)


def test_an_empty_folder_can_receive_a_copy(filled: Project, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    filled.duplicate(tmp_path / "copy", "x", no_progress, CancelToken())
    Project.open(tmp_path / "copy").close()


def test_a_cancelled_copy_leaves_nothing(filled: Project, tmp_path: Path) -> None:
    token = CancelToken()
    before = set(tmp_path.iterdir())

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        if done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        filled.duplicate(tmp_path / "copy", "x", progress, token)
    assert set(tmp_path.iterdir()) == before


def test_a_copy_cannot_go_into_itself_or_over_something(filled: Project, tmp_path: Path) -> None:
    inside = filled.folder / "images" / "copy"
    assert code_of(filled.duplicate, inside, "x", no_progress, CancelToken()) == "project_inside_itself"
    occupied = tmp_path / "incoming"
    assert code_of(filled.duplicate, occupied, "x", no_progress, CancelToken()) == "project_folder_not_empty"


def test_what_a_crash_cut_short_is_cleared_away(filled: Project) -> None:
    filled.close()
    before = files_in(filled.folder)
    (filled.folder / "cache" / "incoming" / "half").mkdir()
    (filled.folder / "cache" / "incoming" / "half" / "model.onnx").write_bytes(b"1")
    (filled.folder / "cache" / "incoming" / "x.tmp").write_bytes(b"1")
    (filled.folder / "models" / ".removed-abc").mkdir()
    (filled.folder / "masks" / ".123.tmp").write_bytes(b"1")
    first = next((filled.folder / "images").iterdir())
    (first / ".456.tmp").write_bytes(b"1")
    with Project.open(filled.folder):
        pass
    assert files_in(filled.folder) == before
    assert not (filled.folder / "models" / ".removed-abc").exists()


def test_folders_that_somebody_deleted_come_back(filled: Project) -> None:
    filled.close()
    shutil.rmtree(filled.folder / "cache")
    with Project.open(filled.folder) as again:
        assert again.samples.thumbnail(again.samples.ids()[0]).shape == (30, 40, 3)
