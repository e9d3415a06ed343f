"""Milliseconds a picture in ONNX Runtime: the embedded backbone beside SqueezeNet 1.1, taking turns in one run.

Networks take turns picture by picture, so that whatever else the computer does meets all of them alike; the median
and the fastest tenth are given. SqueezeNet's speed does not depend on its weights: it runs with random ones.

    python benchmarks/backbone_latency.py [--sides 128,256,512,1024] [--rounds 60] [--threads 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from inspector.features.architectures import TruncatedNetwork
from inspector.features.loading import load_backbone
from inspector.features.registry import BackboneChoice
from inspector.features.torchvision_shim import torchvision_models
from inspector.tasks import CancelToken, no_progress

EMBEDDED = "embedded_v1"


def networks() -> dict[str, nn.Module]:
    def embedded(*layers: str) -> nn.Module:
        return load_backbone(BackboneChoice(EMBEDDED, None, layers), no_progress, CancelToken()).body

    def squeezenet(*indices: int) -> nn.Module:
        model = torchvision_models().get_model("squeezenet1_1", weights=None).eval()
        return TruncatedNetwork(model, tuple(f"features.{index}" for index in indices))

    return {
        "embedded 4+8": embedded("stride4", "stride8"),
        "embedded 8+16": embedded("stride8", "stride16"),
        "embedded 4+8+16": embedded("stride4", "stride8", "stride16"),
        "squeezenet 4+7": squeezenet(4, 7),
        "squeezenet 7+10": squeezenet(7, 10),
        "squeezenet 4+7+10": squeezenet(4, 7, 10),
    }


def session(network: nn.Module, side: int, folder: Path, threads: int) -> onnxruntime.InferenceSession:
    file = folder / "network.onnx"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.zeros(1, 3, side, side),), str(file), opset_version=18, dynamo=True,
            external_data=False, input_names=["image"], verbose=False,
        )  # fmt: skip
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads of one session would go on spinning for a while and take the cores from the next session's turn.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def measure(side: int, rounds: int, threads: int) -> dict[str, dict[str, float]]:
    picture = np.random.default_rng(0).standard_normal((1, 3, side, side), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        sessions = {name: session(network, side, Path(folder), threads) for name, network in networks().items()}
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for turn in range(rounds + 3):
        for name, item in sessions.items():
            start = time.perf_counter()
            item.run(None, {"image": picture})
            if turn >= 3:  # the first rounds allocate memory
                times[name].append((time.perf_counter() - start) * 1000)
    return {
        name: {"median_ms": float(np.median(values)), "fastest_tenth_ms": float(np.quantile(values, 0.1))}
        for name, values in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", default="128,256,512,1024")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = {}
    for side in (int(item) for item in options.sides.split(",")):
        found[side] = measure(side, options.rounds, options.threads)
        for name, row in found[side].items():
            print(f"{side:5} {name:20} {row['median_ms']:7.2f} {row['fastest_tenth_ms']:7.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
