"""Notes on an edition: who is out of it, what is missing, hidden, carried forward or refused."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from rating.publish.facts import Facts
from rating.publish.texts import Speaker, clean

DOUBTS = 10
"""Doubtful cells that a report names; the run names more of them."""


def edition_note(facts: Facts, say: Speaker) -> str:
    """What the section says of its edition, or nothing."""
    result = facts.result
    notes = (one.note for one in result.section.edition if one.year == result.edition)
    return say.of(next(notes, None))


def notes(facts: Facts, say: Speaker) -> Iterator[str]:
    """What a reader of this edition must know: who and what is left out, hidden or carried."""
    result = facts.result
    given = edition_note(facts, say)
    if given:
        yield given
    for status, key in (("outside", "annex.edition_outside"), ("thin", "annex.edition_thin")):
        names = [say.of(one.name) for one in facts.unranked if one.status == status]
        if names:
            yield say(key, names=", ".join(names))
    empty = [item for item in facts.items if item.kind == "node" and not facts.under(item)]
    if empty:
        yield say("annex.edition_empty", names=", ".join(say.of(item.name) for item in empty))
    values = facts.told.among.values
    missing = values.filter(pl.col("status") == "missing").height
    if missing:
        yield say("annex.edition_missing", n=missing, of=values.height)
    if facts.told.cells:
        yield _hidden(facts, say)
    yield from _table_notes(facts, say)
    if result.refused.height:
        yield say("annex.edition_refused", n=result.refused.height)
    if result.remarks.height:
        yield say("annex.edition_doubtful", n=result.remarks.height, places=_places(result.remarks))


def _places(remarks: pl.DataFrame) -> str:
    """Where the first doubtful cells stand, by file; what they hold is not published."""
    by_file = remarks.head(DOUBTS).group_by("file", maintain_order=True)
    listed = by_file.agg(at=pl.format("{} ({})", "row", "column").unique(maintain_order=True))
    return "; ".join(clean(f"{file}: {', '.join(at)}") for file, at in listed.iter_rows())


def _hidden(facts: Facts, say: Speaker) -> str:
    """How many figures are not published, and by which rule."""
    hidden, inputs = facts.told.hidden, facts.result.section.inputs
    rules = [given.disclosure for given in inputs.values() if given.disclosure is not None]
    reasons = dict(hidden.group_by("reason").len().iter_rows())
    nodes = hidden["item"].is_in([one.id for one in facts.items if one.kind == "node"]).sum()
    return say(
        "annex.edition_hidden",
        n=hidden.height,
        indicators=hidden.height - nodes,
        nodes=nodes,
        **{key: reasons.get(key, 0) for key in ("few", "dominant", "secondary")},
        least=max(rule.least for rule in rules),
        largest=say.number(100 * min(rule.largest for rule in rules), 0),
    )


def _table_notes(facts: Facts, say: Speaker) -> Iterator[str]:
    result = facts.result
    used = {table for indicator in result.indicators for table in indicator.input}
    years = dict(result.years.iter_rows())
    for table, given in sorted(result.section.inputs.items()):
        if table not in used:
            continue
        year, name = years.get(table), clean(table)
        if given.carry and year is not None:
            yield say("annex.edition_table_carried", table=name, year=str(year), n=given.carry)
        if given.absent == "zero":
            yield say("annex.edition_table_zero", table=name)
