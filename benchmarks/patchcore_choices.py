"""PatchCore's choices, one at a time around the default: conditioning, dimensions, neighbourhood, bank, search.

For each set (an MVTec AD folder, and every product of the simulated line as the camera sees it and turned by any angle)
the image AUROC of each choice; the search is exact, but for the choice "fast search". The worst and the mean
difference from the default tell what is safe. The last columns: how many scores of the fast search are equal to those
of the exact one, and the covering radius over all patches as a share of the default's (it means something where
neighbourhood and conditioning are the same).

    python benchmarks/patchcore_choices.py --folder DATASET [--backbone NAME --weights FILE] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from backbones import Pictures, PictureSet, folder_set, product_set
from torch import Tensor

from inspector.detectors.components.candidates import draw_candidates
from inspector.detectors.components.coarse_search import search_for
from inspector.detectors.components.conditioning import fit_conditioning
from inspector.detectors.components.coreset import greedy_k_centre, random_projection
from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.nearest import MemoryBank
from inspector.evaluation.image_metrics import ranking
from inspector.features.loading import LoadedBackbone, load_backbone
from inspector.features.registry import DEFAULT_BACKBONE, BackboneChoice
from inspector.imaging.preprocessing import Preprocessing
from inspector.imaging.simulation import products
from inspector.tasks import CancelToken, no_progress

SIDE, BATCH, PROJECTED = 256, 4, 128
EQUAL = 1e-4


@dataclass(frozen=True)
class Choice:
    """See `detectors.patchcore.PatchCoreParameters`; `candidates` is its `max_patches`."""

    name: str = "default"
    conditioning: str = "whiten"
    dimensions: int = 128
    neighbourhood: int = 3
    border: str = "fading"
    candidates: int = 50_000
    ratio: float = 0.1
    search: str = "exact"


DEFAULT = Choice()
CHOICES = (
    DEFAULT,
    replace(DEFAULT, name="fast search", search="fast"),
    replace(DEFAULT, name="no conditioning", conditioning="none"),
    replace(DEFAULT, name="standardise", conditioning="standardise"),
    replace(DEFAULT, name="whiten, 32", dimensions=32),
    replace(DEFAULT, name="whiten, 64", dimensions=64),
    replace(DEFAULT, name="whiten, 256", dimensions=256),
    replace(DEFAULT, name="neighbourhood 1", neighbourhood=1),
    replace(DEFAULT, name="neighbourhood 5", neighbourhood=5),
    replace(DEFAULT, name="border counts fully", border="full"),
    replace(DEFAULT, name="candidates 20,000", candidates=20_000, ratio=0.25),
    replace(DEFAULT, name="all candidates", candidates=10**7, ratio=-5000),
    replace(DEFAULT, name="bank 2 %", ratio=0.02),
    replace(DEFAULT, name="bank 5 %", ratio=0.05),
)
"""A negative ratio is the size of the bank."""


@dataclass(frozen=True)
class Found:
    """What one choice gives on one set: scores of good and defective pictures, and the covering radius."""

    scores: np.ndarray
    auroc: float
    radius: float


def main() -> None:
    arguments = _arguments()
    choice = BackboneChoice(arguments.backbone, arguments.weights, arguments.layers)
    backbone = load_backbone(choice, no_progress, CancelToken())
    results: dict[str, dict[str, dict[str, float]]] = {}
    for pictures in _sets(arguments.folder):
        results[pictures.name] = _of_one_set(backbone, pictures)
    _summary(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def _sets(folders: list[Path]) -> Iterator[PictureSet]:
    for folder in folders:
        yield folder_set(folder)
    for turned in (False, True):
        for product in products():
            yield product_set(product.id, product.kinds, turned=turned)


@torch.inference_mode()
def _of_one_set(backbone: LoadedBackbone, pictures: PictureSet) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    reference: Found | None = None
    for looks in dict.fromkeys((choice.neighbourhood, choice.border) for choice in CHOICES):
        train = _embed(backbone, pictures.train, *looks)
        test = _embed(backbone, [*pictures.good, *pictures.defect], *looks)
        for choice in CHOICES:
            if (choice.neighbourhood, choice.border) != looks:
                continue
            result = _judge(choice, train, test, len(pictures.good))
            reference = reference or result
            equal = np.isclose(result.scores, reference.scores, rtol=EQUAL).mean()
            found[choice.name] = {
                "auroc": result.auroc, "equal": float(equal), "radius": result.radius / reference.radius,
            }  # fmt: skip
            print(f"{pictures.name:18} {choice.name:20} {result.auroc:.3f}", flush=True)
    return found


def _embed(backbone: LoadedBackbone, pictures: Pictures, neighbourhood: int, border: str) -> Tensor:
    preprocessing = Preprocessing(SIDE, SIDE, backbone.mean, backbone.std)
    stack = PatchEmbedding(neighbourhood, fading=border == "fading")
    return torch.cat(
        [
            stack(backbone(torch.from_numpy(preprocessing.batch(pictures[start : start + BATCH]))))
            for start in range(0, len(pictures), BATCH)
        ]
    )


def _judge(choice: Choice, train: Tensor, test: Tensor, good: int) -> Found:
    generator = torch.Generator().manual_seed(0)
    vectors = draw_candidates([train], len(train), choice.candidates, generator).vectors
    conditioning = fit_conditioning(vectors, choice.conditioning, choice.dimensions)
    points = conditioning(vectors)
    count = -int(choice.ratio) if choice.ratio < 0 else round(choice.ratio * len(points))
    projected = random_projection(points, PROJECTED, generator)
    chosen = greedy_k_centre(projected, count, 0, no_progress, CancelToken()).indices
    search = search_for(MemoryBank(points[chosen]), 1, choice.search)
    radius = max(float(search.bank(conditioning(image.flatten(0, 1))).max()) for image in train)
    scores = np.array([float(search(_conditioned(conditioning, image)).max()) for image in test])
    return Found(scores, ranking(scores[:good].tolist(), scores[good:].tolist()).auroc, radius)


def _conditioned(conditioning: torch.nn.Module, image: Tensor) -> Tensor:
    height, width, channels = image.shape
    vectors: Tensor = conditioning(image.reshape(-1, channels))
    return vectors.reshape(1, height, width, -1)


def _summary(results: dict[str, dict[str, dict[str, float]]]) -> None:
    print(f"\n{'':20}" + "".join(f"{name[:13]:>14}" for name in results) + "   mean  worst  equal  radius")
    for choice in CHOICES:
        row = [results[name][choice.name] for name in results]
        shifts = [item["auroc"] - results[name]["default"]["auroc"] for name, item in zip(results, row, strict=True)]
        print(
            f"{choice.name:20}" + "".join(f"{item['auroc']:14.3f}" for item in row)
            + f"  {np.mean(shifts):+.3f} {min(shifts):+.3f}  {np.mean([item['equal'] for item in row]):.2f}"
            + f"   {np.mean([item['radius'] for item in row]):.2f}"
        )  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, action="append", default=[], help="a set in MVTec AD layout")
    parser.add_argument("--backbone", default=DEFAULT_BACKBONE)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--layers", type=lambda text: tuple(text.split(",")), default=())
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
