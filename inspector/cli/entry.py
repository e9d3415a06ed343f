"""Where the program starts: the commands, what their failures become, and the window when no command is given."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated

import typer

from inspector import __version__, paths
from inspector.cli import catalogue, comparing, demo, models, recorded, weights
from inspector.cli.console import complain
from inspector.cli.selftest import selftest
from inspector.errors import Cancelled, InspectorError, shortage
from inspector.messages import sentence

logger = logging.getLogger(__name__)

_LOG = "command"
_READER_GONE = (errno.EPIPE, errno.EINVAL)  # Windows says the second
_INTERRUPTED = 130

app = typer.Typer(
    name="inspector",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Teach a computer what a good part looks like, then have every part judged. "
    "Without a command, the window opens.",
    epilog="Exit codes: 0 done; 1 not possible, a sentence on stderr says why; 2 wrong usage.",
)
app.command("demo")(demo.demo)
app.command("train")(models.train)
app.command("evaluate")(models.evaluate)
app.command("predict")(models.predict)
app.command("export")(models.export)
app.command("benchmark")(comparing.benchmark)
app.command("records")(recorded.records)
app.command("detectors")(catalogue.detectors)
app.command("backbones")(catalogue.backbones)
app.command("cameras")(catalogue.cameras)
app.add_typer(weights.app, name="weights")
app.command("selftest")(selftest)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Inspector {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _window(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        raise typer.Exit(demo.open_window())
    from inspector import logs

    cleanup: ExitStack = context.obj
    cleanup.callback(logs.install(_LOG).remove)


def main() -> None:
    """Run the program with the process's arguments and end the process."""
    multiprocessing.freeze_support()
    _provide_streams()
    code = run(sys.argv[1:])
    sys.exit(code if _delivered() else 1)


def _provide_streams() -> None:
    """A windowed program has no standard streams, and a caller may have closed them; what is said is lost then."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the whole life


def _delivered() -> bool:
    """Whether all that was printed has reached its file or pipe. Nobody is told when the reader has gone, as after
    `| head`: that is what they wanted."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _READER_GONE:
            complain(sentence(InspectorError("output_failed", path="stdout", reason=error.strerror or str(error))))
        # What could not be written would be tried again, and fail again, at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error.errno in _READER_GONE
    return True


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; the exit code: 0 done, 1 it could not be met (one sentence on stderr), 2 wrong usage."""
    with ExitStack() as cleanup:
        try:
            app(list(arguments), prog_name="inspector", obj=cleanup)
        except SystemExit as ending:  # typer ends every command so
            if ending.code == _INTERRUPTED:
                complain("Cancelled.")
                return 1
            return ending.code if isinstance(ending.code, int) else 1
        except InspectorError as error:
            complain(sentence(error))
        except (Cancelled, KeyboardInterrupt):
            complain("Cancelled.")
        except Exception as error:  # the last line of defence: log it all, tell one sentence
            known = shortage(error)
            logger.log(logging.INFO if known else logging.ERROR, "unexpected error", exc_info=True)
            complain(sentence(known) if known else _report(error))
    return 1


def _report(error: Exception) -> str:
    file = paths.log_folder() / f"{_LOG}.log"
    return f"An error in Inspector itself ended the command ({_short(error)}). Please report it with {file}."


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
