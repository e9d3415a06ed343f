from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.data.dataset import Label, SampleImages, Split
from inspector.data.project import Project
from inspector.data.sources import load_dataset
from inspector.errors import DatasetError, ProjectError
from inspector.messages import sentence
from tests.data.pictures import picture, save, save_many, save_mvtec


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert str(path.name) in sentence(caught.value)
    return caught.value.code


def test_a_folder_in_mvtec_layout(tmp_path: Path) -> None:
    dataset = load_dataset(save_mvtec(tmp_path / "screw"))
    assert (dataset.name, dataset.source) == ("screw", tmp_path / "screw")
    assert len(dataset.select(Label.GOOD, Split.TRAIN)) == 3
    assert len(dataset.select(Label.GOOD, Split.TEST)) == 1
    defects = dataset.select(Label.DEFECT)
    assert [(item.kind, item.split, item.mask_path is not None) for item in defects] == [
        ("dent", Split.TEST, False),
        ("scratch", Split.TEST, True),
    ]


def test_defects_among_the_training_images_are_for_methods_that_learn_from_defects(tmp_path: Path) -> None:
    root = save_mvtec(tmp_path / "screw")
    save(root / "train" / "bent" / "000.png", picture(50))
    assert [item.split for item in load_dataset(root).samples if item.kind == "bent"] == [Split.TRAIN]


def test_a_folder_of_images(tmp_path: Path) -> None:
    root = tmp_path / "gute Teile"
    paths = save_many(root, 3)
    save(root / "A.JPG", picture(9))
    (root / "notes.txt").write_text("x")
    save(root / ".thumbnail.png", picture(10))
    save(root / "rejected" / "x.png", picture(11))
    dataset = load_dataset(str(root))
    assert [item.path for item in dataset.samples] == [root / "A.JPG", *paths]
    assert {(item.label, item.split) for item in dataset.samples} == {(Label.GOOD, Split.TRAIN)}


def test_listing_reads_no_pixels_and_images_are_read_when_asked_for(tmp_path: Path) -> None:
    save_many(tmp_path / "a", 2)
    dataset = load_dataset(tmp_path / "a")
    images = SampleImages(dataset.samples, lambda image: image[:10])
    save(tmp_path / "a" / "part 000.png", picture(77))
    assert len(images) == 2
    assert np.array_equal(images[0], picture(77)[:10])
    assert [image.shape for image in images] == [(10, 40, 3)] * 2


def test_a_project_while_it_is_open(filled: Project) -> None:
    filled.samples.set_label(filled.samples.ids()[:2], Label.DEFECT, "scratch")
    dataset = load_dataset(filled.folder)
    assert dataset == filled.dataset()
    filled.close()
    assert load_dataset(filled.folder) == dataset


def test_a_project_of_the_first_version(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "files" / "project_v1.sqlite", tmp_path / "project.sqlite")
    dataset = load_dataset(tmp_path)
    assert [(item.label, item.split) for item in dataset.samples] == [
        (Label.GOOD, Split.TRAIN),
        (Label.DEFECT, Split.TEST),
        (Label.NONE, Split.TRAIN),
    ]


def test_what_cannot_be_loaded_is_told(tmp_path: Path, project: Project) -> None:
    assert refusal(tmp_path / "gone") == "dataset_missing"
    picture_file = save(tmp_path / "one.png", picture(1))
    assert refusal(picture_file) == "dataset_not_folder"
    save(tmp_path / "nested" / "below" / "x.png", picture(1))
    assert refusal(tmp_path / "nested") == "dataset_no_images"
    with pytest.raises(DatasetError, match="dataset_empty"):
        load_dataset(project.folder)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "project.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(ProjectError, match="project_damaged"):
        load_dataset(tmp_path / "broken")
