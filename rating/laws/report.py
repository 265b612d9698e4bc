"""What a check found: every law with whether it holds, as a table."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import polars as pl

from rating.errors import Problem, RatingError

_SCHEMA = {"item": pl.String, "law": pl.String, "holds": pl.Boolean, "detail": pl.String}


class Finding(NamedTuple):
    """One law, held against one node or indicator."""

    item: str
    law: str
    holds: bool
    detail: str = ""


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
        rows: item, law, holds, detail: everything that was checked.
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
        """item, law, holds, detail: what does not hold."""
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
        rows = [("item", "law", "holds", "detail"), *map(_told, self._shown().iter_rows())]
        if len(rows) > 1:
            widths = [max(len(row[place]) for row in rows) for place in range(3)]
            lines.append("")
            lines += ["  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in rows]
        return "\n".join(line.rstrip() for line in lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("item", "law", "holds", "detail"))
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _told(row)) + "</tr>"
            for row in self._shown().iter_rows()
        )
        table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>" if body else ""
        return f"<table><caption>{html.escape(self._title())}</caption>{table}</table>"


def _told(row: tuple[Any, ...]) -> tuple[str, str, str, str]:
    item, law, holds, detail = row
    return item, law, "yes" if holds else "no", detail
