"""Items of the checklist that look outside the index: outcomes, coders, what is contested."""

from __future__ import annotations

import polars as pl

from rating.publish.asked import Asked, Found
from rating.publish.texts import clean

# Fewer regions say nothing of a correlation.
LEAST = 10
MOST = 24


def outside(a: Asked) -> Found:
    """How the index goes with what the edition holds and the index does not use."""
    result = a.material.facts.told.among
    used = result.tree.scored()
    index = result.ranks.filter(pl.col("rank").is_not_null()).select("region", index="score")
    found = (
        result.values.filter(~pl.col("indicator").is_in(used))
        .join(index, on="region")
        .drop_nulls(["score", "index"])
        .group_by("indicator", maintain_order=True)
        .agg(pl.len(), r=pl.corr("score", "index", method="spearman"))
        .filter((pl.col("len") >= LEAST) & pl.col("r").is_finite())
    )
    if found.is_empty():
        return a.say("check.text_12_none"), ()
    rows = [
        (a.name(row["indicator"]), a.say.number(row["len"], 0), a.say.number(row["r"], 2))
        for row in found.sort("r", descending=True).iter_rows(named=True)
    ]
    text = a.say("check.text_12", n=len(rows), shown=min(len(rows), MOST))
    return text, (a.grid("grid_12", "item number spearman", rows[:MOST]),)


def experts(a: Asked) -> Found:
    """Krippendorff's alpha of each block of the checklist of coded items."""
    found = a.material.agreement
    if found is None:
        return a.say("check.text_13_none"), ()
    rows = []
    for row in found.blocks.iter_rows(named=True):
        verdict = (
            "alone" if row["alpha"] is None
            else "publish" if row["publishable"]
            else "again" if row["adjudicate"]
            else "care"
        )  # fmt: skip
        ends = [a.say.number(row[end], 2) for end in ("low", "high")]
        rows.append(
            (
                clean(row["block"], 40),
                *(a.say.number(row[key], 0) for key in ("items", "units", "differing")),
                a.say.number(row["unresolved"], 0),
                a.say.number(row["alpha"], 2),
                "–".join(ends) if row["alpha"] is not None else "—",
                a.say(f"check.verdict_{verdict}"),
            )
        )
    heads = "block items units differing unresolved alpha interval verdict"
    return a.say("check.text_13"), (a.grid("grid_13", heads, rows),)


def reply(a: Asked) -> Found:
    """What was refused or is contested, and how a correction would be seen."""
    facts = a.material.facts
    refused, found = facts.result.refused, a.material.agreement
    contested = 0 if found is None else int(found.blocks["unresolved"].sum())
    parts = [
        a.say("check.text_15_refused", n=refused.height)
        if refused.height
        else a.say("check.text_15_none")
    ]
    if contested:
        parts.append(a.say("check.text_15_coded", n=contested))
    parts.append(a.say("check.text_15"))
    counted = refused.group_by("table", "rule").len().sort("table", "rule")
    rows = [
        (clean(row["table"], 60), clean(row["rule"], 90), a.say.number(row["len"], 0))
        for row in counted.head(MOST).iter_rows(named=True)
    ]
    return " ".join(parts), (a.grid("grid_15", "table rule rows", rows),)
