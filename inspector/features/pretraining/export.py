"""Turn a checkpoint into the file that ships: half precision, batch normalisation folded in, with its origin."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from inspector.errors import InspectorError, TrainingError
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.pretraining.checkpoint import LOG_FILE, Checkpoint, load_checkpoint
from inspector.features.pretraining.recipe import Recipe, read_recipe
from inspector.features.pretraining.teacher import TEACHER
from inspector.features.weights import file_sha256
from inspector.messages import sentence

ORIGIN = "origin"
"""The one entry of the file's metadata, JSON: several would be written in an order that changes from file to file."""


def export(checkpoint: Path, out: Path) -> dict[str, Any]:
    """Write the network of a checkpoint, whose recipe and log lie beside it; returns what the metadata says.

    The file holds the tensors of `EmbeddedNetwork(fused=True)` in float16; the same run always gives the same bytes.
    Raises `TrainingError`
    `pretraining_checkpoint_damaged`, `pretraining_recipe_damaged`, `pretraining_not_half`, `output_failed`.
    """
    kept = load_checkpoint(checkpoint, torch.device("cpu"))
    recipe = read_recipe(checkpoint.parent)
    tensors = {key: tensor.half().contiguous() for key, tensor in _network(checkpoint, kept).state_dict().items()}
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise TrainingError("pretraining_not_half", path=checkpoint, name=name)
    origin = _origin(recipe, kept, checkpoint.with_name(LOG_FILE))
    temporary = out.with_suffix(".partial")
    try:
        save_file(tensors, temporary, metadata={ORIGIN: json.dumps(origin)})
        temporary.replace(out)
    except OSError as error:
        raise TrainingError("output_failed", path=out, reason=error.strerror or str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)
    return origin


def _network(checkpoint: Path, kept: Checkpoint) -> EmbeddedNetwork:
    network = EmbeddedNetwork()
    try:
        network.load_state_dict(kept["student"])
    except RuntimeError as error:
        raise TrainingError("pretraining_checkpoint_damaged", path=checkpoint) from error
    return network.fused()


def _origin(recipe: Recipe, kept: Checkpoint, log: Path) -> dict[str, Any]:
    return {
        "recipe": recipe.model_dump(),
        "recipe_version": recipe.version,
        "seed": recipe.seed,
        "steps": kept["step"],
        "seconds": round(kept["spent"]),
        "teacher": TEACHER,
        "teacher_sha256": recipe.teacher_sha256,
        "log_sha256": file_sha256(log) if log.exists() else "",
    }


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 the request cannot be met (a sentence on standard error)."""
    parser = argparse.ArgumentParser(prog="python -m inspector.features.pretraining.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    try:
        origin = export(options.checkpoint, options.out)
    except InspectorError as error:
        sys.stderr.write(sentence(error) + "\n")
        return 1
    sys.stdout.write(json.dumps({**origin, "sha256": file_sha256(options.out)}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
