"""The command line: one module for the commands, one for how every command ends."""

from rating.cli.run import main, run

__all__ = ["main", "run"]
