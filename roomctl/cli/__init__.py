"""The command line: `roomctl --help` lists what it can do."""

from roomctl.cli.main import main

__all__ = ["main"]
