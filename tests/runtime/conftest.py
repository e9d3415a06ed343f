"""One small model, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.runtime.bundle import Bundle, load_bundle
from tests.support.parts import quick_training, write_good


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder: Path = tmp_path_factory.mktemp("engines")
    quick_training(write_good(folder / "parts", 6), folder / "Modell Ø")
    return load_bundle(folder / "Modell Ø")
