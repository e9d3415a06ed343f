"""The command line as a person or a script meets it: output, files, sentences, exit codes."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from inspector import paths
from inspector.cli import catalogue, demo
from inspector.cli.entry import app, run
from inspector.data.layout import ProjectLayout
from inspector.evaluation.judge import Verdict
from inspector.features.registry import backbone_info
from inspector.features.weights import file_sha256
from inspector.imaging.files import read_image
from inspector.runtime.bundle import load_bundle
from inspector.station.records import RecordStore
from tests.support.parts import SIZE, write_good, write_mvtec
from tests.support.records import BEGIN, record

INSPECTOR = [sys.executable, "-m", "inspector"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mvtec(tmp_path_factory.mktemp("data") / "washers", good=6, held_out=2, defects=2)


@pytest.fixture(scope="module")
def model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A bundle made by the real command, in its child process."""
    folder = tmp_path_factory.mktemp("model")
    command = ["train", str(dataset), "--out", str(folder / "m"), "--preset", "quick", "--image-size", "64"]
    options = ["--set", "regularisation=0.02", "--name", "Washer", "--json", str(folder / "t.json")]
    assert run([*command, *options]) == 0
    return folder / "m", json.loads((folder / "t.json").read_text(encoding="utf-8"))


def test_help_answers_at_once_and_names_every_command() -> None:
    done = subprocess.run([*INSPECTOR, "--help"], capture_output=True, text=True, check=True)
    for command in app.registered_commands:
        assert command.name is not None
        assert command.name in done.stdout
    code = "import sys, inspector.cli; print([n for n in ('torch','cv2','numpy','rich.progress') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in app.registered_commands:
        assert run([str(command.name), "--help"]) == 0
        assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["dance"], ["train"], ["train", "x"], ["evaluate", "a", "b", "--engine", "steam"], ["weights"]]
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert run(arguments) == 2


@pytest.mark.slow
def test_other_products_are_named_where_a_method_needs_them(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(dataset), "--out", str(tmp_path / "m"), "--detector", "regad", "--preset", "quick"]
    command += ["--image-size", "64", "--set", "steps=2", "--set", "batch=2", "--set", "pictures=1"]
    assert run(command) == 1
    assert "learns from other products, and none was given" in capsys.readouterr().err
    others = [write_good(tmp_path / name, 2, first) for name, first in (("one", 40), ("two", 50))]
    assert run([*command, *(word for other in others for word in ("--others", str(other)))]) == 0
    assert load_bundle(tmp_path / "m").manifest.training.facts["other_products"] == 2


def test_a_setting_needs_a_value(dataset: Path, tmp_path: Path) -> None:
    assert run(["train", str(dataset), "--out", str(tmp_path / "m"), "--set", "ratio"]) == 2


def test_tiles_need_a_size_and_no_more_than_half_of_one_overlaps(dataset: Path, tmp_path: Path) -> None:
    command = ["train", str(dataset), "--out", str(tmp_path / "m")]
    assert run([*command, "--tile-overlap", "0.2"]) == 2
    assert run([*command, "--tile-size", "64", "--tile-overlap", "0.6"]) == 2
    assert run([*command, "--tile-size", "16"]) == 2


