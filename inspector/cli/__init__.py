"""The command line. Every capability is reachable here without the window, for automation and for tests.

Nothing heavy is imported before a command runs: `inspector --help` answers at once.
"""

from inspector.cli.entry import main

__all__ = ["main"]
