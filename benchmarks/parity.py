"""Six methods here beside anomalib's: image and pixel AUROC with the same pictures and the same backbone, by seed.

Both sides get the same ResNet-18 (a state dict of torchvision's, `--resnet18`). Where none is at hand, one is made
first: it is taught for a while to see what SqueezeNet sees (`--squeezenet`), so that features mean something; its
figures are then no measure of what the methods can do, but the same for both sides. Trained methods take the same
number of steps of the same batch on both sides. Figures of both sides are computed here, from raw scores and maps at
the input's size.

    python benchmarks/parity.py --folder DATASET [--resnet18 FILE] [--squeezenet FILE] [--methods A,B] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from anomalib_comparison import environment  # the file beside this one
from numpy.typing import NDArray

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts import mvtec
from inspector.evaluation.image_metrics import ranking
from inspector.evaluation.pixel_metrics import PixelAccumulator
from inspector.imaging.files import read_image
from inspector.imaging.preprocessing import Preprocessing

STEPS, BATCH = 150, 8
PARAMETERS: dict[str, dict[str, Any]] = {
    "patchcore": {"coreset_ratio": 0.1, "conditioning": "none", "reweighting": "paper", "max_patches": 2_000_000},
    "padim": {"dimensions": 100, "regularisation": 0.01},
    "stfpm": {"steps": STEPS, "batch": BATCH},
    "reverse_distillation": {"steps": STEPS, "batch": BATCH},
    "fastflow": {"steps": STEPS, "batch": BATCH, "flow_steps": 8},
    "supersimplenet": {"steps": STEPS, "batch": BATCH},
}
"""What is set alike on both sides; all else is each side's default."""
LAYERS = {
    "patchcore": ("layer2", "layer3"),
    "supersimplenet": ("layer2", "layer3"),
}
PYRAMID = ("layer1", "layer2", "layer3")
TEACHING_STEPS = 400


def main() -> None:
    arguments = _arguments()
    samples = list(mvtec.samples(arguments.folder))
    train = [sample for sample in samples if sample.split is Split.TRAIN][: arguments.images]
    test = [sample for sample in samples if sample.split is not Split.TRAIN]
    if arguments.side:
        _our_side(arguments, train)
        return
    with tempfile.TemporaryDirectory() as scratch:
        rows = _all_sides(arguments, Path(scratch), train, test)
    _print(rows, len(train), test, arguments.size)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def _all_sides(
    arguments: argparse.Namespace, scratch: Path, train: list[Sample], test: list[Sample]
) -> list[dict[str, Any]]:
    preprocessing = Preprocessing(arguments.size, arguments.size)
    for name, some in (("train", train), ("test", test)):
        np.save(scratch / f"{name}.npy", preprocessing.batch([read_image(sample.path) for sample in some]))
    _backbone(arguments, scratch, train)
    python = environment(arguments.env)
    theirs = [str(python), str(Path(__file__).with_name("parity_side.py")), str(scratch)]
    ours = [sys.executable, *sys.argv, "--scratch", str(scratch), "--side"]
    rows = []
    for method in arguments.methods:
        shared = {"method": method, "layers": LAYERS.get(method, PYRAMID), "parameters": PARAMETERS[method]}
        for seed in range(arguments.seeds):
            (scratch / "task.json").write_text(json.dumps({**shared, "seed": seed}))
            for side, command in (("Inspector", ours), ("anomalib", theirs)):
                row = {"method": method, "seed": seed, "side": side, **_measured(command, scratch, test)}
                print(json.dumps(row), file=sys.stderr)
                rows.append(row)
    return rows


def _backbone(arguments: argparse.Namespace, scratch: Path, train: list[Sample]) -> None:
    """`resnet18.pth`: the one given, or one that was taught."""
    import torch

    if arguments.resnet18 and arguments.resnet18.exists():
        state = torch.load(arguments.resnet18, weights_only=True)
    else:
        state = _taught_resnet18(arguments.squeezenet, [read_image(sample.path) for sample in train], arguments.size)
        if arguments.resnet18:
            torch.save(state, arguments.resnet18)
    torch.save({key: value.float() if value.is_floating_point() else value for key, value in state.items()},
               scratch / "resnet18.pth")  # fmt: skip


