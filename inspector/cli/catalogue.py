"""The commands that list what there is: methods, backbones, cameras."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli.console import print_table, write_json

if TYPE_CHECKING:
    from inspector.detectors.parameters import Declaration

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def detectors(json: Json = False) -> None:
    """List the methods with their parameters."""
    from inspector.detectors.parameters import declarations
    from inspector.detectors.registry import detector_ids, detector_type

    kinds = [detector_type(detector_id) for detector_id in detector_ids()]
    found = [
        {
            "id": kind.id,
            "title": kind.title,
            "summary": kind.summary,
            "parameters": [_declared(item) for item in declarations(kind.parameters_type)],
        }
        for kind in kinds
    ]
    if json:
        return write_json(Path("-"), found)
    rows = []
    for kind in kinds:
        rows.append((kind.id, kind.title, kind.summary))
        rows += [
            (f"  {item.name}", f"{item.title} (default {item.default})", item.help)
            for item in declarations(kind.parameters_type)
        ]
    print_table(("Id, parameters", "Title", "What it is"), rows)


def _declared(item: Declaration) -> dict[str, Any]:
    return {**asdict(item), "type": item.type.__name__}


def backbones(json: Json = False) -> None:
    """List the features that methods can use, and whether their weights are on this computer."""
    from inspector.features.registry import backbone_infos
    from inspector.features.weights import available

    infos = [(info, available(info.id)) for info in backbone_infos()]
    if json:
        return write_json(Path("-"), [{**asdict(info), "available": here} for info, here in infos])
    print_table(
        ("Name", "Here", "Title", "What it is", "Layers"),
        [(info.id, "yes" if here else "no", info.title, info.summary, ", ".join(info.layers)) for info, here in infos],
    )


def cameras(json: Json = False) -> None:
    """List the cameras that were found and the simulated ones."""
    from inspector.cameras.registry import list_cameras

    infos = list_cameras()
    if json:
        return write_json(Path("-"), [{**asdict(info), "source": str(info.source)} for info in infos])
    print_table(("Source", "Title"), [(str(info.source), info.title) for info in infos])
