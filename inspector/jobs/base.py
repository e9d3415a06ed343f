"""What all jobs share: their description is data, so that it can be sent to a child process."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Job(BaseModel):
    """A description of long work; the work itself is a function of (job, progress, cancel)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def partial_outputs(self) -> list[Path]:
        """Files and folders that the work may leave behind when its process is killed; they are removed then."""
        return []
