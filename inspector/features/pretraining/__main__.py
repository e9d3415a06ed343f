"""Make the embedded backbone, or go on making it: run the same command again after an interruption."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

import torch

from inspector.errors import InspectorError, TrainingError
from inspector.features.pretraining.photographs import Photographs, pictures_sha256
from inspector.features.pretraining.recipe import Recipe
from inspector.features.pretraining.teacher import Teacher, load_teacher
from inspector.features.pretraining.training import Training
from inspector.features.weights import file_sha256
from inspector.messages import sentence


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 the request cannot be met (a sentence on standard error)."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    try:
        device = chosen_device(options.device)
        teacher = load_teacher(options.teacher)
        recipe = chosen_recipe(options, teacher)
        photographs = Photographs(options.photographs) if options.photographs else None
        # With all shapes alike, trying the GPU's algorithms once pays for the whole run.
        torch.backends.cudnn.benchmark = True
        workers = default_workers(device) if options.workers is None else options.workers
        training = Training(recipe, teacher, options.out, device, photographs, options.start)
        training.run(options.minutes, workers)
    except InspectorError as error:
        sys.stderr.write(sentence(error) + "\n")
        return 1
    return 0


def chosen_recipe(options: argparse.Namespace, teacher: Teacher) -> Recipe:
    """The recipe of these options. Raises `TrainingError` `pretraining_no_photographs`."""
    return Recipe(
        lesson=options.lesson,
        seed=options.seed,
        side=options.side,
        learning_rate=options.learning_rate,
        discrimination_weight=options.discrimination_weight,
        teacher_sha256=teacher.backbone.weights_sha256,
        photographs_sha256=pictures_sha256(options.photographs) if options.photographs else "",
        start_sha256=file_sha256(options.start) if options.start else "",
    )


def chosen_device(name: str) -> torch.device:
    """The device meant by auto, cpu or cuda. Raises `TrainingError` `device_missing`."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise TrainingError("device_missing", device=name)
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def default_workers(device: torch.device) -> int:
    """Processes that render: one keeps up with a CPU that learns; a GPU is fed by all cores but two."""
    return max(1, (os.cpu_count() or 1) - 2) if device.type == "cuda" else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inspector.features.pretraining", description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True, help="ImageNet weights of SqueezeNet 1.1")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, recipe and log")
    parser.add_argument("--minutes", type=_positive, required=True, help="time to use, all sessions together")
    parser.add_argument("--lesson", choices=("imitate", "discriminate"), default="imitate", help="see docs/backbone.md")
    parser.add_argument("--start", type=Path, help="checkpoint of another run to begin with")
    parser.add_argument("--photographs", type=Path, help="folder of pictures that join the drawn scenes")
    parser.add_argument("--learning-rate", type=_positive, default=2e-3)
    parser.add_argument("--discrimination-weight", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--workers", type=int, help="processes that render scenes (default: as the computer allows)")
    parser.add_argument("--side", type=_side, default=112, help="side of a crop in pixels, a multiple of 16")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _side(text: str) -> int:
    value = int(text)
    if value < 32 or value % 16:
        raise argparse.ArgumentTypeError(f"{text} is not a multiple of 16 from 32 on")
    return value


if __name__ == "__main__":
    sys.exit(main())
