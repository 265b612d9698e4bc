"""Whether this process can compute: one that was forked from one that did has lost its threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import polars as pl

from rating.errors import Problem, UsageError

PATIENCE = 5.0
"""Seconds after which two columns that are not calculated never will be."""

_forked: list[int] = []
_P = ParamSpec("_P")
_T = TypeVar("_T")


def require_threads() -> None:
    """See that polars answers, in a process that was forked.

    The threads of polars stay in the process that started them, and a forked copy of it would wait
    for them without end. A process forked before they were started has its own.

    Raises:
        UsageError: they are lost.
    """
    if not _forked:
        return
    asked = threading.Thread(target=_ask, daemon=True)
    asked.start()
    asked.join(PATIENCE)
    if asked.is_alive():
        what = "was forked from one that has used polars, whose threads do not come with it"
        remedy = 'start processes afresh: multiprocessing.get_context("spawn")'
        raise UsageError(Problem(f"process {os.getpid()}", what, remedy))
    _forked.clear()


def computing(work: Callable[_P, _T]) -> Callable[_P, _T]:
    """The same work, refused in a process that has lost the threads for it."""

    @wraps(work)
    def seen(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        require_threads()
        return work(*args, **kwargs)

    return seen


def _ask() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": [2, 1]})
    frame.lazy().select(pl.col("a").sort(), pl.col("b").sort()).collect()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=lambda: _forked.append(os.getpid()))
