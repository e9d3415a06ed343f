"""The exported network is the whole chain: pixels of any number and size in, nothing to prepare, nothing beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from inspector.errors import TrainingError
from inspector.imaging.preprocessing import Preprocessing
from inspector.runtime import export, parity
from inspector.runtime.bundle import Bundle
from inspector.runtime.engines import open_engine
from inspector.runtime.onnx_session import open_session
from inspector.runtime.whole_chain import InputStage, WholeChain
from tests.support.parts import spoilt

PREPROCESSING = Preprocessing(24, 32)
SIZES = [(1, 24, 32), (3, 24, 32), (2, 48, 64), (1, 120, 77), (4, 9, 11), (1, 24, 80), (1, 60, 16), (2, 1, 1)]


def noise(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> onnxruntime.InferenceSession:
    """The exported input stage alone: what a network behind it would see."""
    file = tmp_path_factory.mktemp("stage") / "stage.onnx"
    export._write(WholeChain(PREPROCESSING, nn.Identity()).eval(), file, has_map=False)
    return open_session(file, file)


@pytest.mark.parametrize(("count", "height", "width"), SIZES)
def test_both_libraries_prepare_pixels_alike(
    stage: onnxruntime.InferenceSession, count: int, height: int, width: int
) -> None:
    pixels = noise(count, height, width)
    by_onnx = stage.run(None, {"image": pixels})[0]
    by_torch = InputStage(PREPROCESSING)(torch.from_numpy(pixels)).numpy()
    assert by_onnx.shape == (count, 3, 24, 32)
    np.testing.assert_allclose(by_onnx, by_torch, atol=1e-5)


def test_pixels_of_the_networks_size_become_what_training_sees_to_the_last_bit(
    stage: onnxruntime.InferenceSession,
) -> None:
    pixels = noise(3, 24, 32)
    expected = PREPROCESSING.batch(list(pixels))
    np.testing.assert_array_equal(stage.run(None, {"image": pixels})[0], expected)
    np.testing.assert_array_equal(InputStage(PREPROCESSING)(torch.from_numpy(pixels)).numpy(), expected)


def test_shrinking_averages_so_that_no_fine_pattern_becomes_a_coarse_one(stage: onnxruntime.InferenceSession) -> None:
    stripes = np.zeros((1, 240, 320, 3), np.uint8)
    stripes[:, :, ::2] = 255
    even = np.full((1, 24, 32, 3), 127.5)
    expected = (even / PREPROCESSING.scale - PREPROCESSING.offset).transpose(0, 3, 1, 2)
    inside = stage.run(None, {"image": stripes})[0][..., 2:-2]
    np.testing.assert_allclose(inside, expected[..., 2:-2], atol=0.05)


@pytest.mark.parametrize(("count", "height", "width"), [(1, 64, 64), (5, 64, 64), (2, 96, 96), (3, 40, 130), (1, 7, 9)])
def test_a_trained_network_takes_any_number_of_any_size(bundle: Bundle, count: int, height: int, width: int) -> None:
    session = open_session(bundle.onnx(), bundle.folder)
    pixels = noise(count, height, width)
    scores, maps = session.run(None, {"image": pixels})
    assert (scores.shape, maps.shape) == ((count,), (count, 64, 64))
    for index in range(count):
        alone, map_alone = session.run(None, {"image": pixels[index : index + 1]})
        assert scores[index] == pytest.approx(alone[0], rel=1e-4)
        np.testing.assert_allclose(maps[index], map_alone[0], rtol=1e-3, atol=1e-3)


def test_the_file_says_what_it_takes_and_nothing_of_where_it_was_made(bundle: Bundle) -> None:
    file = bundle.folder / "model.onnx"
    model = onnx.load(file, load_external_data=False)
    assert [item.version for item in model.opset_import if item.domain == ""] == [18]
    taken = model.graph.input[0]
    assert (taken.name, taken.type.tensor_type.elem_type) == ("image", onnx.TensorProto.UINT8)
    sizes = [item.dim_param or item.dim_value for item in taken.type.tensor_type.shape.dim]
    assert sizes == ["batch", "height", "width", 3]
    assert [item.name for item in model.graph.output] == ["score", "map"]
    assert not any(item.external_data for item in model.graph.initializer)
    assert b".py" not in file.read_bytes()
    assert {item.name for item in bundle.folder.iterdir()} == {"manifest.json", *bundle.manifest.files}


def test_the_engine_gives_what_the_network_gives_for_crops_it_resized(bundle: Bundle) -> None:
    image, _ = spoilt(11)
    session = open_session(bundle.onnx(), bundle.folder)
    at_size = bundle.manifest.preprocessing.build().resize(image)
    assert open_engine(bundle, "onnx").infer(image).score == float(session.run(None, {"image": at_size[None]})[0][0])


def test_it_is_told_how_far_the_networks_own_resizing_moves_scores(bundle: Bundle) -> None:
    told = bundle.manifest.parity
    assert told is not None
    assert told.images == 6
    assert told.resize_score_difference is not None
    assert told.tolerance < told.resize_score_difference < 0.5
    assert "Resized by the network" in (bundle.folder / "report.html").read_text(encoding="utf-8")


def test_a_chain_that_resizes_otherwise_in_onnx_is_refused(tmp_path: Path) -> None:
    """Alike at the network's size, where resizing does nothing, and different for crops of another size."""

    class Brightness(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.square().mean(dim=(1, 2, 3))

    chain, file = WholeChain(PREPROCESSING, Brightness()).eval(), tmp_path / "net.onnx"
    export._write(chain, file, has_map=False)
    crops = list(noise(3, 90, 120))
    assert parity.measure_parity(chain, crops, file).max_score_difference < 1e-4
    model = onnx.load(file)
    resize = next(node for node in model.graph.node if node.op_type == "Resize")
    for item in resize.attribute:
        if item.name in ("antialias", "exclude_outside"):  # ONNX Runtime allows the second only with the first
            item.i = 0
    onnx.save(model, file)
    with pytest.raises(TrainingError) as caught:
        parity.measure_parity(chain, crops, file)
    assert caught.value.code == "export_parity"


def test_large_crops_are_shrunk_before_they_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "_LARGEST_SIDE", 100)
    assert parity._handy(noise(1, 300, 400)[0]).shape == (75, 100, 3)
    assert parity._handy(noise(1, 90, 100)[0]).shape == (90, 100, 3)
