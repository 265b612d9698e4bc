"""The first regions of a ranking, as lines for the screen."""

from __future__ import annotations

from rating.result import Rating


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
    return "\n".join(lines)
