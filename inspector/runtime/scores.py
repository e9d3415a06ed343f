"""`scores.json`: the raw scores behind a bundle's thresholds and figures, so that both can be looked at again later."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, TypeAdapter

from inspector.data.dataset import Label, Split


class ScoreRow(BaseModel):
    """One scored image. `score` is raw; `cross_validated` says that the detector which gave it had not learned from
    this image although the bundle's detector has."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    sha256: str
    name: str
    label: Label
    kind: str | None
    split: Split
    score: float
    cross_validated: bool


_ROWS = TypeAdapter(list[ScoreRow])


def dump_scores(rows: list[ScoreRow]) -> bytes:
    """The rows as UTF-8 JSON; every score survives to the last bit."""
    return _ROWS.dump_json(rows, indent=1)


def parse_scores(content: bytes) -> list[ScoreRow]:
    """Take back what `dump_scores` gave. Raises pydantic's ValidationError."""
    return _ROWS.validate_json(content)
