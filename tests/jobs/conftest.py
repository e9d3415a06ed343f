"""One small data set and one model of it, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.jobs.train import TrainingResult
from tests.support.parts import quick_training, write_mvtec


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mvtec(tmp_path_factory.mktemp("data") / "Wäscher")


@pytest.fixture(scope="session")
def trained(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return quick_training(dataset, tmp_path_factory.mktemp("models") / "model")
