"""From a person's choice of a backbone to a frozen torch module that turns images into feature maps."""

from __future__ import annotations

import hashlib
from typing import Literal

import torch
from torch import Tensor, nn

from inspector.errors import WeightsError
from inspector.features.architectures import TruncatedNetwork, full_network
from inspector.features.download import download_weights
from inspector.features.filterbank import FilterBank
from inspector.features.registry import BackboneChoice, BackboneInfo, backbone_info, checked_layers
from inspector.features.weights import StoredWeights, file_sha256, read_weights, stored_weights
from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from inspector.tasks import CancelToken, Progress

Triple = tuple[float, float, float]
_PROBE_SIZE = 256


class LoadedBackbone(nn.Module):
    """Frozen features: always in eval mode, no gradients.

    Takes (N, 3, H, W) float32, RGB scaled to [0, 1] and normalised with `mean` and `std`; returns a list with one map
    (N, channels[i], about H / strides[i], about W / strides[i]) float32 per layer. `weights_sha256` is the hash of the
    weights' file (or of the embedded tensors).
    """

    def __init__(
        self,
        info: BackboneInfo,
        body: nn.Module,
        layers: tuple[str, ...],
        weights_sha256: str = "",
        source: Literal["embedded", "file", "download"] = "embedded",
    ) -> None:
        super().__init__()
        self.body = body.requires_grad_(False)
        self.name = info.id
        self.layers = layers
        self.weights_sha256 = weights_sha256
        self.source = source
        own = isinstance(body, FilterBank)
        self.mean: Triple = FilterBank.mean if own else IMAGENET_MEAN
        self.std: Triple = FilterBank.std if own else IMAGENET_STD
        self.channels, self.strides = _probe(body)
        self.eval()

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        device: torch.device = next(iter(self.body.state_dict().values())).device
        return device

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per layer."""
        maps: list[Tensor] = self.body(images)
        return maps

    def train(self, mode: bool = True) -> LoadedBackbone:
        """Stay in eval mode whatever a surrounding module does: batch statistics must not move."""
        super().train(False)
        return self


@torch.inference_mode()
def _probe(body: nn.Module) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Channels and strides per layer, on whatever device the body is (the meta device computes shapes only)."""
    device = next(iter(body.state_dict().values())).device
    maps = body.eval()(torch.zeros(1, 3, _PROBE_SIZE, _PROBE_SIZE, device=device))
    return tuple(item.shape[1] for item in maps), tuple(round(_PROBE_SIZE / item.shape[-1]) for item in maps)


def architecture_only(name: str, layers: tuple[str, ...]) -> LoadedBackbone:
    """A backbone whose values come from elsewhere (a model bundle): `load_tensors` must follow.

    Raises `WeightsError` `backbone_unknown`, `layer_unknown`.
    """
    info = backbone_info(name)
    layers = checked_layers(name, layers or info.default_layers)
    body = FilterBank(layers) if info.embedded else TruncatedNetwork(full_network(name), layers)
    return LoadedBackbone(info, body, layers)


def load_tensors(backbone: LoadedBackbone, tensors: dict[str, Tensor]) -> None:
    """Give a backbone its values; more than it uses is allowed. Raises KeyError or RuntimeError if they do not fit."""
    needed = backbone.body.state_dict()
    used = {
        key: tensors[key] if key in tensors else torch.zeros((), dtype=torch.int64)
        for key in needed
        if key in tensors or not key.endswith("num_batches_tracked")
    }
    backbone.body.load_state_dict(used, strict=True, assign=True)
    backbone.requires_grad_(False)


def load_backbone(
    choice: BackboneChoice, progress: Progress, cancel: CancelToken, proxy: str | None = None
) -> LoadedBackbone:
    """The backbone with its weights: from the file that was chosen, else embedded, imported, downloaded before, or
    downloaded now.

    Raises `WeightsError` (see `registry`, `weights`, `download`), `Cancelled`.
    """
    backbone = architecture_only(choice.name, choice.layers)
    if backbone_info(choice.name).embedded:
        if choice.weights is not None:
            raise WeightsError("weights_not_needed", name=choice.name)
        backbone.weights_sha256 = tensors_sha256(backbone.body)
        return backbone
    stored = StoredWeights(choice.weights, "file") if choice.weights else stored_weights(choice.name)
    if stored is None:
        stored = StoredWeights(download_weights(choice.name, progress, cancel, proxy), "download")
    load_tensors(backbone, read_weights(choice.name, stored.path))
    backbone.weights_sha256, backbone.source = file_sha256(stored.path), stored.source
    return backbone


def tensors_sha256(module: nn.Module) -> str:
    """SHA-256 over names and values of a module's tensors, hexadecimal."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
