"""Small models, each made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.manifest import TilingPart
from tests.support.parts import quick_training, write_good

TILES = TilingPart(size=48, overlap=16)


@pytest.fixture(scope="session")
def tiled_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same parts, learned in nine tiles each."""
    folder: Path = tmp_path_factory.mktemp("tiled")
    quick_training(write_good(folder / "parts", 6), folder / "m", tiling=TILES)
    return load_bundle(folder / "m")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder: Path = tmp_path_factory.mktemp("engines")
    quick_training(write_good(folder / "parts", 6), folder / "Modell Ø")
    return load_bundle(folder / "Modell Ø")
