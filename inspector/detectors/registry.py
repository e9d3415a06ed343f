"""The detectors by their stable hand-written ids. A module is imported only when its detector is asked for."""

from __future__ import annotations

from importlib import import_module

from inspector.detectors.base import Detector
from inspector.errors import TrainingError

_FAMILIES: dict[str, dict[str, str]] = {
    "Density": {
        "padim": "inspector.detectors.padim:PaDiM",
        "fastflow": "inspector.detectors.fastflow:FastFlow",
        "csflow": "inspector.detectors.csflow:CSFlow",
    },
    "Nearest neighbour": {
        "patchcore": "inspector.detectors.patchcore:PatchCore",
        "spade": "inspector.detectors.spade:SPADE",
        "dn2": "inspector.detectors.dn2:DN2",
        "cpr": "inspector.detectors.cpr:CPR",
    },
    "Teacher and student": {
        "stfpm": "inspector.detectors.stfpm:STFPM",
        "reverse_distillation": "inspector.detectors.reverse_distillation:ReverseDistillation",
        "efficientad": "inspector.detectors.efficientad:EfficientAD",
    },
    "Features against noise": {
        "simplenet": "inspector.detectors.simplenet:SimpleNet",
        "supersimplenet": "inspector.detectors.supersimplenet:SuperSimpleNet",
    },
    "Synthetic defects": {
        "draem": "inspector.detectors.draem:DRAEM",
        "cutpaste": "inspector.detectors.cutpaste:CutPaste",
    },
    "Reconstruction": {
        "autoencoder": "inspector.detectors.autoencoder:Autoencoder",
        "denoising_autoencoder": "inspector.detectors.denoising_autoencoder:DenoisingAutoencoder",
        "vae": "inspector.detectors.vae:VAE",
        "riad": "inspector.detectors.riad:RIAD",
    },
    "Adversarial": {
        "ganomaly": "inspector.detectors.ganomaly:GANomaly",
        "anogan": "inspector.detectors.anogan:AnoGAN",
        "cyclegan": "inspector.detectors.cyclegan:CycleGAN",
    },
    "Across products": {
        "regad": "inspector.detectors.regad:RegAD",
    },
}
"""The methods by what they have in common, in the order a person should meet them."""

_DETECTORS = {name: place for family in _FAMILIES.values() for name, place in family.items()}

DEFAULT_DETECTOR = "padim"
"""The best on parts that lie alike in every picture, as they do in a fixture: decision 0006."""


def detector_ids() -> list[str]:
    """All ids, in the order a person should meet them."""
    return list(_DETECTORS)


def families() -> list[tuple[str, list[str]]]:
    """(title, ids) of each family of methods, in the order a person should meet them."""
    return [(title, list(family)) for title, family in _FAMILIES.items()]


def detector_type(detector_id: str) -> type[Detector]:
    """The class behind an id. Raises `TrainingError` `detector_unknown`."""
    if detector_id not in _DETECTORS:
        raise TrainingError("detector_unknown", id=detector_id, known=", ".join(_DETECTORS))
    module, name = _DETECTORS[detector_id].split(":")
    kind: type[Detector] = getattr(import_module(module), name)
    return kind
