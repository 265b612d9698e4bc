"""What goes wrong, said so that the reader can mend it: file, place, rule, remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it stands, and what to do about it.

    Attributes:
        where: file and place in it, as ``graduates.toml, version 2016-10-06, value``.
        what: the rule that is broken, with the offending name or value.
        remedy: what to write instead; empty where ``what`` already says it.
        formula: the text of a formula, where the problem is inside one.
        span: first character and length of the offending part of ``formula``.
    """

    where: str
    what: str
    remedy: str = ""
    formula: str = ""
    span: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        lines = [f"{self.where}:", f"  {self.what}"]
        if self.formula:
            start, length = self.span
            lines += [f"    {self.formula}", "    " + " " * start + "^" * max(length, 1)]
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(lines)


class RatingError(Exception):
    """The base of every error of this library; carries all problems found, not the first.

    Attributes:
        problems: what is wrong, in the order of files and rows.
        exit_code: what the command line ends with.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(RatingError):
    """A call or a command line that asks for what is not there."""

    exit_code = 2


class DefinitionError(RatingError):
    """A section, node, indicator or formula that breaks a rule."""

    exit_code = 2


class DataError(RatingError):
    """A table that does not hold what the section declares."""

    exit_code = 3


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence with the known name closest to a misspelt one, or the list of names.

    Example:
        >>> nearest("gradautes", ["graduates", "people"])
        "did you mean 'graduates'?"
    """
    names: Sequence[str] = sorted(set(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 40 else ""
