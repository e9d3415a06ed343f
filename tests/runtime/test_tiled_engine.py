"""Judging in tiles, by an engine whose network is known by heart: brightness of the brightest pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.detectors.base import Prediction
from inspector.errors import Cancelled
from inspector.imaging.frame import Image
from inspector.imaging.tiling import Tiling
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.engine import Engine
from inspector.runtime.engines import open_engine
from inspector.runtime.onnx_engine import OnnxEngine
from inspector.runtime.tiled_engine import AT_ONCE, TiledEngine
from inspector.tasks import CancelToken
from tests.support.brightness import SIDE, write_brightness_bundle

TILING = Tiling(SIDE, 8)


@pytest.fixture
def whole(tmp_path: Path) -> Engine:
    write_brightness_bundle(tmp_path / "m", tmp_path / "scratch")
    return open_engine(tmp_path / "m", "onnx")


class Watched(TiledEngine):
    """Notes how many tiles are judged at once."""

    def __init__(self, engine: Engine, tiling: Tiling) -> None:
        super().__init__(engine, tiling)
        self.batches: list[int] = []
        judge = engine.infer_batch

        def noted(images: list[Image]) -> list[Prediction]:
            self.batches.append(len(images))
            return judge(images)

        engine.infer_batch = noted  # type: ignore[method-assign]


def speckled(height: int, width: int) -> Image:
    """Dark and smooth, with one bright pixel: squeezed to the network's size it would all but vanish."""
    ramp = np.linspace(10, 60, height)[:, None] + np.linspace(0, 30, width)
    image = np.repeat(ramp[..., None], 3, 2).astype(np.uint8)
    image[height * 2 // 3, width // 5] = 250
    return image


@pytest.mark.parametrize("size", [(200, 310), (32, 32), (33, 500)])
def test_a_single_pixel_is_seen_where_it_is(whole: Engine, size: tuple[int, int]) -> None:
    """The network's map is the brightness, tiles are as large as its input: merged it is the picture itself."""
    image = speckled(*size)
    found = TiledEngine(whole, TILING).infer(image)
    assert found.score == pytest.approx(250, abs=0.01)
    assert found.anomaly_map is not None
    assert found.anomaly_map.dtype == np.float32
    np.testing.assert_allclose(found.anomaly_map, image[:, :, 0], atol=0.05)
    if size[0] > 100:
        assert whole.infer(image).score < 120


def test_tiles_go_in_small_batches_and_their_times_are_added_up(whole: Engine) -> None:
    engine = Watched(whole, TILING)
    found = engine.infer(speckled(200, 310))
    assert sum(engine.batches) == len(TILING.tiles(200, 310)) > AT_ONCE
    assert max(engine.batches) <= AT_ONCE
    alone = whole.infer(np.zeros((SIDE, SIDE, 3), np.uint8)).timing
    assert found.timing.inference_ms > alone.inference_ms
    assert found.timing.total_ms == pytest.approx(
        found.timing.preprocess_ms + found.timing.inference_ms + found.timing.postprocess_ms
    )


def test_a_large_crop_can_be_broken_off(whole: Engine) -> None:
    cancel = CancelToken()
    judge, judged = whole.infer_batch, []

    def cancelling(images: list[Image]) -> list[Prediction]:
        cancel.cancel()
        judged.append(len(images))
        return judge(images)

    whole.infer_batch = cancelling  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        TiledEngine(whole, TILING, cancel).infer(speckled(200, 310))
    assert judged == [AT_ONCE]


def test_a_method_without_maps_has_none_in_tiles(whole: Engine) -> None:
    whole.manifest.has_map = False
    assert TiledEngine(whole, TILING).infer(speckled(50, 60)).anomaly_map is None


def test_the_manifest_decides(bundle: Bundle, tiled_bundle: Bundle) -> None:
    assert isinstance(open_engine(bundle), OnnxEngine)
    tiled = open_engine(tiled_bundle)
    assert isinstance(tiled, TiledEngine)
    assert tiled.manifest.tiling is not None
    assert tiled.load_seconds > 0
    assert load_bundle(tiled_bundle.folder).manifest.preprocessing.width == 64
