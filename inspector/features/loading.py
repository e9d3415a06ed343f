"""From a person's choice of a backbone to a frozen torch module that turns images into feature maps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from inspector.errors import WeightsError
from inspector.features.architectures import TruncatedNetwork, full_network
from inspector.features.download import download_weights
from inspector.features.embedded import EmbeddedFeatures
from inspector.features.filterbank import FilterBank
from inspector.features.registry import BackboneChoice, BackboneInfo, backbone_info, checked_layers
from inspector.features.weights import StoredWeights, file_sha256, stored_weights
from inspector.features.weights_file import read_embedded, read_weights
from inspector.tasks import CancelToken, Progress

Body = FilterBank | EmbeddedFeatures | TruncatedNetwork
"""What computes the maps. Each tells the `mean` and `std` with which its input is normalised."""

_OWN: dict[str, Callable[[tuple[str, ...]], Body]] = {"embedded_v1": EmbeddedFeatures, "filterbank": FilterBank}
"""How the features that come with the program are made; all others are torchvision's networks."""

_PROBE_SIZE = 256


class LoadedBackbone(nn.Module):
    """Frozen features: always in eval mode, no gradients.

    Takes (N, 3, H, W) float32, RGB scaled to [0, 1] and normalised with `mean` and `std`; returns a list with one map
    (N, channels[i], about H / strides[i], about W / strides[i]) float32 per layer. `weights_sha256` is the hash of the
    weights' file (of the tensors where there is no file).
    """

    def __init__(
        self,
        info: BackboneInfo,
        body: Body,
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
        self.mean, self.std = body.mean, body.std
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
    own = _OWN.get(name)
    return LoadedBackbone(info, own(layers) if own else TruncatedNetwork(full_network(name), layers), layers)


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
    """The backbone with its weights: embedded, else from the file that was chosen, imported, downloaded before, or
    downloaded now.

    Raises `WeightsError` (see `registry`, `weights`, `weights_file`, `download`), `Cancelled`.
    """
    info = backbone_info(choice.name)
    if info.embedded and choice.weights is not None:
        raise WeightsError("weights_not_needed", name=choice.name)
    backbone = architecture_only(choice.name, choice.layers)
    if info.resource is not None:
        load_tensors(backbone, read_embedded(info))
        backbone.weights_sha256 = info.hash_prefix
    elif info.embedded:
        backbone.weights_sha256 = tensors_sha256(backbone.body)
    else:
        stored = _weights_for(choice, progress, cancel, proxy)
        load_tensors(backbone, read_weights(choice.name, stored.path))
        backbone.weights_sha256, backbone.source = file_sha256(stored.path), stored.source
    return backbone


def _weights_for(choice: BackboneChoice, progress: Progress, cancel: CancelToken, proxy: str | None) -> StoredWeights:
    if choice.weights is not None:
        return StoredWeights(choice.weights, "file")
    stored = stored_weights(choice.name)
    return stored or StoredWeights(download_weights(choice.name, progress, cancel, proxy), "download")


def tensors_sha256(module: nn.Module) -> str:
    """SHA-256 over names and values of a module's tensors, hexadecimal."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
