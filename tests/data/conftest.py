"""An open project with a name and a folder that need care."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.data.project import Project
from inspector.tasks import CancelToken, no_progress
from tests.data.pictures import save_many


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "Prüfling #1 50%25 &", "Unterlegscheibe Ø40") as opened:
        yield opened


@pytest.fixture
def filled(project: Project, tmp_path: Path) -> Project:
    """With eight samples that nobody has labelled."""
    save_many(tmp_path / "incoming", 8)
    project.samples.import_paths([tmp_path / "incoming"], no_progress, CancelToken())
    return project
