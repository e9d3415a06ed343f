"""PatchCore here beside anomalib's: fit, one picture, memory and imports, with the same weights, pictures and bank.

Both sides run in one go, each in a process of its own, with all cores. anomalib is installed into an environment of
its own, never a dependency; its model is driven directly and its pictures come normalised, so that neither its trainer
nor its reading of files counts. Our times include decoding, resizing and bringing the map back to the picture.
The ceiling is a product of two 2048 x 2048 float32 matrices on the same machine, in the same run.

    python benchmarks/anomalib_comparison.py --folder DATASET --weights SQUEEZENET [--env FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts import mvtec
from inspector.evaluation.image_metrics import ranking
from inspector.imaging.files import read_image
from inspector.imaging.preprocessing import Preprocessing

VERSION = "2.7.*"
LAYERS, SIZE, RATIO, WARM_UP = ("features.4", "features.7"), 256, 0.1, 3
SAME = {
    "coreset_ratio": RATIO, "max_patches": 2_000_000, "conditioning": "none", "reweighting": "paper",
}  # fmt: skip
SIDES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "same, exact search": ("squeezenet1_1", LAYERS, {**SAME, "search": "exact"}),
    "same": ("squeezenet1_1", LAYERS, SAME),
    "default settings": ("squeezenet1_1", (), {}),
    "default settings, embedded features": ("embedded_v1", (), {}),
}
"""Name: backbone, layers (none: its default), parameters of PatchCore."""
IMPORTS = (
    "import time; begun = time.perf_counter(); import inspector.jobs.train, inspector.runtime.export,"
    " inspector.runtime.onnx_engine, inspector.detectors.components.patchcore_network;"
    " print(time.perf_counter() - begun)"
)
STATION = (
    "import sys, time; from inspector.runtime.engines import open_engine; engine = open_engine(sys.argv[1]);"
    " assert 'torch' not in sys.modules"
)


def main() -> None:
    arguments = _arguments()
    samples = list(mvtec.samples(arguments.folder))
    train = [sample for sample in samples if sample.split is Split.TRAIN][: arguments.images]
    test = [sample for sample in samples if sample.split is not Split.TRAIN]
    if arguments.side:
        _our_side(arguments, train, test)
        return
    with tempfile.TemporaryDirectory() as scratch:
        results = _all_sides(arguments, Path(scratch), train, test)
    defect = np.array([sample.label is Label.DEFECT for sample in test])
    for result in results.values():
        scores = np.array(result.pop("scores"))
        result["image_auroc"] = ranking(scores[~defect].tolist(), scores[defect].tolist()).auroc
    _print(results, len(train), int((~defect).sum()), int(defect.sum()))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def _all_sides(
    arguments: argparse.Namespace, scratch: Path, train: list[Sample], test: list[Sample]
) -> dict[str, dict[str, Any]]:
    results = {}
    own = [sys.executable, *sys.argv, "--scratch", str(scratch)]
    for name in SIDES:
        results[name] = _run([*own, "--side", name], scratch / "ours.json")
    preprocessing = Preprocessing(SIZE, SIZE)
    for name, some in (("train", train), ("test", test)):
        np.save(scratch / f"{name}.npy", preprocessing.batch([read_image(sample.path) for sample in some]))
    python = environment(arguments.env)
    side = Path(__file__).with_name("anomalib_side.py")
    command = [str(python), str(side), str(scratch), str(arguments.weights), ",".join(LAYERS), str(RATIO)]
    results["anomalib"] = _run(command, scratch / "anomalib.json")
    return results


def _run(command: list[str], result: Path) -> dict[str, Any]:
    print("running", command[-1] if "--side" in command else "anomalib", file=sys.stderr)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def environment(folder: Path) -> Path:
    """The interpreter of an environment with anomalib, made now if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        for packages in (["torch==2.13.0"], ["torchvision==0.28.0", "--no-deps"], [f"anomalib=={VERSION}"]):
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


def _our_side(arguments: argparse.Namespace, train: list[Sample], test: list[Sample]) -> None:
    """Fit, export, score with the engine of a station."""
    imports = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    import torch

    from inspector.detectors.base import DetectorSettings
    from inspector.detectors.parameters import build
    from inspector.detectors.registry import detector_type
    from inspector.features.registry import BackboneChoice
    from inspector.tasks import CancelToken, no_progress

    backbone, layers, parameters = SIDES[arguments.side]
    weights = arguments.weights if backbone != "embedded_v1" else None
    kind = detector_type("patchcore")
    settings = DetectorSettings(BackboneChoice(backbone, weights, layers), SIZE)
    detector = kind(settings, build(kind.parameters_type, parameters))
    begun = time.perf_counter()
    detector.fit([read_image(sample.path) for sample in train], no_progress, CancelToken())
    fit_s = time.perf_counter() - begun
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bank = detector.state()["bank.points"]
    grid = detector.network().search  # type: ignore[union-attr]
    bundle = _bundle(detector, train, arguments.scratch)
    scores, times = _station_scores(bundle, test)
    result = {
        "import_s": float(imports.stdout), "fit_s": fit_s, "peak_mb": peak_mb, "bank": list(bank.shape),
        "median_ms": statistics.median(times), "scores": scores, "station_ready_s": _ready(bundle),
        "search": type(grid).__name__, "ceiling_gflops": _ceiling(torch), **_operations(detector, bank.shape),
    }  # fmt: skip
    (arguments.scratch / "ours.json").write_text(json.dumps(result))


