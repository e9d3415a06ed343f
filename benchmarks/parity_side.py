"""The other side of `parity.py`: run there by the interpreter of an environment that has anomalib.

Reads `task.json`, normalised pictures (N, 3, H, W) float32 from `train.npy` and `test.npy`, and `resnet18.pth`; writes
`found.npz`. anomalib's models and losses are driven directly, with the optimisers that its own training uses.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import library as operators

FRAGMENT = operators.Library("torchvision", "FRAGMENT")
# The schemas that torchvision's import looks for beside a torch without CUDA.
FRAGMENT.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
FRAGMENT.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402

READING_BATCH = 4


def main(folder: Path) -> None:
    task = json.loads((folder / "task.json").read_text())
    state = torch.load(folder / "resnet18.pth", weights_only=True)
    train, test = (torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("train", "test"))
    torch.manual_seed(task["seed"])
    begun = time.perf_counter()
    model = METHODS[task["method"]](task, state, train)
    fit_s = time.perf_counter() - begun
    model.eval()
    scores, maps = [], []
    with torch.inference_mode():
        for picture in test:
            found = model(picture[None])
            item = found.anomaly_map.squeeze().numpy()
            scores.append(float(found.pred_score) if found.pred_score is not None else float(item.max()))
            maps.append(item)
    np.savez(folder / "found.npz", scores=np.array(scores), maps=np.stack(maps), fit_s=fit_s)


def resnet(state: dict[str, Any]) -> torch.nn.Module:
    network = torchvision.models.resnet18(weights=None)
    network.load_state_dict(state)
    return network.eval()


def fill(extractor: torch.nn.Module, state: dict[str, Any]) -> None:
    """Give timm's ResNet-18, which uses the same names, the same values."""
    missing = extractor.load_state_dict(state, strict=False).missing_keys
    assert not missing, missing


def memorise(model: torch.nn.Module, train: torch.Tensor) -> None:
    model.train()
    model.feature_extractor.eval()
    with torch.no_grad():
        for start in range(0, len(train), READING_BATCH):
            model(train[start : start + READING_BATCH])


def patchcore(task: dict[str, Any], state: dict[str, Any], train: torch.Tensor) -> torch.nn.Module:
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    model = PatchcoreModel(layers=task["layers"], backbone=resnet(state), pre_trained=False, num_neighbors=9)
    memorise(model, train)
    model.subsample_embedding(task["parameters"]["coreset_ratio"])
    return model


def padim(task: dict[str, Any], state: dict[str, Any], train: torch.Tensor) -> torch.nn.Module:
    from anomalib.models.image.padim.torch_model import PadimModel

    dimensions = task["parameters"]["dimensions"]
    model = PadimModel(backbone=resnet(state), layers=task["layers"], pre_trained=False, n_features=dimensions)
    memorise(model, train)
    model.fit()
    return model


def teach(
    task: dict[str, Any],
    train: torch.Tensor,
    optimiser: torch.optim.Optimizer,
    loss_of: Callable[[torch.Tensor], torch.Tensor],
    *,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    clip: tuple[torch.nn.Module, float] | None = None,
) -> None:
    """As many steps of as many pictures as the other side takes, all pictures once before one comes again."""
    waiting: list[int] = []
    for _ in range(task["parameters"]["steps"]):
        while len(waiting) < task["parameters"]["batch"]:
            waiting += torch.randperm(len(train)).tolist()
        indices, waiting = waiting[: task["parameters"]["batch"]], waiting[task["parameters"]["batch"] :]
        loss = loss_of(train[indices])
        optimiser.zero_grad()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(clip[0].parameters(), clip[1])
        optimiser.step()
        if schedule is not None:
            schedule.step()


def stfpm(task: dict[str, Any], state: dict[str, Any], train: torch.Tensor) -> torch.nn.Module:
    from anomalib.models.components import TimmFeatureExtractor
    from anomalib.models.image.stfpm.loss import STFPMLoss
    from anomalib.models.image.stfpm.torch_model import STFPMModel

    model = STFPMModel(layers=task["layers"], backbone=resnet(state))
    model.student_model = TimmFeatureExtractor(
        backbone="resnet18", pre_trained=False, layers=task["layers"], requires_grad=True
    )
    optimiser = torch.optim.SGD(model.student_model.parameters(), lr=0.4, momentum=0.9, weight_decay=0.001)
    criterion = STFPMLoss()
    model.train()
    model.teacher_model.eval()
    teach(task, train, optimiser, lambda batch: criterion(*model(batch)) / len(batch))
    return model


def reverse_distillation(task: dict[str, Any], state: dict[str, Any], train: torch.Tensor) -> torch.nn.Module:
    from anomalib.models.image.reverse_distillation.anomaly_map import AnomalyMapGenerationMode
    from anomalib.models.image.reverse_distillation.loss import ReverseDistillationLoss
    from anomalib.models.image.reverse_distillation.torch_model import ReverseDistillationModel

    size = tuple(train.shape[-2:])
    model = ReverseDistillationModel("resnet18", size, task["layers"], AnomalyMapGenerationMode.ADD, pre_trained=False)
    fill(model.encoder.feature_extractor, state)
    parameters = [*model.decoder.parameters(), *model.bottleneck.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=0.005, betas=(0.5, 0.99))
    criterion = ReverseDistillationLoss()
    model.train()
    model.encoder.eval()
    teach(task, train, optimiser, lambda batch: criterion(*model(batch)))
    return model


def fastflow(task: dict[str, Any], state: dict[str, Any], train: torch.Tensor) -> torch.nn.Module:
    from anomalib.models.image.fastflow.loss import FastflowLoss
    from anomalib.models.image.fastflow.torch_model import FastflowModel

    steps = task["parameters"]["flow_steps"]
    model = FastflowModel(tuple(train.shape[-2:]), "resnet18", pre_trained=False, flow_steps=steps)
    fill(model.feature_extractor, state)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=1e-5)
    criterion = FastflowLoss()
    model.train()
    teach(task, train, optimiser, lambda batch: criterion(*model(batch)))
    return model


def supersimplenet(task: dict[str, Any], state: dict[str, Any], train: torch.Tensor) -> torch.nn.Module:
    from anomalib.models.image.supersimplenet.loss import SSNLoss
    from anomalib.models.image.supersimplenet.torch_model import SupersimplenetModel

    model = SupersimplenetModel(backbone=resnet(state), layers=task["layers"])
    heads = {"params": model.segdec.parameters(), "lr": 2e-4, "weight_decay": 1e-5}
    optimiser = torch.optim.AdamW([{"params": model.adaptor.parameters(), "lr": 1e-4}, heads])
    steps = task["parameters"]["steps"]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [int(steps * 0.8), int(steps * 0.9)], gamma=0.4)
    criterion = SSNLoss()
    model.train()
    model.feature_extractor.eval()

    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        maps, scores, masks, labels = model(images=batch, labels=torch.zeros(len(batch)))
        return criterion(pred_map=maps, pred_score=scores, target_mask=masks, target_label=labels)

    teach(task, train, optimiser, loss_of, schedule=schedule, clip=(model, 1.0))
    return model


METHODS = {
    function.__name__: function
    for function in (patchcore, padim, stfpm, reverse_distillation, fastflow, supersimplenet)
}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
