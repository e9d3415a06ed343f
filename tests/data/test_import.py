from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.data.dataset import Label, Split
from inspector.data.importing import BATCH
from inspector.data.project import Project
from inspector.errors import Cancelled
from inspector.imaging.files import read_image
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress
from tests.data.pictures import picture, save, save_many, save_mvtec, save_video


def take(project: Project, *paths: Path, label: Label | None = None) -> tuple[int, int, dict[str, str]]:
    """Import; (number added, number of duplicates, problem code by file name)."""
    report = project.samples.import_paths(paths, no_progress, CancelToken(), label)
    for problem in report.problems:
        assert sentence(problem.error)
    return len(report.added), len(report.duplicates), {item.path.name: item.code for item in report.problems}


def test_files_are_kept_as_they_are(project: Project, tmp_path: Path) -> None:
    path = save(tmp_path / "Größe 日本.JPG", picture(1))
    report = project.samples.import_paths([path], no_progress, CancelToken(), Label.GOOD)
    (row,) = project.samples.rows(report.added)
    data = path.read_bytes()
    assert row.path.read_bytes() == data
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert row.path == project.folder / "images" / row.sha256[:2] / f"{row.sha256}.jpg"
    assert (row.name, row.label, row.width, row.height) == ("Größe 日本.JPG", Label.GOOD, 40, 30)


