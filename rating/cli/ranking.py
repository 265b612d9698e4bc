"""The first regions of a ranking, as lines for the screen."""

from __future__ import annotations

import polars as pl

from rating.errors import DataError, Problem
from rating.result import Rating

LISTED = 10
"""Regions without a place that are told one by one."""


def require_ranked(result: Rating, allowed: bool) -> None:
    """See that somebody is ranked, unless a ranking of nobody was asked for.

    Raises:
        DataError: nobody is; with the rule that left each region out.
    """
    if result.ranks["rank"].count() or allowed:
        return
    what = f"0 of {result.ranks.height} regions ranked, and nothing is written"
    remedy = "mend the data or the rule; to go on all the same: --allow-unranked"
    place = f"{result.section.id}, {result.edition}"
    told = (Problem(place, line) for line in unranked(result))
    raise DataError([*told, Problem(place, what, remedy)])


def unranked(result: Rating) -> list[str]:
    """Which rule left how many regions without a place, a line each."""
    left = result.ranks.filter(pl.col("reason").is_not_null())
    rules = left.group_by("reason").agg(pl.col("region").sort()).sort("reason")
    lines = []
    for reason, regions in rules.iter_rows():
        more = f" and {len(regions) - LISTED} more" if len(regions) > LISTED else ""
        lines.append(f"not ranked: {', '.join(regions[:LISTED])}{more}: {reason}")
    return lines


def top(result: Rating, count: int = 10) -> str:
    """The first regions of the ranking as lines of a table."""
    ranks = result.ranks
    ranked = ranks["rank"].count()
    lines = [
        f"{result.section.name.en}, {result.edition}: {ranked} of {ranks.height} regions ranked",
        "",
    ]
    rows = [
        (
            str(row["rank"]),
            row["region"],
            result.name(row["region"]),
            result.scale.number(row["score"], "en", more=1),
            row["group"] or "",
        )
        for row in ranks.head(min(count, ranked)).iter_rows(named=True)
    ]
    if rows:
        rank, region, name, score = (max(len(row[place]) for row in rows) for place in range(4))
        lines += [
            f"{r[0]:>{rank}}  {r[1]:{region}}  {r[2]:{name}}  {r[3]:>{score}}  {r[4]}".rstrip()
            for r in rows
        ]
    left = unranked(result)
    return "\n".join([*lines, *([""] if rows and left else []), *left])
