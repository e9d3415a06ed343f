"""The user's settings: declared once with type and default, kept in one JSON file that is replaced atomically."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from inspector import paths

logger = logging.getLogger(__name__)

RECENT_LIMIT = 12


class Settings(BaseModel):
    """Unknown keys of a newer version are kept, so that going back a version loses nothing."""

    model_config = ConfigDict(extra="allow", validate_assignment=True)

    theme: Literal["system", "light", "dark"] = "system"
    recent_projects: list[Path] = []
    colour_map: Literal["inferno", "turbo", "viridis"] = "inferno"
    heatmap_opacity: float = 0.5
    show_heatmap: bool = True
    show_contours: bool = True
    show_camera: bool = False
    """While a live source is inspected, show its picture instead of the judged part."""
    inspection_source: tuple[str, str] | None = None
    """Kind and address of the source inspected last."""
    camera_read_timeout_s: float = 2.0
    proxy: str | None = None
    training_pace: float = 1.0
    """How many times as long as estimated training takes on this computer, learned from each one."""

    def remember_project(self, folder: Path) -> None:
        """Put a project at the top of the recent ones."""
        self.recent_projects = [folder, *(item for item in self.recent_projects if item != folder)][:RECENT_LIMIT]

    def save(self, file: Path | None = None) -> None:
        """Write atomically: a kill leaves the old file or the new one. Raises OSError."""
        target = file or paths.settings_file()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(self.model_dump_json(indent=2), encoding="utf-8")
        temporary.replace(target)


def load_settings(file: Path | None = None) -> Settings:
    """The stored settings; a damaged file is set aside (`settings.json.damaged`) and defaults are used."""
    source = file or paths.settings_file()
    try:
        return Settings.model_validate_json(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        logger.warning("settings could not be read: %s", error)
        _set_aside(source)
        return Settings()


def _set_aside(file: Path) -> None:
    try:
        file.replace(file.with_name(file.name + ".damaged"))
    except OSError as error:  # a folder that cannot be written to must not keep the program from starting
        logger.warning("%s could not be set aside: %s", file, error)
