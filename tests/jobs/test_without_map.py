"""A method that judges pictures as a whole, from its training to the last figure: nothing waits for a map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from inspector.cli.entry import run
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.files import read_image
from inspector.imaging.regions import Region
from inspector.jobs.evaluate import EvaluationJob, evaluate
from inspector.jobs.train import TrainingResult
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.engines import open_engine
from inspector.runtime.manifest import TilingPart
from inspector.runtime.report import report
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.tasks import CancelToken, no_progress
from tests.support.parts import quick_training, spoilt
from tests.support.station import Collector, ManualClock, Script, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return quick_training(dataset, tmp_path_factory.mktemp("whole") / "m", detector="dn2")


@pytest.fixture(scope="module")
def bundle(whole: TrainingResult) -> Bundle:
    return load_bundle(whole.out)


def test_training_has_image_figures_and_no_pixel_figures(whole: TrainingResult) -> None:
    assert whole.metrics["image_auroc"] == 1.0
    assert whole.metrics["pixel_auroc"] is whole.metrics["aupro"] is None
    assert whole.metrics["n_pixel_images"] == 0
    assert whole.parity is not None
    assert whole.parity.max_map_difference == 0.0
    assert whole.parity.max_score_difference < whole.parity.tolerance


def test_the_network_gives_scores_alone(bundle: Bundle, dataset: Path) -> None:
    session = onnxruntime.InferenceSession(str(bundle.onnx()))
    assert [item.name for item in session.get_outputs()] == ["score"]
    crops = [read_image(dataset / "train" / "good" / "000.png"), spoilt(300)[0]]
    by_onnx, by_torch = (open_engine(bundle, name).infer_batch(crops) for name in ("onnx", "torch"))
    for one, other in zip(by_onnx, by_torch, strict=True):
        assert one.anomaly_map is other.anomaly_map is None
        assert one.score == pytest.approx(other.score, rel=1e-3)
    assert by_onnx[1].score > bundle.manifest.thresholds.fail > by_onnx[0].score


def test_the_report_says_that_there_is_no_map(bundle: Bundle, tiled: Bundle) -> None:
    assert "does not show where a defect is" in report(bundle.manifest, list(bundle.scores))
    with_map = bundle.manifest.model_copy(update={"has_map": True})
    assert "does not show where a defect is" not in report(with_map, list(bundle.scores))


@pytest.fixture(scope="module")
def tiled(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    out = tmp_path_factory.mktemp("tiled") / "m"
    quick_training(dataset, out, detector="dn2", tiling=TilingPart(size=48, overlap=16))
    return load_bundle(out)


def test_in_tiles_the_worst_tile_decides(tiled: Bundle, dataset: Path) -> None:
    engine = open_engine(tiled)
    good, bad = engine.infer(read_image(dataset / "train" / "good" / "000.png")), engine.infer(spoilt(301)[0])
    assert good.anomaly_map is bad.anomaly_map is None
    assert bad.score > tiled.manifest.thresholds.fail > good.score


def test_evaluation_writes_no_heatmaps_and_says_so(bundle: Bundle, dataset: Path, tmp_path: Path) -> None:
    job = EvaluationJob(bundle=bundle.folder, dataset=dataset, heatmaps=tmp_path / "maps")
    found = evaluate(job, no_progress, CancelToken())
    assert found.image_auroc == 1.0
    assert found.pixel_auroc is None
    assert not list(tmp_path.rglob("*.png"))
    assert len(found.remarks) == 1
    assert "makes no map" in found.remarks[0]
    assert not evaluate(EvaluationJob(bundle=bundle.folder, dataset=dataset), no_progress, CancelToken()).remarks


def test_the_commands_say_so_too(
    bundle: Bundle, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maps = ["--heatmaps", str(tmp_path / "maps")]
    for command, pictures in (("predict", dataset / "test"), ("evaluate", dataset)):
        assert run([command, str(bundle.folder), str(pictures), *maps]) == 0
        said = capsys.readouterr()
        assert said.err.count("makes no map") == 1, command
        assert "Traceback" not in said.err
    assert not (tmp_path / "maps").exists()


def test_parts_are_judged_live(bundle: Bundle, dataset: Path) -> None:
    limits = bundle.manifest.thresholds
    script, collector = Script(ManualClock()), Collector()
    script.live = False
    for pixels in (read_image(dataset / "train" / "good" / "001.png"), spoilt(302)[0]):
        script.frame(np.ascontiguousarray(pixels))
    loop = InspectionLoop(
        script.camera,
        lambda: open_engine(bundle),
        Region(),
        Thresholds(limits.review, limits.fail),
        listeners=(collector,),
        settings=LoopSettings(tick=0.02),
        clock=script.clock,
    )
    with running(loop):
        found = collector.wait_count(2)
    assert [item.verdict for item in found] == [Verdict.PASS, Verdict.FAIL]
    assert all(item.prediction is not None and item.prediction.anomaly_map is None for item in found)
