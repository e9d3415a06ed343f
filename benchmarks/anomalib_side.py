"""The other side of `anomalib_comparison.py`: run there by the interpreter of an environment that has anomalib.

Drives anomalib's PatchCore model directly, without the trainer around it, so that nothing but the method is timed.
Reads normalised pictures (N, 3, H, W) float32 from `train.npy` and `test.npy`, writes what it measured as JSON.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path

BATCH, WARM_UP = 4, 3


def imports() -> tuple[float, object]:
    """Seconds until what a training script of anomalib's needs is imported."""
    begun = time.perf_counter()
    from torch import library as operators

    fragment = operators.Library("torchvision", "FRAGMENT")
    # The schemas that torchvision's import looks for beside a torch without CUDA.
    fragment.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    fragment.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from anomalib.data import Folder  # noqa: F401
    from anomalib.engine import Engine  # noqa: F401
    from anomalib.models import Patchcore  # noqa: F401

    return time.perf_counter() - begun, fragment


def main(folder: Path, weights: str, layers: list[str], ratio: float) -> None:
    import_s, _kept = imports()
    import numpy as np
    import torch
    import torchvision
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    network = torchvision.models.squeezenet1_1(weights=None)
    state = torch.load(weights, weights_only=True)
    network.load_state_dict({key: value.float() for key, value in state.items()})
    train, test = (torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("train", "test"))
    begun = time.perf_counter()
    model = PatchcoreModel(layers=layers, backbone=network.eval(), pre_trained=False, num_neighbors=9)
    model.train()
    model.feature_extractor.eval()
    with torch.no_grad():
        for start in range(0, len(train), BATCH):
            model(train[start : start + BATCH])
        model.subsample_embedding(ratio)
    fit_s = time.perf_counter() - begun
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model.eval()
    scores, times = [], []
    with torch.inference_mode():
        for index in [0] * WARM_UP + list(range(len(test))):
            begun = time.perf_counter()
            found = model(test[index : index + 1])
            times.append(1000 * (time.perf_counter() - begun))
            scores.append(float(found.pred_score))
    result = {
        "import_s": import_s, "fit_s": fit_s, "peak_mb": peak_mb, "bank": list(model.memory_bank.shape),
        "median_ms": statistics.median(times[WARM_UP:]), "scores": scores[WARM_UP:],
    }  # fmt: skip
    (folder / "anomalib.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), float(sys.argv[4]))
