"""`python -m inspector` is the same program as the `inspector` command."""

from inspector.cli import main

if __name__ == "__main__":
    main()
