"""The command that tells what a station recorded: records."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inspector.cli.console import complain, print_table, working, write_json
from inspector.evaluation.judge import Verdict

if TYPE_CHECKING:
    from inspector.jobs.records import RecordSummary
    from inspector.station.records import Record

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
_TITLES = ("Time", "Source", "Part", "Verdict", "Score", "Fault", "Model", "Latency, ms")


def records(
    place: Annotated[Path, typer.Argument(metavar="PROJECT", help="A project's folder, or a file with records.")],
    since: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help="From then on, in local time.", metavar="TIME")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help="Before then, in local time.", metavar="TIME")
    ] = None,
    verdict: Annotated[list[Verdict] | None, typer.Option(help="Only this verdict; repeatable.")] = None,
    source: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only from this camera or source.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Only by the model of this name.")] = None,
    last: Annotated[int, typer.Option(min=0, metavar="N", help="List so many of the newest.")] = 20,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of them as CSV.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the counts as JSON; - is stdout.")] = None,
) -> None:
    """Count and list inspections that were recorded, while the station goes on or afterwards."""
    from inspector.jobs.records import opened, summary, write_csv
    from inspector.station.records import RecordFilter

    wanted = RecordFilter(_aware(since), _aware(until), tuple(verdict or ()), source, model)
    with opened(place) as store:
        counted = summary(store, wanted)
        if json is not None:
            write_json(json, counted)
        if str(json) != "-":
            _show(counted, store.newest(last, wanted))
        if csv is not None:
            with working() as (progress, cancel):
                written = write_csv(store, wanted, csv, progress, cancel)
            complain(f"{written} records written to {csv}.")


def _aware(moment: datetime | None) -> datetime | None:
    """What a person types is the time on the wall."""
    return None if moment is None else moment.astimezone()


def _show(counted: RecordSummary, newest: list[Record]) -> None:
    if newest:
        print_table(_TITLES, [_cells(record) for record in newest])
    total = sum(counted.verdicts.values())
    parts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counted.verdicts.items())
    typer.echo(f"{total} records: {parts}.")
    if counted.passed.rate is not None:
        share = counted.passed
        typer.echo(
            f"Passed: {share.rate:.1%} of {share.n} inspected (95 % interval {share.low:.1%} to {share.high:.1%})."
        )


def _cells(record: Record) -> list[str]:
    return [
        f"{record.inspected_at.astimezone():%Y-%m-%d %H:%M:%S}",
        record.source,
        str(record.number),
        record.verdict.replace("_", " ").upper(),
        "" if record.score is None else f"{record.score:.4f}",
        record.fault or "",
        record.model_name,
        f"{record.latency_ms:.0f}",
    ]
