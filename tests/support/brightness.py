"""A model whose score is the brightness of the brightest pixel: a real bundle with a real network."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.imaging.files import write_image
from inspector.runtime.bundle import save_bundle
from inspector.runtime.manifest import Manifest, PreprocessingPart
from inspector.runtime.scores import ScoreRow
from tests.support.bundles import STATE, manifest, thresholds
from tests.support.station import picture

SIDE = 32
REVIEW, FAIL = 100.0, 200.0


def write_network(path: Path) -> Path:
    """(N, 3, 32, 32) in 0..1 to scores (N,) and maps (N, 32, 32), both in 0..255."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["gray"], axes=[1], keepdims=0),
        helper.make_node("Mul", ["gray", "white"], ["map"]),
        helper.make_node("ReduceMax", ["map"], ["score"], axes=[1, 2], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", SIDE, SIDE]),
        ],
        [helper.make_tensor("white", TensorProto.FLOAT, [], [255.0])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def write_brightness_bundle(path: Path, scratch: Path, model_id: str = "brightness") -> Manifest:
    """Fails above 200, reviews from 100 on."""
    scratch.mkdir(parents=True, exist_ok=True)
    limits = thresholds().model_copy(update={"review": REVIEW, "fail": FAIL})
    details = manifest("Brightness").model_copy(
        update={
            "id": model_id,
            "thresholds": limits,
            "preprocessing": PreprocessingPart(height=SIDE, width=SIDE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)),
        }
    )
    scores = [
        ScoreRow(
            sha256=str(value), name=f"{value}.png", label=label, kind=None, split=Split.TEST, score=value,
            cross_validated=False,
        )
        for value, label in ((20, Label.GOOD), (30, Label.GOOD), (45, Label.GOOD), (230, Label.DEFECT))
    ]  # fmt: skip
    return save_bundle(path, details, STATE, write_network(scratch / "network.onnx"), scores)


def add_brightness_model(project: Project, scratch: Path, model_id: str = "brightness") -> None:
    """Train nothing, but have an active model."""
    folder = project.models.new_folder()
    write_brightness_bundle(folder, scratch, model_id)
    project.models.activate(project.models.add(folder).id)


def write_pictures(folder: Path, *values: int, first: int = 0) -> Path:
    """Even pictures of these brightnesses, in this order."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, value in enumerate(values, first):
        write_image(folder / f"{index:03}.png", picture(value, 48))
    return folder
