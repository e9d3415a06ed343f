"""A benchmark's rows as JSON, CSV, Markdown and one HTML page. No figure without its n."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from inspector.jobs.benchmark_report import benchmark_report
from inspector.jobs.figures import RateFigure
from inspector.jobs.output import write_output
from inspector.jobs.pairing import BenchmarkRow

_NOT_IN_TABLES = ("scores_good", "scores_defect", "source", "bundle")


def write_tables(folder: Path, rows: Sequence[BenchmarkRow]) -> None:
    """Write `results.json`, `results.csv`, `results.md` and `results.html`. Raises `output_failed`."""
    content = [row.model_dump(mode="json") for row in rows]
    write_output(folder / "results.json", json.dumps(content, indent=2, ensure_ascii=False))
    write_output(folder / "results.csv", as_csv(rows))
    write_output(folder / "results.md", as_markdown(rows))
    write_output(folder / "results.html", benchmark_report(rows))


def as_csv(rows: Sequence[BenchmarkRow]) -> str:
    """One line for each row, with titles; single scores are in the JSON only."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _flat_names())
    writer.writeheader()
    writer.writerows(map(_flat, rows))
    return text.getvalue()


def as_markdown(rows: Sequence[BenchmarkRow]) -> str:
    """The same as a Markdown table."""
    titles = _flat_names()
    body = [[value.replace("|", "\\|") for value in _flat(row).values()] for row in rows]
    lines = [titles, ["---"] * len(titles), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _flat_names() -> list[str]:
    return [name for name in BenchmarkRow.model_fields if name not in _NOT_IN_TABLES]


def _flat(row: BenchmarkRow) -> dict[str, str]:
    return {name: _text(getattr(row, name)) for name in _flat_names()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, RateFigure):
        return f"{value.count}/{value.n} [{value.low:.3f}, {value.high:.3f}]"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
