"""Bundles that older versions made run for ever: `files/format_1.inspector` was made before networks took pixels."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from inspector.runtime.bundle import load_bundle, pack, save_thresholds, unpack
from inspector.runtime.engines import EngineName, open_engine
from inspector.runtime.onnx_file import write_onnx
from tests.support.bundles import thresholds, write_bundle

FORMAT_1 = Path(__file__).parent / "files" / "format_1.inspector"
SCORE, LARGEST, MEAN = 49245.367, 49245.363, 40852.844
"""What the version that made it said of `picture`, with both libraries."""


def picture() -> np.ndarray:
    ramp = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
    return np.dstack([ramp, 255 - ramp, ramp[::-1]])


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_an_old_bundle_judges_as_it_did(name: EngineName) -> None:
    found = open_engine(FORMAT_1, name).infer(picture())
    assert found.anomaly_map is not None
    assert found.anomaly_map.shape == (40, 60)
    assert (found.score, found.anomaly_map.max(), found.anomaly_map.mean()) == pytest.approx(
        (SCORE, LARGEST, MEAN), rel=1e-5
    )


def test_an_old_bundle_judges_several_at_once() -> None:
    image = picture()
    crops = [image, image[::-1], image[:20], image]
    engine = open_engine(FORMAT_1, "onnx")
    together = [item.score for item in engine.infer_batch(crops)]
    assert together == pytest.approx([engine.infer(crop).score for crop in crops], rel=1e-5)


def test_an_old_bundle_stays_one_that_old_versions_read(tmp_path: Path) -> None:
    """They refuse keys that they do not know."""
    shutil.copy(FORMAT_1, tmp_path / "m.inspector")
    save_thresholds(tmp_path / "m.inspector", thresholds(fail=7.25))
    unpack(tmp_path / "m.inspector", tmp_path / "folder")
    pack(tmp_path / "folder", tmp_path / "again.inspector")
    loaded = load_bundle(tmp_path / "again.inspector").manifest
    assert (loaded.format_version, loaded.thresholds.fail) == (1, 7.25)
    assert loaded.parity is not None
    assert loaded.parity.resize_score_difference is None
    before, after = (_manifest(path) for path in (FORMAT_1, tmp_path / "again.inspector"))
    assert after.keys() == before.keys()
    assert after["parity"] == before["parity"]
    assert open_engine(tmp_path / "again.inspector").infer(picture()).score == pytest.approx(SCORE, rel=1e-5)


def _manifest(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, object] = json.loads(archive.read("manifest.json"))
    return found


def test_an_old_network_for_other_programs_still_asks_for_normalised_values(tmp_path: Path) -> None:
    write_onnx(load_bundle(FORMAT_1), tmp_path / "net.onnx")
    properties = {item.key: item.value for item in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert "divide by std" in properties["inspector.input"]


def test_new_bundles_say_that_their_network_takes_pixels(tmp_path: Path) -> None:
    assert write_bundle(tmp_path / "m", tmp_path / "scratch").format_version == 2
