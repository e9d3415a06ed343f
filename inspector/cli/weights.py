"""The commands about backbone weights: which are here, fetch them, take them from files, carry them elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inspector.cli.console import complain, print_table, working

if TYPE_CHECKING:
    from inspector.features.weights_transfer import ImportedFile

app = typer.Typer(no_args_is_help=True, help="List, fetch, import, export and remove backbone weights.")

Backbone = Annotated[str, typer.Argument(metavar="NAME", help="A backbone (see 'inspector backbones').")]
_DIGITS = 12


@app.command("list")
def list_weights() -> None:
    """Show which weights are on this computer, how they came here, and where they lie."""
    from inspector.features.weights import clear_leftovers, weights_rows
    from inspector.tasks import CancelToken

    clear_leftovers()
    rows = [
        (
            row.info.id,
            row.state,
            f"{row.size / 1e6:.1f} MB" if row.size else "",
            row.sha256[:_DIGITS],
            str(row.path or ""),
            row.info.file_name or "",
            row.info.licence,
        )
        for row in weights_rows(CancelToken())
    ]
    print_table(("Backbone", "State", "Size", "SHA-256", "Where", "Official file", "Licence"), rows)


@app.command("download")
def download(name: Backbone) -> None:
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


@app.command("import-folder")
def import_from_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder with files of weights, on a stick say.")],
) -> None:
    """Import every file of a folder that belongs to a known backbone; exit code 1 if one could not be used."""
    from inspector.features.weights_transfer import import_folder

    with working() as (progress, cancel):
        files = import_folder(folder, progress, cancel)
    for file in files:
        typer.echo(_told(file))
    refused = [file for file in files if file.error is not None]
    if refused:
        complain(f"Not imported: {len(refused)} of {len(files)} files. The lines above say why.")
        raise typer.Exit(1)


def _told(file: ImportedFile) -> str:
    from inspector.messages import sentence

    if file.error is not None:
        return f"{file.path.name}: {sentence(file.error)}"
    words = {"imported": "imported as {}", "here": "already here ({})", "embedded": "comes with the program ({})"}
    return f"{file.path.name}: {words[file.state].format(file.name)}"


@app.command("export-folder")
def export_to_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copies go; made if need be.")],
) -> None:
    """Copy the imported and downloaded weights to a folder, with their checksums, for import-folder elsewhere."""
    from inspector.features.weights_transfer import export_folder

    with working() as (progress, cancel):
        copies = export_folder(folder, progress, cancel)
    for path in copies:
        typer.echo(f"Copied: {path}")


@app.command("remove")
def remove(name: Backbone) -> None:
    """Delete a backbone's imported weights, or else the downloaded ones."""
    from inspector.features.weights import remove_weights

    typer.echo(f"Removed: {remove_weights(name)}")