def test_train_and_judge_in_tiles(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, file = tmp_path / "m", tmp_path / "t.json"
    command = ["train", str(dataset), "--out", str(bundle), "--preset", "quick", "--image-size", "32"]
    tiles = ["--detector", "patchcore", "--tile-size", "64", "--tile-overlap", "0.5", "--json", str(file)]
    assert run([*command, *tiles]) == 0
    assert "64 pixels, 32 of them shared" in " ".join(capsys.readouterr().out.split())
    assert json.loads(file.read_text(encoding="utf-8"))["tiling"] == {"size": 64, "overlap": 32}
    assert load_bundle(bundle).manifest.tiling is not None
    assert run(["predict", str(bundle), str(dataset / "test" / "paint" / "0.png"), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["images"][0]["verdict"] == "fail"


def test_train_writes_what_was_promised(model: tuple[Path, dict]) -> None:
    bundle, result = model
    assert result.keys() >= {
        "fit_s", "stages", "peak_rss_mb", "images", "thresholds", "bundle_bytes", "detector", "backbone",
    }  # fmt: skip
    assert result["images"] == 6
    assert result["estimate"]["seconds"] > 0
    assert result["estimate"]["peak_bytes"] > 2**28
    assert (bundle / "manifest.json").is_file()


def test_train_tells_first_what_it_will_take(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line comes before any work, so also before what stops this training."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert run(["train", str(dataset), "--out", str(tmp_path)]) == 1
    assert re.match(r"About \d+ (s|min) and \d\.\d GB of memory\.\n", capsys.readouterr().err)


def test_evaluate_predict_export(
    model: tuple[Path, dict], dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, _ = model
    assert run(["evaluate", str(bundle), str(dataset), "--json", str(tmp_path / "r" / "r.json")]) == 0
    evaluated = json.loads((tmp_path / "r" / "r.json").read_text(encoding="utf-8"))
    assert evaluated["image_auroc"] == 1
    assert "2 good, 2 defective" in capsys.readouterr().out

    spoilt = dataset / "test" / "paint" / "0.png"
    maps = tmp_path / "maps"
    assert run(["predict", str(bundle), str(spoilt), "--json", "-", "--heatmaps", str(maps)]) == 0
    predicted = json.loads(capsys.readouterr().out)
    assert [image["verdict"] for image in predicted["images"]] == ["fail"]
    assert read_image(maps / "0.png").shape == (SIZE, SIZE, 3)

    assert run(["export", str(bundle), "--format", "onnx", "--out", str(tmp_path / "net.onnx")]) == 0
    assert (tmp_path / "net.onnx").stat().st_size > 1000
    assert run(["export", str(bundle), "--format", "bundle", "--out", str(tmp_path / "m.inspector")]) == 0
    assert run(["predict", str(tmp_path / "m.inspector"), str(spoilt)]) == 0


def test_what_was_not_inspected_is_told_and_counts_as_failure(
    model: tuple[Path, dict], dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    good = dataset / "test" / "good"
    assert run(["predict", str(model[0]), str(tmp_path / "broken.png"), str(good)]) == 1
    captured = capsys.readouterr()
    assert "not_inspected" in captured.out
    assert "broken.png" in captured.err


def test_an_expected_failure_is_one_sentence_and_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(tmp_path / "nowhere"), "--out", str(tmp_path / "m")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "nowhere") in lines[-1]
    assert lines[-1].endswith(".")
    assert "Traceback" not in "".join(lines)


def test_a_result_that_cannot_be_written_is_told(model: tuple[Path, dict], dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    image = str(dataset / "test" / "paint" / "0.png")
    done = subprocess.run(
        [*INSPECTOR, "predict", str(model[0]), image, "--json", str(tmp_path / "file" / "r.json")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "could not be written" in done.stderr.splitlines()[-1]


def test_an_unexpected_failure_goes_to_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(catalogue, "print_table", broken)
    handlers = logging.getLogger().handlers[:]
    assert run(["backbones"]) == 1
    log = paths.log_folder() / "command.log"
    assert str(log) in capsys.readouterr().err
    assert "ZeroDivisionError: a bug" in log.read_text(encoding="utf-8")
    assert logging.getLogger().handlers == handlers


def test_what_there_is_is_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["detectors", "--json"]) == 0
    detectors = json.loads(capsys.readouterr().out)
    assert {"patchcore", "padim"} <= {item["id"] for item in detectors}
    assert all(item["title"] and item["parameters"] for item in detectors)
    assert run(["backbones", "--json"]) == 0
    backbones = json.loads(capsys.readouterr().out)
    available = {item["id"]: item["available"] for item in backbones}
    assert available["filterbank"] is available["embedded_v1"] is True
    assert available["resnet18"] is False
    assert run(["cameras", "--json"]) == 0
    assert "simulated:washer" in capsys.readouterr().out
    for listing in ("detectors", "backbones", "cameras"):
        assert run([listing]) == 0


def test_weights_are_imported_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.pth").write_bytes(b"no weights")
    assert run(["weights", "import", "squeezenet1_1", str(tmp_path / "w.pth")]) == 1
    assert "w.pth" in capsys.readouterr().err


def test_weights_are_listed_carried_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    from inspector.features.torchvision_shim import torchvision_models

    stick = tmp_path / "stick"
    stick.mkdir()
    torch.manual_seed(0)
    torch.save(torchvision_models().get_model("squeezenet1_1", weights=None).state_dict(), stick / "mine.pth")
    (stick / "broken.pth").write_bytes(b"no weights")
    assert run(["weights", "import-folder", str(stick)]) == 1
    captured = capsys.readouterr()
    assert "mine.pth: imported as squeezenet1_1" in captured.out
    assert "broken.pth: The weights file" in captured.out
    assert "Not imported: 1 of 2 files" in captured.err
    (stick / "broken.pth").unlink()
    assert run(["weights", "import-folder", str(stick)]) == 0
    assert "mine.pth: already here (squeezenet1_1)" in capsys.readouterr().out

    assert run(["weights", "list"]) == 0
    rows = {line.split()[1]: line for line in capsys.readouterr().out.splitlines() if "│" in line}
    imported = paths.weights_folder() / "squeezenet1_1.safetensors"
    assert " imported " in rows["squeezenet1_1"]
    assert file_sha256(imported)[:12] in rows["squeezenet1_1"]
    assert f"{imported.stat().st_size / 1e6:.1f} MB" in rows["squeezenet1_1"]
    assert " embedded " in rows["embedded_v1"]
    assert backbone_info("embedded_v1").hash_prefix[:12] in rows["embedded_v1"]
    assert " absent " in rows["resnet18"]

    assert run(["weights", "export-folder", str(tmp_path / "other")]) == 0
    assert (tmp_path / "other" / "SHA256SUMS").is_file()
    assert run(["weights", "remove", "squeezenet1_1"]) == 0
    assert not imported.exists()
    assert run(["weights", "export-folder", str(tmp_path / "other")]) == 1
    assert "nothing to export" in capsys.readouterr().err


def test_benchmark_tells_what_could_not_be_done(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["benchmark", str(dataset), "--detectors", "crystal_ball", "--out", str(tmp_path / "b")]) == 1
    captured = capsys.readouterr()
    assert "crystal_ball" in captured.out
    assert "washers, crystal_ball: There is no method" in captured.err
    assert "crystal_ball" in (tmp_path / "b" / "results.md").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_cancels_and_leaves_nothing(tmp_path: Path) -> None:
    folder = write_good(tmp_path / "parts", 3)
    out = tmp_path / "models" / "m"
    out.parent.mkdir()
    command = [*INSPECTOR, "train", str(folder), "--out", str(out), "--image-size", "1024"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first stage is over
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 1
    assert rest.splitlines()[-1] == "Cancelled."
    assert "Traceback" not in rest
    assert list(out.parent.iterdir()) == []


def test_without_a_display_the_window_is_refused_and_the_demo_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not demo.has_display()
    assert run([]) == 1
    assert "inspector --help" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("Inspector ")


@pytest.mark.slow
def test_selftest_passes_and_prints_one_line_for_each_thing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["selftest"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("ok ") for line in lines)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with the records of an hour."""
    with closing(RecordStore(ProjectLayout(tmp_path).records)) as store:
        store.add([record(number, Verdict.FAIL if number % 4 == 0 else Verdict.PASS) for number in range(1, 61)])
    return tmp_path


def test_records_are_counted_and_listed(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", str(recorded), "--last", "3"]) == 0
    shown = capsys.readouterr().out
    assert "60 records: 45 pass, 0 review, 15 fail, 0 not inspected." in shown
    assert "Passed: 75.0% of 60 inspected (95 % interval 62.1% to 85.3%)." in shown
    assert shown.count("usb:0") == 3


def test_records_are_narrowed_and_written(recorded: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    since = (BEGIN + timedelta(minutes=31)).astimezone().strftime("%Y-%m-%dT%H:%M")
    command = ["records", str(recorded), "--since", since, "--verdict", "fail", "--json", "-"]
    assert run([*command, "--csv", str(tmp_path / "fails.csv")]) == 0
    answer = capsys.readouterr()
    assert json.loads(answer.out)["verdicts"] == {"pass": 0, "review": 0, "fail": 8, "not_inspected": 0}
    assert "8 records written" in answer.err
    assert len((tmp_path / "fails.csv").read_text(encoding="utf-8").splitlines()) == 9


def test_a_folder_without_records_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", str(tmp_path)]) == 1
    assert "no inspection records" in capsys.readouterr().err
