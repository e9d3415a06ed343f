"""Every folder and file name the program uses outside a project, known in one place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import appdirs

APPLICATION = "Inspector"


def _user_folder(kind: str, fallback: str) -> Path:
    """A per-user folder; `INSPECTOR_HOME` moves all of them below one folder (portable use, tests)."""
    home = os.environ.get("INSPECTOR_HOME")
    return Path(home) / kind if home else Path(fallback)


def config_folder() -> Path:
    """Where settings live."""
    return _user_folder("config", appdirs.user_config_dir(APPLICATION, appauthor=False))


def data_folder() -> Path:
    """Where downloaded weights and the demo project live."""
    return _user_folder("data", appdirs.user_data_dir(APPLICATION, appauthor=False))


def cache_folder() -> Path:
    """What can be made again: thumbnails."""
    return _user_folder("cache", appdirs.user_cache_dir(APPLICATION, appauthor=False))


def log_folder() -> Path:
    """Where the rotating log files live."""
    return _user_folder("logs", appdirs.user_log_dir(APPLICATION, appauthor=False))


def weights_folder() -> Path:
    """Backbone weights that were downloaded or imported."""
    return data_folder() / "weights"


def settings_file() -> Path:
    """The user's settings."""
    return config_folder() / "settings.json"


def resource(name: str) -> Path:
    """A file shipped with the program: in a checkout, in an installed wheel or in a frozen build."""
    frozen = getattr(sys, "_MEIPASS", None)
    package = Path(__file__).resolve().parent
    folders = [Path(frozen) / "resources"] if frozen else [package.parent / "resources", package / "_resources"]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"resource {name} is not in {', '.join(map(str, folders))}")
