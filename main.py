"""Launcher: hands over to the command line; without arguments that opens the window."""

from inspector.cli import main

if __name__ == "__main__":
    main()
