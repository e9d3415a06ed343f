"""Where things are inside a project folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATABASE_NAME = "project.sqlite"


@dataclass(frozen=True, slots=True)
class ProjectLayout:
    """Paths below one project folder; nothing here touches the disk but `create`."""

    root: Path

    @property
    def database(self) -> Path:
        """Samples, labels, models: everything but pixels and bundles."""
        return self.root / DATABASE_NAME

    @property
    def lock(self) -> Path:
        """Held while a program has the project open for writing."""
        return self.root / "project.lock"

    @property
    def images(self) -> Path:
        """Samples, named by content: `images/ab/abcdef….png`."""
        return self.root / "images"

    @property
    def masks(self) -> Path:
        """One PNG per sample whose defect was outlined."""
        return self.root / "masks"

    @property
    def models(self) -> Path:
        """One folder per model bundle."""
        return self.root / "models"

    @property
    def comparison(self) -> Path:
        """Finished pairings of methods and data, with their models and tables; can be made again."""
        return self.root / "comparison"

    @property
    def records(self) -> Path:
        """Every inspection that used a model of the project."""
        return self.root / "records.sqlite"

    @property
    def thumbnails(self) -> Path:
        """Can be deleted at any time."""
        return self.root / "cache" / "thumbnails"

    @property
    def incoming(self) -> Path:
        """Files that are being written; what is found here when a project is opened was cut short by a crash."""
        return self.root / "cache" / "incoming"

    def create(self) -> None:
        """Make the folders that are missing. Raises OSError."""
        for folder in (self.images, self.masks, self.models, self.thumbnails, self.incoming):
            folder.mkdir(parents=True, exist_ok=True)

    def relative(self, path: Path) -> str:
        """How a file inside the project is written into the database."""
        return path.relative_to(self.root).as_posix()


def is_project(folder: Path) -> bool:
    """True if the folder holds a project's database."""
    return (folder / DATABASE_NAME).is_file()
