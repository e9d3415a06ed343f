"""The tables of a project's database. Every change here needs a migration in `migrations/`; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, DateTime, Dialect, Integer, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite keeps no time zone: stored as UTC without one, handed out as UTC with one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware time to naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC to aware time."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """All tables of a project."""


class PropertyRecord(Base):
    """One fact about the project as a whole: its name, its region, the program version that wrote it last."""

    __tablename__ = "properties"

    key: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[Any] = mapped_column(JSON, nullable=True)


class SampleRecord(Base):
    """One stored image. `file` and `mask` are relative to the project folder, with forward slashes."""

    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    file: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    label: Mapped[str] = mapped_column(String)
    kind: Mapped[str | None] = mapped_column(String)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    mask: Mapped[str | None] = mapped_column(String)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    split: Mapped[str] = mapped_column(String, server_default="train")
    """Counts while it is no defect."""
    defect_split: Mapped[str] = mapped_column(String, server_default="test")
    """Counts while it is a defect, which is held out until a person gives it to methods that learn from defects."""
    source: Mapped[str | None] = mapped_column(String)
    """Where it came from: the imported file's path or the camera's address."""
    problem: Mapped[str | None] = mapped_column(String)
    """Code of the `ImageError` met when the stored file was last read, None while all is well."""


class ModelRecord(Base):
    """One trained model; `folder` is the name of its bundle folder below `models/`."""

    __tablename__ = "models"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bundle_id: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    folder: Mapped[str] = mapped_column(String, unique=True)
    detector: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(Boolean)


class ProblemRecord(Base):
    """A file that could not be imported, with the error that says why."""

    __tablename__ = "problems"

    path: Mapped[str] = mapped_column(String, primary_key=True)
    code: Mapped[str] = mapped_column(String)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