def _bundle(detector: Any, train: list[Sample], scratch: Path) -> Path:
    from inspector.imaging.regions import Region
    from inspector.jobs.description import Material, describe, training_part
    from inspector.jobs.samples import hash_samples
    from inspector.runtime.bundle import save_bundle
    from inspector.runtime.export import export_network
    from inspector.runtime.manifest import RegionPart, ThresholdPart
    from inspector.tasks import CancelToken, no_progress

    out, network = scratch / "benchmark.bundle", scratch / "model.onnx"
    parity = export_network(detector, [read_image(sample.path) for sample in train[:2]], network)
    thresholds = ThresholdPart(review=0, fail=0, method="manual", good_scores="none", n_good=0, n_defect=0)
    learned, _ = hash_samples(train, no_progress, CancelToken())
    training = training_part(Material(learned), 0, 0.0, detector.facts)
    manifest = describe(detector, "benchmark", RegionPart.of(Region()), None, thresholds, training, parity)
    save_bundle(out, manifest, detector.state(), network, [])
    return out


def _station_scores(bundle: Path, test: list[Sample]) -> tuple[list[float], list[float]]:
    from inspector.runtime.engines import open_engine

    engine = open_engine(bundle)
    scores, times = [], []
    for sample in test[:WARM_UP] + test:
        image = read_image(sample.path)
        begun = time.perf_counter()
        scores.append(engine.infer(image).score)
        times.append(1000 * (time.perf_counter() - begun))
    return scores[WARM_UP:], times[WARM_UP:]


def _ready(bundle: Path) -> float:
    """Seconds from starting a station's process to its end, the model loaded and warmed up between."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", STATION, str(bundle)], check=True)
    return time.perf_counter() - begun


def _ceiling(torch: Any) -> float:
    matrix = torch.rand(2048, 2048)
    times = []
    for _ in range(8):
        begun = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - begun)
    return float(2 * 2048**3 / min(times[1:]) / 1e9)


def _operations(detector: Any, bank: tuple[int, ...]) -> dict[str, float]:
    """Multiply-adds times two of what cannot be left out: the backbone, and comparing each patch with the bank."""
    from inspector.features.costs import feature_cost, multiply_adds
    from inspector.features.registry import BackboneChoice

    name, layers = detector.backbone.name, detector.backbone.layers
    cells = feature_cost(BackboneChoice(name, None, layers), SIZE, SIZE).positions
    return {
        "backbone_gflop": 2 * multiply_adds(name, layers) * SIZE**2 / 1e9,
        "search_gflop": 2 * cells * bank[0] * bank[1] / 1e9,
    }


def _print(results: dict[str, dict[str, Any]], images: int, good: int, defect: int) -> None:
    other = results["anomalib"]
    print(f"{images} pictures learned, {SIZE} px; scored {good} good and {defect} defective ones")
    print(f"{'':38}{'fit s':>9}{'ratio':>7}{'ms':>8}{'ratio':>7}{'peak MB':>9}{'import s':>10}{'AUROC':>8}  bank")
    for name, result in results.items():
        fit, one = other["fit_s"] / result["fit_s"], other["median_ms"] / result["median_ms"]
        print(
            f"{name:38}{result['fit_s']:9.2f}{fit:7.1f}{result['median_ms']:8.1f}{one:7.1f}{result['peak_mb']:9.0f}"
            f"{result['import_s']:10.1f}{result['image_auroc']:8.4f}  {result['bank'][0]} x {result['bank'][1]}"
        )
    for name, result in results.items():
        if "ceiling_gflops" in result:
            needed = result["backbone_gflop"] + result["search_gflop"]
            floor = 1000 * needed / result["ceiling_gflops"]
            print(
                f"{name}: backbone {result['backbone_gflop']:.2f} + search {result['search_gflop']:.2f} GFLOP at "
                f"{result['ceiling_gflops']:.0f} GFLOP/s = {floor:.1f} ms, reached in {result['median_ms']:.1f} ms "
                f"({floor / result['median_ms']:.0%} of the ceiling); "
                f"station ready in {result['station_ready_s']:.2f} s"
            )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="a set in MVTec AD layout")
    parser.add_argument("--weights", type=Path, required=True, help="ImageNet weights of SqueezeNet 1.1")
    parser.add_argument("--env", type=Path, default=Path.home() / ".cache" / "inspector-benchmarks" / "anomalib")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