def test_folders_are_searched_to_the_bottom(project: Project, tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    save_many(root / "a" / "b", 2)
    save_many(root / "ü", 2, first=10)
    save(root / ".hidden" / "x.png", picture(90))
    (root / "Thumbs.db").write_bytes(b"litter")
    (root / ".DS_Store").write_bytes(b"litter")
    assert take(project, root) == (4, 0, {})
    assert project.samples.counts()[Label.NONE] == 4


def test_bad_files_are_listed_and_the_import_goes_on(project: Project, tmp_path: Path) -> None:
    root = tmp_path / "mixed"
    save_many(root, 2)
    whole = cv2.imencode(".jpg", picture(5, 200, 200))[1].tobytes()
    (root / "aaa truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "empty.png").write_bytes(b"")
    (root / "notes.txt").write_text("not a picture")
    (root / "movie.mp4").write_bytes(b"not a movie")
    (root / "picture.dat").write_bytes(whole)
    added, _, problems = take(project, root, tmp_path / "gone.png")
    assert added == 3, "the content decides, not the name"
    assert problems == {
        "aaa truncated.jpg": "image_truncated",
        "empty.png": "image_empty",
        "notes.txt": "image_unknown_format",
        "movie.mp4": "video_unreadable",
        "gone.png": "image_missing",
    }


def test_problems_are_remembered_until_the_file_is_mended(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "part.png"
    path.write_bytes(b"")
    other = tmp_path / "other.png"
    other.write_bytes(b"x")
    take(project, path, other)
    take(project, path)
    project.close()
    with Project.open(project.folder) as again:
        assert {(item.path, item.code) for item in again.samples.problems()} == {
            (path, "image_empty"),
            (other, "image_unknown_format"),
        }
        save(path, picture(1))
        take(again, path)
        assert [item.path for item in again.samples.problems()] == [other]
        again.samples.clear_problems()
        assert again.samples.problems() == []


def test_the_same_picture_twice_is_noticed(filled: Project, tmp_path: Path) -> None:
    path = tmp_path / "incoming" / "part 003.png"
    copies = [Path(shutil.copy(path, tmp_path / f"copy{number}.png")) for number in range(2)]
    report = filled.samples.import_paths([*copies, path, path], no_progress, CancelToken())
    assert report.added == ()
    fourth = filled.samples.ids()[3]
    assert [(item.path, item.id) for item in report.duplicates] == [(item, fourth) for item in [*copies, path]]


def test_twins_within_one_import_are_noticed(project: Project, tmp_path: Path) -> None:
    first = save(tmp_path / "a.png", picture(1))
    shutil.copy(first, tmp_path / "b.png")
    assert take(project, tmp_path / "a.png", tmp_path / "b.png")[:2] == (1, 1)


def test_defects_among_training_images_are_given_to_training_unless_a_label_is_given_for_all(
    project: Project, tmp_path: Path
) -> None:
    bent = save(tmp_path / "screw" / "train" / "bent" / "000.png", picture(50))
    save_mvtec(tmp_path / "screw")
    take(project, tmp_path / "screw")
    assert [s.split for s in project.dataset().samples if s.kind == "bent"] == [Split.TRAIN]
    project.samples.remove(project.samples.ids())
    project.samples.import_paths([bent], no_progress, CancelToken(), Label.DEFECT)
    assert [s.split for s in project.dataset().samples] == [Split.TEST]


def test_a_folder_in_mvtec_layout_brings_labels_and_masks(project: Project, tmp_path: Path) -> None:
    assert take(project, save_mvtec(tmp_path / "screw")) == (6, 0, {})
    found = [(s.label, s.split, s.kind, s.mask_path is not None) for s in project.dataset().samples]
    assert found == [(Label.GOOD, Split.TRAIN, None, False)] * 3 + [
        (Label.DEFECT, Split.TEST, "dent", False),
        (Label.GOOD, Split.TEST, None, False),
        (Label.DEFECT, Split.TEST, "scratch", True),
    ]
    mask = project.dataset().samples[-1].read_mask()
    assert mask is not None
    assert mask[5:9, 7:12].all()
    assert mask.sum() == 20


def test_a_label_given_beats_the_layout_and_masks_are_no_samples(project: Project, tmp_path: Path) -> None:
    assert take(project, save_mvtec(tmp_path / "screw"), label=Label.UNSURE) == (6, 0, {})
    assert project.samples.counts()[Label.UNSURE] == 6


def test_a_mask_that_does_not_fit_is_listed_and_its_sample_kept(project: Project, tmp_path: Path) -> None:
    root = save_mvtec(tmp_path / "screw")
    save(root / "ground_truth" / "scratch" / "000_mask.png", np.zeros((3, 4), np.uint8))
    added, _, problems = take(project, root)
    assert (added, problems) == (6, {"000_mask.png": "mask_mismatch"})
    assert all(sample.mask_path is None for sample in project.dataset().samples)


def test_turned_photographs_are_stored_as_they_are_and_measured_upright(project: Project, tmp_path: Path) -> None:
    data = cv2.imencode(".jpg", picture(1))[1].tobytes()
    exif = bytes.fromhex("ffe100224578696600004d4d002a00000008000101120003000000010006000000000000")
    (tmp_path / "turned.jpg").write_bytes(data[:2] + exif + data[2:])
    report = project.samples.import_paths([tmp_path / "turned.jpg"], no_progress, CancelToken())
    (row,) = project.samples.rows(report.added)
    assert (row.width, row.height) == (30, 40)
    assert read_image(row.path).shape == (40, 30, 3)
    assert project.samples.thumbnail(row.id).shape == (40, 30, 3)


def test_videos_give_each_view_once(project: Project, tmp_path: Path) -> None:
    video = save_video(tmp_path / "Förderband.avi", [1, 2, 3], frames_each=20)
    added, duplicates, problems = take(project, video, label=Label.GOOD)
    assert (added, duplicates, problems) == (3, 0, {})
    rows = project.samples.rows(project.samples.ids())
    assert [row.name for row in rows] == ["Förderband_000000.png", "Förderband_000020.png", "Förderband_000040.png"]
    assert {(row.width, row.height, row.label) for row in rows} == {(64, 48, Label.GOOD)}
    assert take(project, video)[:2] == (0, 3)


def test_cancelling_keeps_what_was_imported(project: Project, tmp_path: Path) -> None:
    save_many(tmp_path / "many", BATCH + 20)
    token = CancelToken()
    seen: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        seen.append((done, total, stage))
        if done == BATCH + 10:
            token.cancel()

    with pytest.raises(Cancelled):
        project.samples.import_paths([tmp_path / "many"], progress, token)
    assert len(project.samples.ids()) == BATCH + 10
    assert seen[0] == (0, 0, "searching")
    assert seen[-1] == (BATCH + 10, BATCH + 20, "importing")
    report = project.samples.import_paths([tmp_path / "many"], no_progress, CancelToken())
    assert (len(report.added), len(report.duplicates)) == (10, BATCH + 10)


def test_batches_are_visible_while_the_import_runs(project: Project, tmp_path: Path) -> None:
    save_many(tmp_path / "many", BATCH * 2)
    counts: list[int] = []

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        counts.append(len(project.samples.ids()))

    project.samples.import_paths([tmp_path / "many"], progress, CancelToken())
    assert {0, BATCH, BATCH * 2} == set(counts)


def test_a_folder_that_may_not_be_listed_is_told(project: Project, tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    save_many(root / "open", 1)
    (root / "secret").mkdir(mode=0o000)
    if os.access(root / "secret", os.R_OK):
        pytest.skip("needs a user whom permissions bind")
    added, _, problems = take(project, root)
    (root / "secret").chmod(0o700)
    assert (added, problems) == (1, {"secret": "folder_unreadable"})
