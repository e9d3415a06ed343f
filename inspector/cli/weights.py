"""The commands about backbone weights: which are here, fetch them, take them from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.console import print_table, working

app = typer.Typer(no_args_is_help=True, help="List, fetch and import backbone weights.")


@app.command("list")
def list_weights() -> None:
    """Show which weights are on this computer, and where."""
    from inspector.features.registry import backbone_infos
    from inspector.features.weights import stored_weights

    rows = []
    for info in backbone_infos():
        stored = None if info.embedded else stored_weights(info.id)
        place = "built in" if info.embedded else str(stored.path) if stored else "not here"
        rows.append((info.id, place, info.file_name or "", info.licence))
    print_table(("Backbone", "Weights", "Official file", "Licence"), rows)


@app.command("download")
def download(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A backbone (see 'inspector backbones').")],
) -> None:
    """Fetch a backbone's official weights from the internet."""
    from inspector.features.download import download_weights
    from inspector.settings import load_settings

    with working() as (progress, cancel):
        path = download_weights(name, progress, cancel, load_settings().proxy)
    typer.echo(f"Stored: {path}")


@app.command("import")
def import_file(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The backbone that the file belongs to.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A state dict (.pth) or .safetensors.")],
) -> None:
    """Check a file of weights and keep it for later trainings."""
    from inspector.features.weights import import_weights

    typer.echo(f"Stored: {import_weights(name, file)}")
