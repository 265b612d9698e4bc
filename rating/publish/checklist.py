"""The checklist of a careful reader: fifteen questions, each answered with what was computed here.

Each item is a function from the material to its words and tables; where the edition has nothing to
compute it from, the words say so.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from rating.publish import annex, charts, evidence, tables
from rating.publish.asked import Asked, Check, Found
from rating.publish.intervals import OPTIONS, percent, signed
from rating.publish.material import Material
from rating.publish.pages import Picture, Pictures
from rating.publish.texts import Speaker, clean

MOST = 12
FAR = 10


def checklist(material: Material, say: Speaker, pictures: Pictures) -> tuple[Check, ...]:
    """The fifteen items in their order."""
    asked = Asked(material, say, pictures)
    found = []
    for number, item in enumerate(ITEMS, 1):
        text, grids = item(asked)
        title = say(f"check.title_{number}")
        found.append(Check(str(number), title, text, tuple(grid for grid in grids if grid.rows)))
    return tuple(found)


def _coverage(a: Asked) -> Found:
    """Coverage of indicators and pillars, a row of cells each, and who is out of the ranking."""
    facts, say = a.material.facts, a.say
    rows = []
    for item in facts.items[1:]:
        cells = [facts.cell(region, item) for region in facts.regions]
        have = sum(cell.status == "observed" for cell in cells)
        if item.kind == "node":
            scored = a.material.audit.coverage.filter(
                (pl.col("kind") == "node") & (pl.col("item") == item.id)
            )
            have = len(cells) - int(scored["unscored"].sum() or 0)
        share = have / max(len(cells), 1)
        svg = charts.heat([1.0 if cell.status == "observed" else None for cell in cells], side=4)
        held = Picture(a.pictures.add(svg), say("check.heat_alt", n=have, of=len(cells)))
        rows.append(
            (
                say.of(item.name),
                held if item.kind == "indicator" else "",
                signed(share, say),
            )
        )
    out = "; ".join(
        f"{say.of(one.name)}: {say(f'ranking.status_{one.status}').lower()}"
        for one in facts.unranked
    )
    text = say("check.text_1", out=out) if out else say("check.text_1_all")
    return text, (a.grid("grid_1", "item regions share", rows),)


def _treated(a: Asked) -> Found:
    count = a.material.facts.told.among.treated.height
    key = "check.text_2_top" if a.material.facts.grouped else "check.text_2"
    return a.say(key if count else "check.text_2_none", n=count), ()


def _correlations(a: Asked) -> Found:
    audit, say = a.material.audit, a.say
    flagged = audit.flags.head(2 * MOST)
    rows = [
        (
            f"{a.name(row['one'])} – {a.name(row['other'])}",
            say(f"check.flag_{row['flag']}"),
            say.number(row["pearson"], 2),
        )
        for row in flagged.iter_rows(named=True)
    ]
    inner = [
        (
            a.name(row["node"]),
            say.number(row["children"], 0),
            *a.numbers((row["alpha"], row["first"])),
        )
        for row in audit.consistency.iter_rows(named=True)
    ]
    return say("check.text_3", n=audit.flags.height, shown=flagged.height), (
        a.grid("grid_3", "pair flag pearson", rows),
        a.grid("grid_3b", "node children alpha first", inner),
    )


def _importance(a: Asked) -> Found:
    rows = []
    for row in a.material.audit.importance.iter_rows(named=True):
        if row["parent"] == a.material.facts.root.id:
            shares = (row["weight"], row["squared_share"], row["ratio_share"])
            rows.append(
                (
                    a.name(row["item"]),
                    *a.numbers((100 * s if s is not None else None for s in shares), 1),
                )
            )
    return a.say("check.text_4"), (a.grid("grid_4", "item weight squared ratio", rows),)


def _draws(a: Asked) -> Found:
    sure, say = a.material.sure, a.say
    if sure is None:
        return say("check.text_5_none"), ()
    drawn = sure.sure
    rows = drawn.ranks.drop_nulls(["rank", "median", "low", "high"])
    moved = [abs(median - rank) for rank, median in rows.select("rank", "median").iter_rows()]
    wide = sorted(high - low + 1 for low, high in rows.select("low", "high").iter_rows())
    count = max(len(moved), 1)
    text = say(
        "check.text_5",
        draws=drawn.draws,
        level=sure.level(say),
        width=say.number(wide[len(wide) // 2] if wide else None, 0),
        five=percent(sum(one > 5 for one in moved) / count, say),
        ten=percent(sum(one > 10 for one in moved) / count, say),
    )
    names = {one.assumption.id: say.of(one.assumption.name) for one in drawn.plan.factors}
    shifts = [
        (
            names.get(row["assumption"], row["assumption"]),
            _option(a, str(row["option"])),
            say.number(row["draws"], 0),
            say.number(row["shift"], 2),
        )
        for row in drawn.options.iter_rows(named=True)
    ]
    return text, (a.grid("grid_5", "assumption option draws shift", shifts[: 3 * MOST]),)


def _option(a: Asked, option: str) -> str:
    """An option of an assumption in words: an item by its name, a long formula cut."""
    if option in OPTIONS:
        return a.say(OPTIONS[option])
    return clean(a.name(option), 70)


def _sampling(a: Asked) -> Found:
    sure = a.material.sure
    if sure is None:
        return a.say("check.text_6_none"), ()
    realms = sure.sure.assumptions["realm"].to_list()
    key = "check.text_6" if "sampling" in realms else "check.text_6_modelling"
    counts = {"sampling": realms.count("sampling"), "modelling": realms.count("modelling")}
    return a.say(key, **counts), ()


def _groups(a: Asked) -> Found:
    sure, say = a.material.sure, a.say
    if sure is None:
        return say("check.text_7_none"), ()
    held = sorted(sure.held.items(), key=lambda pair: pair[1])
    rows = [(a.region(code), signed(share, say)) for code, share in held if a.told(code)][:MOST]
    text = say("check.text_7", n=len(sure.groups)) if sure.groups else say("ranking.shared_none")
    return text, (a.grid("grid_7", "region held", rows),)


def _leave_out(a: Asked) -> Found:
    kinds = a.material.audit.leave_out.sort("mean_shift", descending=True, nulls_last=True)
    origins = a.material.facts.result.origins
    cited = {one.cited("en"): clean(one.cited(a.say.lang), 160) for one in origins}
    rows = [
        (
            cited[row["left_out"]] if row["kind"] == "source" else a.name(row["left_out"]),
            a.say(f"check.kind_{row['kind']}"),
            a.say.number(row["mean_shift"], 1),
            a.say.number(row["max_shift"], 0),
        )
        for row in kinds.iter_rows(named=True)
    ]
    return a.say("check.text_8"), (a.grid("grid_8", "left kind mean max", rows[: 2 * MOST]),)


def _compensation(a: Asked) -> Found:
    frame = a.material.audit.compensability.filter(pl.col("gain") > FAR)
    rows = [
        (a.region(row["region"]), *a.numbers(
            (row["arithmetic"], row["geometric"], row["weakest"], row["gain"]), 0))
        for row in frame.sort("gain", descending=True).iter_rows(named=True)
    ]  # fmt: skip
    text = a.say("check.text_9", n=frame.height, far=FAR)
    return text, (a.grid("grid_9", "region arithmetic geometric weakest gain", rows[: 2 * MOST]),)


def _change(a: Asked) -> Found:
    held, say = a.material.history, a.say
    if held.refused:
        return say("check.text_10_refused", why=clean(held.refused, 400)), ()
    if held.before is None:
        return say("history.alone", year=str(held.editions[-1])), ()
    moved = [
        abs(change)
        for region in a.material.facts.result.ranks["region"]
        if (change := held.change(region)) is not None
    ]
    text = say(
        "check.text_10",
        before=str(held.before),
        year=str(held.editions[-1]),
        mean=say.number(sum(moved) / max(len(moved), 1), 1),
        most=say.number(max(moved, default=0), 0),
        n=len(moved),
    )
    return text, ()


def _added(a: Asked) -> Found:
    rows = [
        (a.name(row["pillar"]), signed(row["share"], a.say), a.say.number(row["spearman"], 2))
        for row in a.material.audit.added_value.iter_rows(named=True)
    ]
    return a.say("check.text_11"), (a.grid("grid_11", "item apart spearman", rows),)


def _sheet(a: Asked) -> Found:
    result, say = a.material.facts.result, a.say
    unsure = {annex.cited(source, say) for source in result.origins if not source.verified}
    key = "check.text_14_unsure" if unsure else "check.text_14"
    text = say(key, digest=result.digest, definitions=tables.definitions_digest(result))
    rows = [(source, say("annex.unverified")) for source in sorted(unsure)]
    return text, (a.grid("grid_14", "source state", rows),)


ITEMS: tuple[Callable[[Asked], Found], ...] = (
    _coverage,
    _treated,
    _correlations,
    _importance,
    _draws,
    _sampling,
    _groups,
    _leave_out,
    _compensation,
    _change,
    _added,
    evidence.outside,
    evidence.experts,
    _sheet,
    evidence.reply,
)
