"""Engines: both against each other and against the detector, on crops of any size, and what they need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from inspector import paths
from inspector.errors import BundleError, TrainingError
from inspector.features.registry import DEFAULT_BACKBONE, backbone_info
from inspector.messages import sentence
from inspector.runtime import export
from inspector.runtime.bundle import Bundle, load_bundle, pack
from inspector.runtime.engine import Engine
from inspector.runtime.engines import open_engine
from inspector.runtime.onnx_file import write_onnx
from inspector.runtime.torch_engine import restore_detector
from tests.detectors.parts import fitted, good_part
from tests.support.parts import small, spoilt


@pytest.fixture(scope="module", params=["onnx", "torch", "onnx in tiles", "torch in tiles"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    library, _, tiled = request.param.partition(" ")
    opened = open_engine(request.getfixturevalue("tiled_bundle" if tiled else "bundle"), library)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    """Whole, wide, tall, tiny, the network's own size, not contiguous, black."""
    image, _ = spoilt(7)
    own = np.ascontiguousarray(image[:64, :64])
    return [image, image[10:40], image[:, 20:50], image[:9, :11], own, image[::-1, ::2], np.zeros_like(image)]


def test_maps_lie_on_the_crop_and_times_are_told(engine: Engine, crops: list[np.ndarray]) -> None:
    for crop in crops:
        prediction = engine.infer(crop)
        assert np.isfinite(prediction.score)
        assert prediction.anomaly_map is not None
        assert prediction.anomaly_map.shape == crop.shape[:2]
        assert prediction.anomaly_map.dtype == np.float32
        assert np.isfinite(prediction.anomaly_map).all()
        assert prediction.timing.preprocess_ms > 0
        assert prediction.timing.inference_ms > 0


def test_a_batch_gives_what_single_crops_give(engine: Engine, crops: list[np.ndarray]) -> None:
    together = engine.infer_batch(crops)
    assert len(together) == len(crops)
    for crop, prediction in zip(crops, together, strict=True):
        alone = engine.infer(crop)
        assert prediction.score == pytest.approx(alone.score, rel=1e-4)
        np.testing.assert_allclose(prediction.anomaly_map, alone.anomaly_map, rtol=1e-3, atol=1e-3)
    assert engine.infer_batch([]) == []


def test_the_unusual_is_found_where_it_is(engine: Engine) -> None:
    image, mask = spoilt(50)
    prediction = engine.infer(image)
    assert prediction.anomaly_map is not None
    y, x = np.unravel_index(prediction.anomaly_map.argmax(), prediction.anomaly_map.shape)
    assert mask[y, x].any()
    assert engine.load_seconds > 0
    assert engine.manifest.detector == "patchcore"
    assert engine.provider in ("CPU", "CUDA", "DirectML", "OpenVINO")


@pytest.mark.parametrize("which", ["bundle", "tiled_bundle"])
def test_both_engines_agree_within_the_stated_tolerance(
    which: str, crops: list[np.ndarray], request: pytest.FixtureRequest
) -> None:
    bundle: Bundle = request.getfixturevalue(which)
    by_onnx, by_torch = (open_engine(bundle, name).infer_batch(crops) for name in ("onnx", "torch"))
    parity = bundle.manifest.parity
    assert parity is not None
    scores = np.array([[item.score for item in found] for found in (by_onnx, by_torch)])
    assert np.abs(scores[0] - scores[1]).max() <= parity.tolerance * np.ptp(scores[1])
    for one, other in zip(by_onnx, by_torch, strict=True):
        np.testing.assert_allclose(one.anomaly_map, other.anomaly_map, atol=parity.tolerance * np.ptp(scores[1]))


