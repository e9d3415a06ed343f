from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.data.project import Project
from inspector.errors import ProjectError


def bundle(folder: Path, name: str = "PatchCore", day: int = 1, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    head = {
        "format_version": 1,
        "id": f"id-{name}",
        "name": name,
        "detector": "patchcore",
        "created_at": f"2026-11-{day:02d}T08:00:00Z",
        "metrics": {"image_auroc": {"value": 0.98, "n": 40}},
    } | changes
    (folder / "manifest.json").write_text(json.dumps(head), encoding="utf-8")
    (folder / "weights.safetensors").write_bytes(b"weights")
    return folder


def test_models_are_listed_newest_first(project: Project) -> None:
    older = project.models.add(bundle(project.models.new_folder(), "Früher", day=1))
    newer = project.models.add(bundle(project.models.new_folder(), "Later", day=2))
    assert project.models.rows() == [newer, older]
    assert older.created_at.isoformat() == "2026-11-01T08:00:00+00:00"
    assert (older.bundle_id, older.detector) == ("id-Früher", "patchcore")
    assert older.metrics == {"image_auroc": {"value": 0.98, "n": 40}}
    assert older.folder.parent == project.folder / "models"


def test_at_most_one_is_active(project: Project) -> None:
    first, second = (project.models.add(bundle(project.models.new_folder(), name)) for name in "ab")
    assert project.models.active() is None
    for row in (first, second, second, first):
        project.models.activate(row.id)
        active = project.models.active()
        assert active is not None
        assert active.id == row.id
        assert [item.active for item in project.models.rows()].count(True) == 1
    project.models.remove(first.id)
    assert project.models.active() is None


def test_a_bundle_from_elsewhere_is_copied_in(project: Project, tmp_path: Path) -> None:
    outside = bundle(tmp_path / "elsewhere")
    row = project.models.add(outside)
    assert row.folder.parent == project.folder / "models"
    assert (row.folder / "weights.safetensors").read_bytes() == b"weights"
    project.models.remove(row.id)
    assert not row.folder.exists()
    assert outside.exists()


def test_renaming_and_removing(project: Project) -> None:
    row = project.models.add(bundle(project.models.new_folder()))
    project.models.rename(row.id, "Für die Frühschicht")
    assert project.models.rows()[0].name == "Für die Frühschicht"
    project.models.remove(row.id)
    assert project.models.rows() == []
    assert list((project.folder / "models").iterdir()) == []


def test_a_bundle_whose_folder_is_gone_can_be_removed(project: Project) -> None:
    row = project.models.add(bundle(project.models.new_folder()))
    row.folder.rename(project.folder / "away")
    project.models.remove(row.id)
    assert project.models.rows() == []


def test_new_folders_are_new(project: Project) -> None:
    first, second = project.models.new_folder(), project.models.new_folder()
    assert first != second
    assert not first.exists()


@pytest.mark.parametrize("text", [None, "", "{}", "not json", '{"id": 1}', "[]"])
def test_what_is_no_bundle_is_refused(project: Project, text: str | None) -> None:
    folder = project.models.new_folder()
    folder.mkdir()
    if text is not None:
        (folder / "manifest.json").write_text(text)
    with pytest.raises(ProjectError, match="model_not_bundle"):
        project.models.add(folder)
    assert project.models.rows() == []


@pytest.mark.parametrize("action", ["activate", "remove"])
def test_a_model_that_is_gone_is_told(project: Project, action: str) -> None:
    with pytest.raises(ProjectError, match="model_unknown"):
        getattr(project.models, action)(7)
    with pytest.raises(ProjectError, match="model_unknown"):
        project.models.rename(7, "x")