def _taught_resnet18(squeezenet: Path, pictures: list[Any], size: int) -> dict[str, Any]:
    """A state dict whose layers 1 to 3 imitate SqueezeNet's at the same strides on these pictures and drawn scenes."""
    import torch
    from torch import nn
    from torch.nn import functional

    from inspector.features.loading import load_backbone
    from inspector.features.pretraining.scenes import render_scene
    from inspector.features.registry import BackboneChoice
    from inspector.features.torchvision_shim import torchvision_models
    from inspector.tasks import CancelToken, no_progress

    torch.manual_seed(0)
    choice = BackboneChoice("squeezenet1_1", squeezenet, ("features.3", "features.6", "features.9"))
    teacher = load_backbone(choice, no_progress, CancelToken())
    student = torchvision_models().get_model("resnet18", weights=None)
    turned = nn.ModuleList(nn.Conv2d(64 << place, count, 1) for place, count in enumerate(teacher.channels))
    optimiser = torch.optim.AdamW([*student.parameters(), *turned.parameters()], 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, TEACHING_STEPS)
    preprocessing, rng = Preprocessing(size, size), np.random.default_rng(0)
    for _ in range(TEACHING_STEPS):
        seen = [pictures[int(rng.integers(len(pictures)))] for _ in range(BATCH // 2)]
        seen += [render_scene(rng, size) for _ in range(BATCH // 2)]
        batch = torch.from_numpy(preprocessing.batch(seen))
        value = student.maxpool(student.relu(student.bn1(student.conv1(batch))))
        loss = torch.zeros(())
        for layer, turn, wanted in zip(PYRAMID, turned, teacher(batch), strict=True):
            value = student.get_submodule(layer)(value)
            told = functional.interpolate(turn(value), wanted.shape[-2:], mode="bilinear")
            loss = loss + (told - wanted).square().mean() / wanted.var()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    print(f"taught ResNet-18, loss {loss.item():.3f} (3 would be nothing learned)", file=sys.stderr)
    return dict(student.state_dict())


def _measured(command: list[str], scratch: Path, test: list[Sample]) -> dict[str, float]:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    found = np.load(scratch / "found.npz")
    scores, maps = found["scores"], found["maps"]
    defect = np.array([sample.label is Label.DEFECT for sample in test])
    pixels = PixelAccumulator()
    for item, sample in zip(maps, test, strict=True):
        pixels.add(item, _truth(sample, item.shape))
    figures = pixels.figures()
    image = ranking(scores[~defect], scores[defect]).auroc
    assert image is not None
    assert figures.auroc is not None
    return {"image_auroc": image, "pixel_auroc": figures.auroc, "fit_s": float(found["fit_s"])}


def _truth(sample: Sample, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    mask = sample.read_mask()
    if mask is None:
        return None
    resized = cv2.resize(mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resized, np.bool_)


def _our_side(arguments: argparse.Namespace, train: list[Sample]) -> None:
    import time

    import torch

    from inspector.detectors.base import DetectorSettings
    from inspector.detectors.parameters import build
    from inspector.detectors.registry import detector_type
    from inspector.features.registry import BackboneChoice
    from inspector.tasks import CancelToken, no_progress

    scratch = arguments.scratch
    task = json.loads((scratch / "task.json").read_text())
    kind = detector_type(task["method"])
    backbone = BackboneChoice("resnet18", scratch / "resnet18.pth", tuple(task["layers"]))
    settings = DetectorSettings(backbone, arguments.size, task["seed"], "cpu")
    detector = kind(settings, build(kind.parameters_type, task["parameters"]))
    preprocessing = Preprocessing(arguments.size, arguments.size)
    begun = time.perf_counter()
    detector.fit([preprocessing.resize(read_image(item.path)) for item in train], no_progress, CancelToken())
    fit_s = time.perf_counter() - begun
    network = detector.network()
    scores, maps = [], []
    with torch.inference_mode():
        for picture in torch.from_numpy(np.load(scratch / "test.npy")):
            score, item = network(picture[None])
            scores.append(float(score))
            maps.append(item[0].numpy())
    np.savez(scratch / "found.npz", scores=np.array(scores), maps=np.stack(maps), fit_s=fit_s)


def _print(rows: list[dict[str, Any]], images: int, test: list[Sample], size: int) -> None:
    defects = sum(sample.label is Label.DEFECT for sample in test)
    print(f"{images} pictures learned, {size} px; scored {len(test) - defects} good and {defects} defective ones")
    print("| method | side | image AUROC by seed | mean | pixel AUROC by seed | mean | fit, s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for method in dict.fromkeys(row["method"] for row in rows):
        for side in ("Inspector", "anomalib"):
            own = [row for row in rows if (row["method"], row["side"]) == (method, side)]
            cells = [method, side]
            for figure in ("image_auroc", "pixel_auroc"):
                values = [row[figure] for row in own]
                cells += [" ".join(f"{value:.3f}" for value in values), f"{np.mean(values):.3f}"]
            print("| " + " | ".join([*cells, f"{np.mean([row['fit_s'] for row in own]):.0f}"]) + " |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="a set in MVTec AD layout with masks")
    parser.add_argument("--resnet18", type=Path, help="weights of torchvision's ResNet-18; a taught one is kept there")
    parser.add_argument("--squeezenet", type=Path, help="weights of SqueezeNet 1.1, to teach a ResNet-18 with")
    parser.add_argument("--env", type=Path, default=Path.home() / ".cache" / "inspector-benchmarks" / "anomalib")
    parser.add_argument("--methods", type=lambda text: text.split(","), default=list(PARAMETERS))
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not (arguments.squeezenet or (arguments.resnet18 and arguments.resnet18.exists())):
        parser.error("give a --resnet18 that is there, or --squeezenet to teach one")
    return arguments


if __name__ == "__main__":
    main()