def test_a_bundle_needs_no_file_of_the_installation(
    bundle: Bundle, crops: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = bundle.manifest.backbone
    assert backbone is not None
    assert (backbone.name, backbone.source) == (DEFAULT_BACKBONE, "embedded")
    assert backbone.weights_sha256 == backbone_info(DEFAULT_BACKBONE).hash_prefix
    before = open_engine(bundle, "torch").infer(crops[0])

    def nowhere(name: str) -> Path:
        raise FileNotFoundError(name)

    monkeypatch.setattr(paths, "resource", nowhere)
    assert open_engine(bundle, "torch").infer(crops[0]).score == before.score


@pytest.mark.parametrize(
    ("image_size", "shape", "expected"), [(50, (96, 96), (50, 50)), (96, (60, 120), (64, 128))], ids=str
)
def test_both_libraries_agree_at_sizes_the_network_does_not_divide(
    image_size: int, shape: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    parts = [good_part(seed, *shape) for seed in range(4)]
    detector = fitted("patchcore", parts, size=image_size)
    assert detector.preprocessing is not None
    assert (detector.preprocessing.height, detector.preprocessing.width) == expected
    parity = export.export_network(detector, parts, tmp_path / "net.onnx")
    assert parity.max_map_difference < parity.tolerance / 5


def test_a_single_file_judges_like_its_folder(bundle: Bundle, tmp_path: Path, crops: list[np.ndarray]) -> None:
    pack(bundle.folder, tmp_path / "m.inspector")
    for name in ("onnx", "torch"):
        alone = open_engine(tmp_path / "m.inspector", name).infer(crops[0])
        assert alone.score == open_engine(bundle.folder, name).infer(crops[0]).score


STATION = """
import sys
import numpy as np
from inspector.runtime.engines import open_engine
from pathlib import Path
sys.modules["torch"] = None  # as if it was not installed
engine = open_engine(Path(sys.argv[1]), "onnx")
engine.infer(np.zeros((50, 70, 3), np.uint8))
print([name for name in sys.modules if name.split(".")[0] in ("torchvision", "PySide6", "sklearn", "onnx")])
"""


def test_a_station_needs_no_torch(bundle: Bundle) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STATION, str(bundle.folder)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_bundle_without_a_network_runs_on_torch_only(bundle: Bundle, tmp_path: Path) -> None:
    files = {name: value for name, value in bundle.manifest.files.items() if name != "model.onnx"}
    folder = edited(bundle, tmp_path / "m", files=files)
    (folder / "model.onnx").unlink()
    image = small(np.full((40, 40, 3), 90, np.uint8))
    assert open_engine(folder).infer(image).score == open_engine(bundle, "torch").infer(image).score
    with pytest.raises(BundleError) as caught:
        open_engine(folder, "onnx")
    assert caught.value.code == "bundle_without_onnx"


def edited(bundle: Bundle, folder: Path, **changes: object) -> Path:
    """A copy of the bundle that says something else of itself."""
    shutil.copytree(bundle.folder, folder)
    manifest = bundle.manifest.model_copy(update=changes)
    (folder / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    return folder


def test_weights_and_manifest_that_do_not_fit_together(bundle: Bundle, tmp_path: Path) -> None:
    assert bundle.manifest.backbone is not None
    other = bundle.manifest.backbone.model_copy(update={"name": "squeezenet1_1", "layers": ("features.4",)})
    future = bundle.manifest.backbone.model_copy(update={"name": "eye_of_2050"})
    wrong: dict[str, dict[str, object]] = {
        "bundle_weights_mismatch": {"backbone": other},
        "bundle_unknown_backbone": {"backbone": future},
        "bundle_damaged": {"backbone": None},
    }
    for code, changes in wrong.items():
        with pytest.raises(BundleError) as caught:
            open_engine(edited(bundle, tmp_path / code, **changes), "torch")
        assert caught.value.code == code
        assert sentence(caught.value)


def test_the_exported_file_tells_others_how_to_use_it(bundle: Bundle, tmp_path: Path) -> None:
    write_onnx(bundle, tmp_path / "out" / "net.onnx")
    model = onnx.load(tmp_path / "out" / "net.onnx")
    properties = {item.key: item.value for item in model.metadata_props}
    assert properties["inspector.id"] == f'"{bundle.manifest.id}"'
    assert str(bundle.manifest.thresholds.fail) in properties["inspector.thresholds"]
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "net.onnx"), providers=["CPUExecutionProvider"])
    assert "uint8 NHWC" in properties["inspector.input"]
    image, _ = spoilt(3)
    score, _ = session.run(None, {"image": bundle.manifest.preprocessing.build().pixels([image])})
    assert float(score[0]) == pytest.approx(open_engine(bundle, "onnx").infer(image).score, rel=1e-6)


def test_a_network_that_differs_after_export_is_refused(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is changed between writing and comparing, as a wrongly translated operator would change it."""
    detector = restore_detector(bundle)
    measure = export.measure_parity

    def disturbed(chain, images, file):
        class Disturbed(type(chain.network)):
            def forward(self, images):
                scores, maps = super().forward(images)
                return scores, maps * 1.01

        chain.network.__class__ = Disturbed
        return measure(chain, images, file)

    monkeypatch.setattr(export, "measure_parity", disturbed)
    with pytest.raises(TrainingError) as caught:
        export.export_network(detector, [spoilt(1)[0]], tmp_path / "net.onnx")
    assert caught.value.code == "export_parity"


def test_loading_checks_what_it_loads(bundle: Bundle, tmp_path: Path) -> None:
    shutil.copytree(bundle.folder, tmp_path / "m")
    network = bytearray((tmp_path / "m" / "model.onnx").read_bytes())
    network[len(network) // 2] ^= 1
    (tmp_path / "m" / "model.onnx").write_bytes(network)
    for name in ("onnx", "torch"):
        with pytest.raises(BundleError) as caught:
            open_engine(tmp_path / "m", name)
        assert caught.value.parameters["file"] == "model.onnx"
    assert load_bundle(tmp_path / "m", verify=False).manifest.id == bundle.manifest.id
