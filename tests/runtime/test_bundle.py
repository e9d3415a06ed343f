"""Model bundles: what is written comes back, and whatever is wrong with one is told."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import BundleError
from inspector.messages import sentence
from inspector.runtime import bundle as bundles
from inspector.runtime.bundle import load_bundle, pack, save_bundle, save_thresholds, unpack
from inspector.runtime.manifest import FORMAT_VERSION
from tests.support.bundles import NETWORK, STATE, manifest, score_rows, thresholds, write_bundle

FILES = ("model.onnx", "report.html", "scores.json", "weights.safetensors")


@pytest.fixture(params=["model", "Gerät 7.inspector"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A bundle, as a folder and as a single file."""
    target = tmp_path / "models" / request.param
    target.parent.mkdir()
    write_bundle(target, tmp_path / "scratch")
    return target


def code_of(path: Path) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(path)
    assert str(path) in sentence(caught.value)
    return caught.value.code


def test_everything_comes_back(path: Path) -> None:
    loaded = load_bundle(path)
    assert loaded.manifest.model_copy(update={"files": {}}) == manifest()
    assert set(loaded.manifest.files) == set(FILES)
    assert list(loaded.scores) == score_rows()
    weights = loaded.weights()
    assert {name: value.dtype for name, value in weights.items()} == {
        name: value.dtype for name, value in STATE.items()
    }
    for name, value in STATE.items():
        np.testing.assert_array_equal(weights[name], value)
    network = loaded.onnx()
    assert (network.read_bytes() if isinstance(network, Path) else network) == NETWORK
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_the_report_is_one_file_that_names_its_figures(tmp_path: Path) -> None:
    write_bundle(tmp_path / "m", tmp_path / "scratch", name="<Washer & nut>")
    html = (tmp_path / "m" / "report.html").read_text(encoding="utf-8")
    assert "&lt;Washer &amp; nut&gt;" in html
    assert "<Washer" not in html
    assert "3 good, 0 defective" in html
    assert "<svg" in html
    assert "http" not in html


def change(path: Path, name: str, content: bytes | None) -> None:
    """Replace or (None) remove one file of a bundle without anybody noticing."""
    if path.is_dir():
        (path / name).unlink()
        if content is not None:
            (path / name).write_bytes(content)
        return
    with zipfile.ZipFile(path) as archive:
        contents = {item: archive.read(item) for item in archive.namelist()}
    contents.pop(name)
    if content is not None:
        contents[name] = content
    with zipfile.ZipFile(path, "w") as archive:
        for item, data in contents.items():
            archive.writestr(item, data)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named(path: Path, name: str) -> None:
    change(path, name, b"something else")
    with pytest.raises(BundleError) as caught:
        load_bundle(path)
    assert (caught.value.code, caught.value.parameters["file"]) == ("bundle_damaged", name)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(path: Path, name: str) -> None:
    change(path, name, None)
    with pytest.raises(BundleError) as caught:
        load_bundle(path, verify=False)
    assert (caught.value.code, caught.value.parameters["file"]) == ("bundle_incomplete", name)


def edited(path: Path, **changes: object) -> None:
    if path.is_dir():
        raw = json.loads((path / "manifest.json").read_bytes())
    else:
        with zipfile.ZipFile(path) as archive:
            raw = json.loads(archive.read("manifest.json"))
    change(path, "manifest.json", json.dumps({**raw, **changes}).encode())


def test_what_a_manifest_may_not_say(path: Path) -> None:
    edited(path, detector="from_the_future")
    assert code_of(path) == "bundle_unknown_detector"
    edited(path, detector="patchcore", files={"../secret": "00"})
    assert code_of(path) == "bundle_damaged"
    edited(path, files={}, thresholds={**thresholds().model_dump(), "review": 3.0})
    assert code_of(path) == "bundle_damaged"
    edited(path, thresholds="none")
    assert code_of(path) == "bundle_damaged"
    edited(path, format_version=FORMAT_VERSION + 1, brand_new=True, software={"inspector": "9.0"})
    with pytest.raises(BundleError) as caught:
        load_bundle(path)
    assert (caught.value.code, caught.value.parameters["maker"]) == ("bundle_newer", "9.0")
    change(path, "manifest.json", b"\xff{")
    assert code_of(path) == "bundle_damaged"
    change(path, "manifest.json", None)
    assert code_of(path) == "bundle_not_one"


