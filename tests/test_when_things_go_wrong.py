"""When things go wrong: each situation ends in one sentence that says what happened and what to do, and nothing else.

What belongs to one part alone (a full disk below the database, a stalled camera, a killed import) is tested with that
part; here is what a person meets on the command line and in training.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inspector import paths
from inspector.cli.entry import run
from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.errors import BundleError, InspectorError, ProjectError, is_disk_full, shortage
from inspector.imaging.files import write_image
from inspector.jobs.description import remarks
from inspector.jobs.train import TrainingResult, train
from inspector.messages import ERRORS, sentence
from inspector.runtime.bundle import load_bundle
from inspector.settings import Settings, load_settings
from inspector.tasks import CancelToken, no_progress
from tests.support.brightness import write_brightness_bundle, write_pictures
from tests.support.parts import quick_job, quick_training, write_good

INSPECTOR = [sys.executable, "-m", "inspector"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX devices and signals")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that judges by brightness."""
    folder = tmp_path_factory.mktemp("model")
    write_brightness_bundle(folder / "m", folder)
    return folder / "m"


@pytest.fixture
def bundle(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound bundle, to be damaged."""
    return Path(shutil.copytree(sound, tmp_path / "model"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "pictures", 20, 250)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence with which a command is refused; what was done before is told by stages alone."""
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 1
    *stages, last = capsys.readouterr().err.splitlines()
    assert all(stage.endswith(" s") for stage in stages)
    assert_sentence(last)
    return last


def assert_sentence(text: str) -> None:
    """For people: no code names, no braces, no Python."""
    assert text[0].isupper()
    assert text.endswith(".")
    assert text.count("\n") == 0
    assert not any(word in text for word in ("Traceback", "Error:", "{", "PosixPath", "[(")), text
    assert len(text) < 500


# models


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 5])


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink])
@pytest.mark.parametrize("name", ["manifest.json", "weights.safetensors", "model.onnx", "scores.json", "report.html"])
def test_a_damaged_model_names_the_file(
    bundle: Path, pictures: Path, name: str, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(bundle / name)
    assert name in refusal(capsys, "predict", bundle, pictures)


def test_a_digit_changed_in_a_threshold_is_noticed(
    bundle: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (bundle / "manifest.json").read_text(encoding="utf-8")
    assert text.count('"fail": 200.0') == 1
    (bundle / "manifest.json").write_text(text.replace('"fail": 200.0', '"fail": 900.0'), encoding="utf-8")
    assert "manifest.json is not what training wrote" in refusal(capsys, "predict", bundle, pictures)


def test_thresholds_saved_by_the_program_are_sealed_again(bundle: Path) -> None:
    from inspector.runtime.bundle import save_thresholds

    moved = load_bundle(bundle).manifest.thresholds.model_copy(update={"fail": 123.25, "method": "manual"})
    save_thresholds(bundle, moved)
    assert load_bundle(bundle).manifest.thresholds == moved


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": 99, "software": {"inspector": "7.1"}}, "newer Inspector (7.1)"),
        ({"detector": "crystal_ball"}, "method crystal_ball"),
    ],
)
def test_a_model_from_elsewhere_says_what_it_needs(
    bundle: Path, pictures: Path, changes: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = json.loads((bundle / "manifest.json").read_bytes())
    (bundle / "manifest.json").write_text(json.dumps({**raw, **changes}), encoding="utf-8")
    told = refusal(capsys, "predict", bundle, pictures)
    assert words in told
    assert "Update Inspector" in told


def test_what_is_no_model_is_told_apart(bundle: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no model in" in refusal(capsys, "predict", pictures, pictures)
    assert "There is no model in" in refusal(capsys, "predict", pictures / "000.png", pictures)
    assert "There is no model at" in refusal(capsys, "predict", pictures / "nothing", pictures)
    single = bundle.with_suffix(".inspector")
    assert run(["export", str(bundle), "--format", "bundle", "--out", str(single)]) == 0
    assert zipfile.is_zipfile(single)
    cut(single)
    assert "is damaged and cannot be opened" in refusal(capsys, "predict", single, pictures)


# data sets and pictures


def test_a_data_set_that_cannot_be_used_says_why(
    sound: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    Project.create(tmp_path / "project", "Fresh").close()
    for dataset, words in (
        (tmp_path / "gone", "There is nothing at"),
        (pictures / "000.png", "is a file"),
        (tmp_path / "empty", "There are no images in"),
        (tmp_path / "project", "has no samples"),
    ):
        assert words in refusal(capsys, "evaluate", sound, dataset)
    assert "There is no picture to judge" in refusal(capsys, "predict", sound, tmp_path / "empty")


def test_pictures_that_cannot_be_read_are_not_inspected_and_the_others_are(
    sound: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_damaged(pictures)
    write_extremes(pictures)
    assert run(["predict", str(sound), str(pictures), str(pictures / "gone.png"), "--json", "-"]) == 1
    captured = capsys.readouterr()
    verdicts = {Path(item["path"]).name: item["verdict"] for item in json.loads(captured.out)["images"]}
    assert [name for name, verdict in verdicts.items() if verdict == "not_inspected"] == [*DAMAGED, "gone.png"]
    assert verdicts["000.png"] == "pass"
    assert verdicts["001.png"] == "fail"
    complaints = [line for line in captured.err.splitlines() if not line.endswith(" s")]
    assert len(complaints) == len(DAMAGED) + 1
    for line in complaints:
        assert_sentence(line)


DAMAGED = ("a.png", "b.png", "c.jpg")
SHAPES = ((1, 1), (8, 8), (2, 900), (900, 2), (300, 500))


def write_damaged(folder: Path) -> None:
    """Empty, no picture, and cut off."""
    for name, content in zip(DAMAGED, (b"", b"hello", b"\xff\xd8\xff\xe0" + b"0" * 50), strict=True):
        (folder / name).write_bytes(content)


def write_extremes(folder: Path) -> None:
    """Sizes that nobody would choose, and sixteen bits."""
    random = np.random.default_rng(0)
    for height, width in SHAPES:
        write_image(folder / f"x{height}x{width}.png", random.integers(0, 255, (height, width, 3), np.uint8))
    write_image(folder / "x16.png", random.integers(0, 65535, (70, 90), np.uint16))


# training


def test_odd_pictures_are_learned_from_and_the_useless_listed(tmp_path: Path) -> None:
    folder = write_good(tmp_path / "parts", 3)
    shutil.copy(folder / "000.png", folder / "copy.png")
    write_damaged(folder)
    write_extremes(folder)
    result = quick_training(folder, tmp_path / "m")
    assert result.images == 3 + len(SHAPES) + 1
    assert sorted(item.path.name for item in result.skipped) == sorted([*DAMAGED, "copy.png"])
    for item in result.skipped:
        assert_sentence(item.reason)
    assert result.remarks == []
    load_bundle(tmp_path / "m")


@pytest.fixture(scope="module")
def from_one(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """Trained on a single part that lies there five times."""
    folder = write_good(tmp_path_factory.mktemp("one") / "parts", 1)
    for number in range(4):
        shutil.copy(folder / "000.png", folder / f"again {number}.png")
    return quick_training(folder, folder.parent / "m")


def test_identical_pictures_count_once_and_a_single_one_is_warned_about(from_one: TrainingResult) -> None:
    assert from_one.images == 1
    assert len(from_one.skipped) == 4
    assert "is a copy of" in from_one.skipped[0].reason
    (remark,) = from_one.remarks
    assert_sentence(remark)
    assert "only one good picture" in remark
    assert from_one.thresholds.good_scores == "augmented"


def test_parts_that_look_all_alike_are_warned_about() -> None:
    (remark,) = remarks(np.array([40.0, 40.00001, 40.0]))
    assert "look the same" in remark
    assert_sentence(remark)
    assert remarks(np.array([40.0, 40.1, 39.8])) == []
    assert remarks(np.zeros(3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"detector": "crystal_ball"}, "There is no method called crystal_ball"),
        ({"backbone": "crystal_ball"}, "There are no features called crystal_ball"),
        ({"layers": ("nowhere",)}, "have no layer called nowhere"),
        ({"parameters": {"nonsense": 1}}, "There is no parameter called nonsense"),
        ({"parameters": {"map_sigma": "banana"}}, "map_sigma cannot be 'banana'"),
        ({"parameters": {"map_sigma": -5}}, "map_sigma cannot be -5"),
        ({"backbone": "squeezenet1_1", "weights": Path("gone.pth")}, "There is no weights file"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_with_what_there_is(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    folder = write_good(tmp_path / "parts", 2)
    with pytest.raises(InspectorError) as caught:
        train(quick_job(folder, tmp_path / "m", **changes), no_progress, CancelToken())
    assert words in sentence(caught.value)
    assert_sentence(sentence(caught.value))
    assert not (tmp_path / "m").exists()


def test_wrong_weights_are_refused(tmp_path: Path) -> None:
    folder = write_good(tmp_path / "parts", 2)
    file = tmp_path / "w.pth"
    file.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(InspectorError) as caught:
        quick_training(folder, tmp_path / "m", backbone="squeezenet1_1", weights=file)
    assert caught.value.code == "weights_damaged"
    assert_sentence(sentence(caught.value))


def test_a_target_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    folder = write_good(tmp_path / "parts", 1)
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "m", folder):
        with pytest.raises(BundleError) as caught:
            train(quick_job(tmp_path / "nothing to learn from", out), no_progress, CancelToken())
        assert_sentence(sentence(caught.value))
    assert sorted(item.name for item in folder.iterdir()) == ["000.png"]


def test_a_review_band_below_nothing_is_wrong_usage(tmp_path: Path) -> None:
    command = ["train", str(tmp_path), "--out", str(tmp_path / "m"), "--target-reject-rate", "0.2"]
    assert run([*command, "--review-rate", "0.1"]) == 2


# projects


def test_a_model_is_not_trained_into_a_project_that_has_vanished(tmp_path: Path) -> None:
    with Project.create(tmp_path / "drive" / "p", "P") as project:
        (tmp_path / "drive").rename(tmp_path / "unplugged")
        with pytest.raises(ProjectError) as caught:
            project.models.new_folder()
        assert caught.value.code == "project_gone"
        assert not (tmp_path / "drive").exists()
        (tmp_path / "unplugged").rename(tmp_path / "drive")
        assert project.samples.counts()[Label.GOOD] == 0


@POSIX
def test_a_model_that_cannot_be_copied_gives_one_reason(tmp_path: Path, bundle: Path) -> None:
    (bundle / "model.onnx").unlink()
    (bundle / "model.onnx").symlink_to(tmp_path / "gone")
    with Project.create(tmp_path / "p", "P") as project:
        with pytest.raises(ProjectError) as caught:
            project.models.add(bundle)
        assert_sentence(sentence(caught.value))
        assert project.models.rows() == []


# the computer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 8 bytes"), "out_of_memory"),
        (RuntimeError("std::bad_alloc"), "out_of_memory"),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "out_of_memory"),
        (OSError(12, "Cannot allocate memory"), "out_of_memory"),
        (OSError(28, "No space left on device"), "disk_full"),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), "disk_full"),
        (OSError(5, "Input/output error"), None),
        (ValueError("a bug"), None),
    ],
)
def test_what_ran_out_is_recognised_in_any_library(error: Exception, code: str | None) -> None:
    known = shortage(error)
    assert (known and known.code) == code
    assert is_disk_full(error) == (code == "disk_full")
    if known:
        assert_sentence(sentence(known))


@POSIX
def test_results_for_a_full_disk_are_told_to_be_lost(
    sound: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "could not be written" in refusal(capsys, "predict", sound, pictures, "--json", "/dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*INSPECTOR, "weights", "list"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert_sentence(done.stderr.decode().strip())


@POSIX
@pytest.mark.parametrize("redirection", ["| true", "| head -n 1", ">&-", "2>&-"])
def test_nobody_who_listens_is_no_reason_to_break_down(redirection: str) -> None:
    command = f"{sys.executable} -m inspector backbones --json {redirection}"
    done = subprocess.run(["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}} >&2"], capture_output=True, check=True)
    assert done.stderr.decode().strip() in ("0", "1")


@POSIX
def test_a_log_on_a_full_disk_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    from inspector import logs

    paths.log_folder().mkdir(parents=True)
    (paths.log_folder() / "command.log").symlink_to("/dev/full")
    log = logs.install("command")
    for _ in range(3):
        logging.getLogger("inspector").info("a line")
    log.remove()
    (told,) = capsys.readouterr().err.splitlines()
    assert "command.log cannot be written" in told
    assert run(["weights", "list"]) == 0


def test_settings_that_cannot_even_be_set_aside_are_ignored() -> None:
    file = paths.settings_file()
    (file.parent / "settings.json.damaged" / "in the way").mkdir(parents=True)
    file.write_text("{", encoding="utf-8")
    assert load_settings() == Settings()


@POSIX
def test_a_killed_training_leaves_neither_process_nor_files(tmp_path: Path) -> None:
    folder = write_good(tmp_path / "parts", 3)
    (tmp_path / "temporary").mkdir()
    command = [*INSPECTOR, "train", str(folder), "--out", str(tmp_path / "m"), "--image-size", "1024"]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, start_new_session=True) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first stage is over
        process.send_signal(signal.SIGKILL)
        rest = process.stderr.read()  # ends when the child, which has the same pipe, has ended
    assert b"Traceback" not in rest
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "m").exists()


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_so_whenever_it_comes(tmp_path: Path, number: signal.Signals) -> None:
    """The signal reaches the child, too, while that is still importing: nothing of it may show."""
    command = [*INSPECTOR, "train", str(write_good(tmp_path / "parts", 3)), "--out", str(tmp_path / "m")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while children.exists() and len(children.read_text().split()) < 2:  # the tracker and the child
            assert process.poll() is None
        os.killpg(process.pid, number)
        assert process.stderr is not None
        lines = process.stderr.read().decode().splitlines()
    assert process.returncode == 1
    assert lines[-1] == "Cancelled."
    assert not any("Traceback" in line for line in lines)


@pytest.mark.parametrize("code", ERRORS)
def test_every_sentence_says_what_to_do(code: str) -> None:
    """What happened and what to do are two statements at least."""
    text = ERRORS[code]
    assert text.count(". ") + text.count(": ") + text.count("; ") >= 1, text
