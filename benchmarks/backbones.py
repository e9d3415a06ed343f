"""How well features tell defects from good parts: random, hand-made, embedded and the teacher's, one detector for all.

The detector is the plainest PatchCore: features averaged over 3 x 3 cells and brought to stride 8, channels
standardised on good patches, a bank of 1,500 patches chosen by greedy k-centre from 20,000, an image's score the
largest distance of its patches. Each seed draws other patches. Sets: an MVTec AD folder, and every product of the
simulated line (which none of the features was trained on), as the camera sees it and turned by any angle.

    python benchmarks/backbones.py --folder ../shared/data/magtile --teacher WEIGHTS [--candidate NAME=FILE ...]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts import mvtec
from inspector.detectors.components.conditioning import fit_conditioning
from inspector.detectors.components.coreset import greedy_k_centre, random_projection
from inspector.detectors.components.nearest import MemoryBank
from inspector.evaluation.image_metrics import ranking
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.filterbank import FilterBank
from inspector.features.loading import load_backbone
from inspector.features.registry import DEFAULT_BACKBONE, BackboneChoice
from inspector.imaging.files import read_image
from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from inspector.imaging.simulation import products, render
from inspector.tasks import CancelToken, no_progress

BANK, CANDIDATES, PROJECTED = 1500, 20_000, 128
STRIDE = 8
GOOD_TO_LEARN, GOOD_TO_TEST, DEFECTS_TO_TEST = 32, 48, 48
FOREVER = CancelToken()

Pictures = list[np.ndarray]
Network = Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True)
class PictureSet:
    """Pictures to learn from, and held-out ones of both kinds."""

    name: str
    train: Pictures
    good: Pictures
    defect: Pictures


@dataclass(frozen=True)
class Features:
    """One choice of features: maps from fine to coarse, tried together or in every combination."""

    name: str
    network: Network
    layers: tuple[str, ...]
    normalised: bool = True
    combined: bool = True

    def choices(self) -> Iterator[tuple[int, ...]]:
        """Sets of layers, single ones first."""
        everything = range(len(self.layers))
        for count in everything if self.combined else ():
            yield from combinations(everything, count + 1)
        if not self.combined:
            yield tuple(everything)


def folder_set(folder: Path) -> PictureSet:
    samples = list(mvtec.samples(folder))

    def pictures(wanted: Callable[[Sample], bool]) -> Pictures:
        return [read_image(sample.path) for sample in samples if wanted(sample)]

    return PictureSet(
        folder.name,
        pictures(lambda sample: sample.split is Split.TRAIN),
        pictures(lambda sample: sample.split is not Split.TRAIN and sample.label is Label.GOOD),
        pictures(lambda sample: sample.label is Label.DEFECT),
    )


def product_set(product: str, kinds: tuple[str, ...], *, turned: bool) -> PictureSet:
    def pictures(start: int, count: int, *, defect: bool) -> Pictures:
        found = []
        for index in range(start, start + count):
            kind = kinds[index % len(kinds)] if defect else None
            image = render(product, 7, index, kind=kind).image
            found.append(_turned(image, index) if turned else image)
        return found

    return PictureSet(
        f"{product}, turned" if turned else product,
        pictures(0, GOOD_TO_LEARN, defect=False),
        pictures(1000, GOOD_TO_TEST, defect=False),
        pictures(2000, DEFECTS_TO_TEST, defect=True),
    )


def _turned(image: np.ndarray, index: int) -> np.ndarray:
    """By an angle of its own, about the centre; what was outside of the picture is mirrored in."""
    height, width = image.shape[:2]
    angle = float(np.random.default_rng(index).uniform(0, 360))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)


@torch.inference_mode()
def maps_of(features: Features, pictures: Pictures, side: int) -> list[Tensor]:
    """Per layer (N, cells, cells, C): averaged over 3 x 3 cells, on the grid of stride 8."""
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if features.normalised else (FilterBank.mean, FilterBank.std)
    preprocessing = Preprocessing(side, side, mean, std)
    cells = side // STRIDE
    found: list[list[Tensor]] = [[] for _ in features.layers]
    for start in range(0, len(pictures), 4):
        batch = torch.from_numpy(preprocessing.batch(pictures[start : start + 4]))
        for kept, item in zip(found, features.network(batch), strict=True):
            kept.append(_on_grid(item, cells).permute(0, 2, 3, 1).contiguous())
    return [torch.cat(kept) for kept in found]


def _on_grid(item: Tensor, cells: int) -> Tensor:
    smooth = functional.avg_pool2d(item, 3, stride=1, padding=1, count_include_pad=False)
    if smooth.shape[-1] > cells:
        return functional.adaptive_avg_pool2d(smooth, cells)
    return functional.interpolate(smooth, size=(cells, cells), mode="bilinear", align_corners=False)


@torch.inference_mode()
def auroc(train: Tensor, good: Tensor, defect: Tensor, seed: int, conditioning: str) -> float:
    """Image AUROC of the detector described above on (N, cells, cells, C) features."""
    generator = torch.Generator().manual_seed(seed)
    patches = train.flatten(0, 2)
    patches = patches[torch.randperm(len(patches), generator=generator)[:CANDIDATES]]
    condition = fit_conditioning(patches, conditioning, 128)
    points = condition(patches)
    first = int(torch.randint(len(points), (1,), generator=generator))
    projected = random_projection(points, PROJECTED, generator)
    coreset = greedy_k_centre(projected, BANK, first, no_progress, FOREVER)
    bank = MemoryBank(points[coreset.indices])

    def scores(maps: Tensor) -> np.ndarray:
        return np.array([float(bank(condition(item.flatten(0, 1))).max()) for item in maps])

    return ranking(scores(good), scores(defect)).auroc or 0.0


def random_features() -> Features:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = EmbeddedNetwork().eval()
    return Features("random", network, ("4", "8", "16"), combined=False)


def teacher_features(weights: Path) -> Features:
    layers = ("features.4", "features.7", "features.10")
    network = load_backbone(BackboneChoice("squeezenet1_1", weights, layers), no_progress, FOREVER)
    return Features("teacher", network, ("4", "7", "10"))


def embedded_features() -> Features:
    layers = ("stride4", "stride8", "stride16")
    network = load_backbone(BackboneChoice(DEFAULT_BACKBONE, None, layers), no_progress, FOREVER)
    return Features("embedded", network, ("4", "8", "16"))


def candidate_features(name: str, file: Path) -> Features:
    network = EmbeddedNetwork(fused=True)
    network.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    return Features(name, network.eval(), ("4", "8", "16"))


def filter_features() -> Features:
    return Features("filterbank", FilterBank(("fine", "coarse")).eval(), ("fine", "coarse"), False, combined=False)


def measure(features: Features, pictures: PictureSet, options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """One row per set of layers."""
    train, good, defect = (
        maps_of(features, some, options.side) for some in (pictures.train, pictures.good, pictures.defect)
    )
    for choice in features.choices():
        stacked = [torch.cat([maps[index] for index in choice], -1) for maps in (train, good, defect)]
        values = [auroc(*stacked, seed, options.conditioning) for seed in range(options.seeds)]
        yield {
            "set": pictures.name,
            "features": features.name,
            "layers": "+".join(features.layers[index] for index in choice),
            "auroc": round(float(np.mean(values)), 4),
            "spread": round(float(np.ptp(values)), 4),
            "n": [len(pictures.train), len(pictures.good), len(pictures.defect)],
        }


def picture_sets(options: argparse.Namespace) -> Iterator[PictureSet]:
    for folder in options.folder:
        yield folder_set(folder)
    for product in products() if options.products else ():
        for turned in (False, True):
            yield product_set(product.id, product.kinds, turned=turned)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, action="append", default=[], help="a set in MVTec AD layout")
    parser.add_argument("--no-products", dest="products", action="store_false")
    parser.add_argument("--teacher", type=Path, help="ImageNet weights of SqueezeNet 1.1")
    parser.add_argument("--candidate", action="append", default=[], metavar="NAME=FILE", help="an exported network")
    parser.add_argument("--only-candidates", action="store_true")
    parser.add_argument("--conditioning", default="standardise", choices=("none", "standardise", "whiten"))
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = [] if options.only_candidates else [random_features(), filter_features(), embedded_features()]
    chosen += [
        candidate_features(name, Path(file)) for name, file in (item.split("=", 1) for item in options.candidate)
    ]
    chosen += [teacher_features(options.teacher)] if options.teacher else []
    rows = []
    for pictures in picture_sets(options):
        for features in chosen:
            for row in measure(features, pictures, options):
                rows.append(row)
                print(
                    f"{row['set']:16} {row['features']:12} {row['layers']:14} {row['auroc']:.3f} ±{row['spread']:.3f}"
                )
                sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
