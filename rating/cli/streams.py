"""Results on stdout, everything else on stderr; neither ends a command by breaking."""

from __future__ import annotations

import io
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What a cell of a table or the name of a file could do to a terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def prepare() -> None:
    """Let a character that the terminal's encoding lacks be written as its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a result.

    Raises:
        OSError: stdout cannot be written, as on a disk that is full.
    """
    try:
        print(_harmless(text), flush=True)
    except BrokenPipeError:
        # The reader, such as head, has enough: what is left to say goes nowhere.
        silence()


@contextmanager
def logged(wanted: bool) -> Iterator[None]:
    """Write the library's log on stderr, for the time of a command."""
    logger = logging.getLogger("rating")
    handler = logging.StreamHandler(sys.stderr)
    if wanted:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def tell(text: str) -> None:
    """Write an error or a warning."""
    with suppress(OSError):
        print(_harmless(text), file=sys.stderr, flush=True)


def silence() -> None:
    """Drop what stdout cannot take: the interpreter would complain of it at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _harmless(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
