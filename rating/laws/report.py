"""What a check found: every law with whether it holds, as a table."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import polars as pl

from rating.errors import Problem, RatingError

_SCHEMA = {
    "item": pl.String,
    "law": pl.String,
    "holds": pl.Boolean,
    "detail": pl.String,
    "cases": pl.Int64,
    "before": pl.String,
    "after": pl.String,
    "example": pl.String,
}


class Finding(NamedTuple):
    """One law, held against one node or indicator.

    Attributes:
        cases: against how many drawn worlds; 0 for what is not drawn.
        before: the smallest input that breaks the law.
        after: the input it is compared with.
        example: the input as an example to paste into the definition.
    """

    item: str
    law: str
    holds: bool
    detail: str = ""
    cases: int = 0
    before: str = ""
    after: str = ""
    example: str = ""


class CheckError(RatingError):
    """A definition that breaks a law or an example; the message carries the table."""

    exit_code: ClassVar[int] = 1

    def __init__(self, report: Report) -> None:
        super().__init__(
            Problem(f"{row['item']}, {row['law']}", row["detail"])
            for row in report.findings.iter_rows(named=True)
        )
        self.args = (str(report),)


@dataclass(frozen=True, eq=False)
class Report:
    """The outcome of a check.

    Attributes:
        subject: the section or the indicator.
        rows: item, law, holds, detail, cases, before, after, example: everything that was checked.
        scope: what the laws were held against, as "2 examples, editions 2018, 2019 of the data".
        brief: the text shows what does not hold and leaves out the rest.
    """

    subject: str
    rows: pl.DataFrame
    scope: str
    brief: bool = False

    @classmethod
    def of(
        cls, subject: str, found: Iterable[Finding], *, scope: str, brief: bool = False
    ) -> Report:
        """A report of findings in the order they were made."""
        return cls(subject, pl.DataFrame(list(found), _SCHEMA, orient="row"), scope, brief)

    @property
    def findings(self) -> pl.DataFrame:
        """What does not hold, in the columns of ``rows``."""
        return self.rows.filter(~pl.col("holds"))

    @property
    def ok(self) -> bool:
        """Whether all examples and laws hold."""
        return self.findings.is_empty()

    def raise_if_failed(self) -> None:
        """End with an error that shows the table, if anything does not hold.

        Raises:
            CheckError: with every finding.
        """
        if not self.ok:
            raise CheckError(self)

    def _shown(self) -> pl.DataFrame:
        return self.findings if self.brief else self.rows

    def _title(self) -> str:
        count = self.findings.height
        outcome = "everything holds" if self.ok else f"{count} finding{'s' if count > 1 else ''}"
        return f"{self.subject}: {outcome} ({self.scope})"

    def __str__(self) -> str:
        lines = [self._title()]
        told = [_told(row) for row in self._shown().iter_rows(named=True)]
        rows = [("item", "law", "holds", "detail"), *told]
        if len(rows) > 1:
            widths = [max(len(row[place]) for row in rows) for place in range(3)]
            lines.append("")
            lines += ["  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in rows]
        lines += [line for row in self.findings.iter_rows(named=True) for line in _smallest(row)]
        return "\n".join(line.rstrip() for line in lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        names = ("item", "law", "holds", "cases", "detail", "smallest input", "compared with")
        head = "".join(f"<th>{name}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(row)) + "</tr>"
            for row in self._shown().iter_rows(named=True)
        )
        table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>" if body else ""
        return f"<table><caption>{html.escape(self._title())}</caption>{table}</table>"


def _told(row: dict[str, Any]) -> tuple[str, str, str, str]:
    drawn = f"{row['cases']} worlds" if row["holds"] and row["cases"] else ""
    return row["item"], row["law"], "yes" if row["holds"] else "no", row["detail"] or drawn


def _cells(row: dict[str, Any]) -> list[str]:
    cases = str(row["cases"] or "")
    plain = [row["item"], row["law"], "yes" if row["holds"] else "no", cases, row["detail"]]
    inputs = [
        f"<pre>{html.escape(row[key])}</pre>" if row[key] else "" for key in ("before", "after")
    ]
    return [*map(html.escape, plain), *inputs]


def _smallest(row: dict[str, Any]) -> list[str]:
    """The smallest input of a broken law, what it is compared with, and an example to paste."""
    if not row["before"]:
        return []
    lines = ["", f"{row['item']}, {row['law']}: the smallest input that breaks it"]
    lines += [f"  {line}" for line in row["before"].splitlines()]
    if row["after"]:
        lines += ["compared with", *(f"  {line}" for line in row["after"].splitlines())]
    return [*lines, "to keep it, paste", *(f"  {line}" for line in row["example"].splitlines())]