@pytest.mark.parametrize("tiling", [{"size": 31, "overlap": 0}, {"size": 64, "overlap": 33}, {"size": 64}])
def test_tiles_that_make_no_sense_are_damage(path: Path, tiling: dict[str, int]) -> None:
    edited(path, tiling=tiling)
    assert code_of(path) == "bundle_damaged"


def test_what_is_no_bundle(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nowhere") == "bundle_missing"
    assert code_of(tmp_path) == "bundle_not_one"
    (tmp_path / "text.txt").write_text("hello")
    assert code_of(tmp_path / "text.txt") == "bundle_not_one"
    (tmp_path / "broken.inspector").write_bytes(b"PK\x03\x04 cut off")
    assert code_of(tmp_path / "broken.inspector") == "bundle_damaged_file"


@pytest.mark.parametrize("position", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_single_file_with_one_changed_byte_is_refused(tmp_path: Path, position: float) -> None:
    path = tmp_path / "m.inspector"
    write_bundle(path, tmp_path / "scratch")
    whole = bytearray(path.read_bytes())
    whole[int(len(whole) * position)] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(BundleError):
        load_bundle(path)


def test_a_single_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.inspector"
    write_bundle(path, tmp_path / "scratch")
    path.write_bytes(path.read_bytes()[:-100])
    assert code_of(path) == "bundle_damaged_file"


def test_thresholds_can_be_moved(path: Path) -> None:
    before = load_bundle(path)
    save_thresholds(path, thresholds(fail=7.25))
    after = load_bundle(path)
    assert after.manifest.thresholds == thresholds(fail=7.25)
    assert after.manifest.files == before.manifest.files
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_packing_and_unpacking_keep_everything(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model", tmp_path / "scratch")
    pack(tmp_path / "model", tmp_path / "carried" / "m.inspector")
    unpack(tmp_path / "carried" / "m.inspector", tmp_path / "again")
    for item in (tmp_path / "model").iterdir():
        assert (tmp_path / "again" / item.name).read_bytes() == item.read_bytes()


def test_only_a_bundle_is_replaced(path: Path, tmp_path: Path) -> None:
    write_bundle(path, tmp_path / "scratch", name="Second")
    assert load_bundle(path).manifest.name == "Second"
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_text("precious")
    (tmp_path / "letter.txt").write_text("precious")
    for occupied in (tmp_path / "photos", tmp_path / "letter.txt"):
        with pytest.raises(BundleError) as caught:
            save_bundle(occupied, manifest(), STATE, None, [])
        assert caught.value.code == "bundle_target_occupied"
    assert (tmp_path / "photos" / "holiday.jpg").read_text() == "precious"


def test_a_full_disk_leaves_the_old_bundle(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bundles, "dump_scores", full)
    with pytest.raises(BundleError) as caught:
        write_bundle(path, tmp_path / "scratch", name="Second")
    assert caught.value.code == "bundle_disk_full"
    assert load_bundle(path).manifest.name == "Washer"
    assert [item.name for item in path.parent.iterdir()] == [path.name]


WRITER = """
import sys
from pathlib import Path
from tests.support.bundles import write_bundle
folder = Path(sys.argv[1])
print("ready", flush=True)
while True:
    write_bundle(folder / "model", folder / "scratch")
    write_bundle(folder / "m.inspector", folder / "scratch")
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("milliseconds", [1, 4, 9, 16, 25])
def test_a_kill_leaves_whole_bundles_or_none(tmp_path: Path, milliseconds: int) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(milliseconds / 1000)
        writer.send_signal(signal.SIGKILL)
    for path in (tmp_path / "model", tmp_path / "m.inspector"):
        if path.exists():
            load_bundle(path)
    write_bundle(tmp_path / "model", tmp_path / "scratch")
    write_bundle(tmp_path / "m.inspector", tmp_path / "scratch")
    left = {item.name for item in tmp_path.iterdir()}
    assert left == {"model", "m.inspector", "scratch"}


def test_heatmap_colours_run_from_good_parts_with_the_threshold_in_the_middle(path: Path) -> None:
    low, high = load_bundle(path).display_range
    assert low == 1.125
    assert (low + high) / 2 == 2.5
