"""How a command ends: its exit code, and the one message that a mistake deserves."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from typer.main import get_command

from rating.cli.commands import app
from rating.cli.streams import logged, prepare, silence, tell
from rating.errors import RatingError, UsageError

BUG = 70
INTERRUPTED = 130


def main() -> None:
    """The command ``rating``, with the arguments of the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line.

    Args:
        arguments: the words after ``rating``.

    Returns:
        The exit code: 0 fine, 1 findings, 2 usage or definition, 3 data, 70 a bug of ours.
    """
    prepare()
    verbose = "--verbose" in arguments
    try:
        with logged(verbose):
            return _command(arguments)
    except RatingError as error:
        tell(f"{type(error).__name__}: {error}")
        return error.exit_code
    except OSError as error:
        # A disk that is full or a folder without permission is no fault of ours.
        silence()
        tell(f"UsageError: {error.filename or 'the output'}:\n  {error.strerror or error}")
        return UsageError.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if verbose:
            traceback.print_exc()
        first = next(iter(str(error).splitlines()), "")
        tell(
            f"a bug in rating: {type(error).__name__}: {first[:300]}\n"
            "  please report it with the command and its files; --verbose shows where it happened"
        )
        return BUG


def _command(arguments: Sequence[str]) -> int:
    try:
        # A mistyped command or option is told and ended by typer itself, with 2.
        get_command(app)(args=list(arguments), prog_name="rating")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
