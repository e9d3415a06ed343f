"""A tiny copy of each published layout: what is good, what is held out, which mask belongs to which defect."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.data.dataset import Dataset, Label, Sample, Split
from inspector.data.layouts.cifar10 import CLASSES
from inspector.data.layouts.registry import LAYOUTS, layout_of
from inspector.data.project import Project
from inspector.data.sources import load_dataset
from inspector.errors import DatasetError, ImageError
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress
from tests.data.pictures import picture, save, save_mvtec, save_video

DEFECT = np.zeros((30, 40), np.uint8)
DEFECT[5:9, 7:12] = 1  # VisA's masks hold small numbers
EMPTY = np.zeros((30, 40), np.uint8)


def counted(dataset: Dataset) -> dict[tuple[str, str], int]:
    return dict(Counter((sample.label.value, sample.split.value) for sample in dataset.samples))


def masks_of(dataset: Dataset) -> list[str | None]:
    return [sample.mask_path and sample.mask_path.name for sample in dataset.select(Label.DEFECT)]


def fill(folder: Path, numbers: range, suffix: str = ".png") -> None:
    for number in numbers:
        save(folder / f"{number:03d}{suffix}", picture(number))


def mvtec2(root: Path) -> Path:
    fill(root / "train" / "good", range(3))
    fill(root / "validation" / "good", range(10, 12))
    fill(root / "test_public" / "good", range(20, 22))
    fill(root / "test_public" / "bad", range(30, 32))
    fill(root / "test_private", range(90, 92))
    save(root / "test_public" / "ground_truth" / "bad" / "030_mask.png", DEFECT)
    return root


def btad(root: Path) -> Path:
    fill(root / "train" / "ok", range(3), ".bmp")
    fill(root / "test" / "ok", range(10, 12), ".bmp")
    fill(root / "test" / "ko", range(20, 22), ".bmp")
    save(root / "ground_truth" / "ko" / "021.png", DEFECT)
    return root


def kolektor(root: Path) -> Path:
    for part in range(1, 5):
        for place in range(2):
            folder = root / f"kos{part:02d}"
            save(folder / f"Part{place}.jpg", picture(10 * part + place))
            save(folder / f"Part{place}_label.bmp", DEFECT if (part, place) in ((1, 0), (3, 1)) else EMPTY)
    return root


def kolektor2(root: Path) -> Path:
    for split, numbers in (("train", range(4)), ("test", range(10, 13))):
        for number in numbers:
            save(root / split / f"{number}.png", picture(number))
            save(root / split / f"{number}_GT.png", DEFECT if number in (3, 12) else EMPTY)
    return root


def visa(root: Path) -> Path:
    fill(root / "Data" / "Images" / "Normal", range(5), ".JPG")
    fill(root / "Data" / "Images" / "Anomaly", range(20, 22), ".JPG")
    save(root / "Data" / "Masks" / "Anomaly" / "020.png", DEFECT)
    return root


def shanghaitech(root: Path) -> Path:
    fill(root / "training" / "frames" / "01_001", range(3), ".jpg")
    fill(root / "testing" / "frames" / "01_0014", range(10, 14), ".jpg")
    fill(root / "testing" / "frames" / "01_0015", range(20, 22), ".jpg")
    (root / "testing" / "test_frame_mask").mkdir()
    np.save(root / "testing" / "test_frame_mask" / "01_0014.npy", np.array([0, 1, 1, 0]))
    return root


def cifar10(root: Path) -> Path:
    """Eleven pictures a batch: one of each class and a second cat."""
    root.mkdir(parents=True)
    labels = np.array([*range(10), CLASSES.index("cat")], np.uint8)
    for seed, name in enumerate((*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")):
        pixels = np.random.default_rng(seed).integers(0, 256, (11, 3072), np.uint8)
        (root / f"{name}.bin").write_bytes(np.c_[labels[:, None], pixels].tobytes())
    return root


def test_mvtec_ad(tmp_path: Path) -> None:
    dataset = load_dataset(save_mvtec(tmp_path / "screw"))
    assert counted(dataset) == {("good", "train"): 3, ("good", "test"): 1, ("defect", "test"): 2}
    assert masks_of(dataset) == [None, "000_mask.png"]


def test_mvtec_ad_2(tmp_path: Path) -> None:
    dataset = load_dataset(mvtec2(tmp_path / "vial"))
    assert counted(dataset) == {("good", "train"): 5, ("good", "test"): 2, ("defect", "test"): 2}
    assert masks_of(dataset) == ["030_mask.png", None]


def test_btad(tmp_path: Path) -> None:
    dataset = load_dataset(btad(tmp_path / "01"))
    assert counted(dataset) == {("good", "train"): 3, ("good", "test"): 2, ("defect", "test"): 2}
    assert masks_of(dataset) == [None, "021.png"]


def test_kolektor_sdd_is_split_by_parts_and_labelled_by_its_masks(tmp_path: Path) -> None:
    dataset = load_dataset(kolektor(tmp_path / "KolektorSDD"))
    assert counted(dataset) == {("good", "train"): 5, ("good", "test"): 1, ("defect", "test"): 2}
    assert {item.path.parent.name for item in dataset.select(Label.GOOD, Split.TEST)} == {"kos03"}
    assert masks_of(dataset) == ["Part0_label.bmp", "Part1_label.bmp"]
    assert dataset == load_dataset(tmp_path / "KolektorSDD")


def test_kolektor_sdd2(tmp_path: Path) -> None:
    dataset = load_dataset(kolektor2(tmp_path / "KSDD2"))
    assert counted(dataset) == {("good", "train"): 3, ("good", "test"): 2, ("defect", "test"): 2}
    assert masks_of(dataset) == ["3_GT.png", "12_GT.png"]


def test_a_damaged_label_is_told_and_not_taken_for_good(tmp_path: Path) -> None:
    root = kolektor2(tmp_path / "KSDD2")
    (root / "train" / "3_GT.png").write_bytes(b"\x89PNG rubbish")
    with pytest.raises(ImageError):
        load_dataset(root)


def test_visa_without_its_split(tmp_path: Path) -> None:
    dataset = load_dataset(visa(tmp_path / "candle"))
    assert counted(dataset) == {("good", "train"): 4, ("good", "test"): 1, ("defect", "test"): 2}
    assert dataset == load_dataset(tmp_path / "candle")
    assert masks_of(dataset) == ["020.png", None]
    mask = dataset.select(Label.DEFECT)[0].read_mask()
    assert mask is not None
    assert mask.sum() == 20


def test_visa_with_the_published_split(tmp_path: Path) -> None:
    root = visa(tmp_path / "candle")
    lines = ["object,split,label,image,mask"]
    for number in range(5):
        split = "test" if number in (1, 3) else "train"
        lines.append(f"candle,{split},normal,candle/Data/Images/Normal/{number:03d}.JPG,")
    lines.append("capsules,test,normal,capsules/Data/Images/Normal/000.JPG,")
    lines.append("candle,test,anomaly,candle/Data/Images/Anomaly/020.JPG,candle/Data/Masks/Anomaly/020.png")
    (tmp_path / "split_csv").mkdir()
    (tmp_path / "split_csv" / "1cls.csv").write_text("\n".join(lines), encoding="utf-8")
    held_out = load_dataset(root).select(Label.GOOD, Split.TEST)
    assert [item.path.name for item in held_out] == ["001.JPG", "003.JPG"]


def test_shanghaitech_by_frames(tmp_path: Path) -> None:
    dataset = load_dataset(shanghaitech(tmp_path / "shanghaitech"))
    expected = {("good", "train"): 3, ("good", "test"): 2, ("defect", "test"): 2, ("none", "test"): 2}
    assert counted(dataset) == expected
    assert [item.path.name for item in dataset.select(Label.DEFECT)] == ["011.jpg", "012.jpg"]


def test_shanghaitech_with_training_videos(tmp_path: Path) -> None:
    root = shanghaitech(tmp_path / "shanghaitech")
    for path in (root / "training" / "frames" / "01_001").iterdir():
        path.unlink()
    (root / "training" / "videos").mkdir()
    save_video(root / "training" / "videos" / "01_002.avi", [1, 2, 3], 5)
    learned = load_dataset(root).select(Label.GOOD, Split.TRAIN)
    assert len(learned) == 3
    assert [item.read().shape for item in learned] == [(48, 64, 3)] * 3


@pytest.mark.parametrize("labels", [np.array([0, 1]), np.array(["x", {}], object)])
def test_labels_of_frames_that_do_not_fit_or_hold_programs_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    root = shanghaitech(tmp_path / "shanghaitech")
    np.save(root / "testing" / "test_frame_mask" / "01_0014.npy", labels, allow_pickle=True)
    with pytest.raises(DatasetError, match="dataset_file_damaged"):
        load_dataset(root)


@pytest.mark.parametrize("choice", ["cat", "3"])
def test_cifar_10_one_class(tmp_path: Path, choice: str) -> None:
    root = cifar10(tmp_path / "cifar-10-batches-bin")
    dataset = load_dataset(f"{root}#{choice}")
    assert dataset.name == f"cifar-10-batches-bin#{choice}"
    assert counted(dataset) == {("good", "train"): 10, ("good", "test"): 2, ("defect", "test"): 9}
    assert {item.kind for item in dataset.select(Label.DEFECT)} == {*CLASSES} - {"cat"}
    raw = np.frombuffer((root / "data_batch_1.bin").read_bytes(), np.uint8).reshape(-1, 3073)[3, 1:]
    red, green, blue = raw.reshape(3, 32, 32)
    assert np.array_equal(dataset.samples[0].read(), np.dstack((blue, green, red)))
    assert load_dataset(f"{root}#{choice}") == dataset


def test_cifar_10_is_unpacked_again_when_its_files_change(tmp_path: Path) -> None:
    root = cifar10(tmp_path / "bin")
    before = load_dataset(f"{root}#cat")
    (root / "test_batch.bin").write_bytes((root / "test_batch.bin").read_bytes()[:-3073])
    after = load_dataset(f"{root}#cat")
    assert counted(before)["good", "test"] == 2
    assert counted(after)["good", "test"] == 1


def test_cifar_10_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    root = cifar10(tmp_path / "bin")
    for path in (root, Path(f"{root}#cow")):
        with pytest.raises(DatasetError, match="dataset_class") as caught:
            load_dataset(path)
        assert "airplane" in sentence(caught.value)
    (root / "test_batch.bin").write_bytes(b"123")
    with pytest.raises(DatasetError, match="dataset_file_damaged"):
        load_dataset(f"{root}#cat")
    (tmp_path / "py").mkdir()
    (tmp_path / "py" / "data_batch_1").write_bytes(b"pickled")
    with pytest.raises(DatasetError, match="dataset_pickled"):
        load_dataset(f"{tmp_path / 'py'}#cat")


ALL = {
    "MVTec AD": save_mvtec,
    "MVTec AD 2": mvtec2,
    "BTAD": btad,
    "Kolektor SDD": kolektor,
    "Kolektor SDD2": kolektor2,
    "VisA": visa,
    "ShanghaiTech": shanghaitech,
    "CIFAR-10": cifar10,
}


def test_each_layout_has_a_copy_here() -> None:
    assert set(ALL) == {layout.title for layout in LAYOUTS}


@pytest.mark.parametrize("title", ALL)
def test_a_layout_is_told_from_the_others(tmp_path: Path, title: str) -> None:
    root = ALL[title](tmp_path / "set")
    found = layout_of(root)
    assert found is not None
    assert found.title == title


@pytest.mark.parametrize("title", ALL)
def test_importing_into_a_project_brings_labels_and_defects_are_never_learned_from(
    tmp_path: Path, project: Project, title: str
) -> None:
    root = ALL[title](tmp_path / "set")
    path = Path(f"{root}#cat") if title == "CIFAR-10" else root
    samples: tuple[Sample, ...] = load_dataset(path).samples
    assert {item.split for item in samples if item.label is Label.DEFECT} == {Split.TEST}
    report = project.samples.import_paths([path], no_progress, CancelToken())
    assert not report.problems
    stored = project.samples.stored()
    assert Counter((item.label, item.split, item.kind) for item in stored) == Counter(
        (item.label, item.split, item.kind) for item in samples
    )
    assert sum(item.mask_path is not None for item in stored) == sum(item.mask_path is not None for item in samples)


def test_a_label_given_for_all_counts_in_every_layout(tmp_path: Path, project: Project) -> None:
    project.samples.import_paths([btad(tmp_path / "01")], no_progress, CancelToken(), Label.UNSURE)
    assert project.samples.counts()[Label.UNSURE] == 7


def test_plain_folders_belong_to_no_layout(tmp_path: Path) -> None:
    save(tmp_path / "plain" / "a.png", cv2.resize(picture(1), (20, 20)))
    assert layout_of(tmp_path / "plain") is None
    assert counted(load_dataset(tmp_path / "plain")) == {("good", "train"): 1}
