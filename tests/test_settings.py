from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from inspector import paths
from inspector.settings import RECENT_LIMIT, Settings, load_settings


def test_defaults_where_there_is_no_file() -> None:
    assert load_settings() == Settings()


def test_a_file_of_an_older_version_is_loaded() -> None:
    paths.settings_file().parent.mkdir(parents=True)
    paths.settings_file().write_text('{"theme": "dark", "show_heatmap": false}', encoding="utf-8")
    assert load_settings() == Settings(theme="dark", show_heatmap=False, show_camera=False)


def test_what_was_saved_is_loaded() -> None:
    settings = Settings(theme="dark", heatmap_opacity=0.25, proxy="http://proxy:3128")
    settings.remember_project(Path("Prüfling 日本"))
    settings.save()
    assert load_settings() == settings
    assert [path.name for path in paths.config_folder().iterdir()] == ["settings.json"]


def test_keys_of_a_newer_version_are_kept() -> None:
    Settings().save()
    stored = json.loads(paths.settings_file().read_text(encoding="utf-8"))
    paths.settings_file().write_text(json.dumps(stored | {"from_the_future": [1]}), encoding="utf-8")
    load_settings().save()
    assert json.loads(paths.settings_file().read_text(encoding="utf-8"))["from_the_future"] == [1]


@pytest.mark.parametrize("text", [b"", b"{", b'{"theme": "pink"}', b"\xff\xfe\x00rubbish", b"[]"])
def test_a_damaged_file_is_set_aside(text: bytes) -> None:
    file = paths.settings_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(text)
    assert load_settings() == Settings()
    assert not file.exists()
    assert file.with_name("settings.json.damaged").read_bytes() == text
    Settings(theme="light").save()
    assert load_settings().theme == "light"


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValidationError):
        Settings().theme = "pink"  # type: ignore[assignment]


def test_the_latest_project_comes_first_and_once() -> None:
    settings = Settings()
    for number in [*range(RECENT_LIMIT + 3), 5]:
        settings.remember_project(Path(str(number)))
    assert [path.name for path in settings.recent_projects][:3] == ["5", "14", "13"]
    assert len(settings.recent_projects) == RECENT_LIMIT == len(set(settings.recent_projects))


def test_a_save_that_fails_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Settings(theme="dark").save()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space"):
            Settings(theme="light").save()
    assert load_settings().theme == "dark"
