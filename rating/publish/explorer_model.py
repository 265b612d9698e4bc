"""What the explorer's script knows of a rating: names, scores, weights and methods."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from rating.publish import charts
from rating.publish.facts import Facts, Item, gather
from rating.publish.texts import TEXT_LENGTH, catalogue, clean
from rating.resources import VERSION
from rating.steps.aggregate import is_alone
from rating.text import SYNTHETIC, Lang, Text

if TYPE_CHECKING:
    from rating.result import Rating

TEXTS = "explorer/texts.toml"
LANGUAGES: Mapping[Lang, str] = {"en": "English", "ru": "Русский"}
TITLE_LENGTH = 160


def model(result: Rating, lang: Lang, top: int | None = None) -> dict[str, Any]:
    """Everything the explorer holds: names cleaned, missing numbers None, nothing infinite.

    Args:
        result: the rating.
        lang: the language the explorer opens in.
        top: tell so many first regions; of the others only the group.

    Returns:
        ``items`` in the order of the tree, parents first, with children as their positions;
        ``regions`` in the order of the ranking; ``scores`` of indicators, and of nodes whose method
        looks at other regions, one number a region; ``values``, ``imputed``, ``groups``, texts;
        ``hidden``, the regions by item of which the number is not told, and ``kept``, the published
        scores of the nodes above them, which no weights move; ``told``, how many regions are told
        where it is not all, and then ``middle`` and ``ranks``, the quartiles and places on every
        item among all, and the published group of each region.
    """
    facts = gather(result, top=top)
    items = _items(facts)
    texts = catalogue(TEXTS)
    return {
        "lang": lang,
        "languages": LANGUAGES,
        "texts": {
            one: {key.removeprefix("explorer."): text.of(one) for key, text in texts.items()}
            for one in LANGUAGES
        },
        "section": result.section.id,
        "title": _both(result.section.name, TITLE_LENGTH),
        "edition": result.edition,
        "day": result.as_of.isoformat(),
        "synthetic": _both(SYNTHETIC) if result.data.synthetic else None,
        "digest": facts.result.digest,
        "version": VERSION,
        "total": facts.total,
        "places": facts.places,
        **(_first(facts, items) if facts.grouped else {"told": None}),
        "items": items,
        "regions": _regions(facts),
        "scores": _scores(facts, items),
        "values": _values(facts),
        "imputed": _imputed(facts),
        "hidden": _hidden(facts),
        "kept": _kept(facts),
        "groups": _groups(facts),
    }


def _items(facts: Facts) -> list[dict[str, Any]]:
    """The nodes and indicators of the edition; a node without an indicator in force is none."""
    result = facts.result
    known = {item.id: item for item in facts.items}
    parents = dict(result.weights.select("item", "parent").iter_rows())
    kept = [item for item in facts.items if item.parent is None or item.id in parents]
    place = {item.id: n for n, item in enumerate(kept)}
    shares = dict(result.weights.select("item", "weight").iter_rows())
    children: dict[str, list[int]] = {item.id: [] for item in kept}
    for parent, item in result.weights.select("parent", "item").iter_rows():
        children[parent].append(place[item])
    fixed = {item.id for item in kept if item.kind == "node" and not _alone(result, item.id)}
    return [
        {
            "id": item.id,
            "name": _both(item.name),
            "unit": None if item.unit is None else _both(item.unit),
            "depth": item.depth,
            "digits": facts.digits.get(item.id, 0),
            "score_digits": facts.scale.digits[item.id],
            "axis": facts.axis[item.id],
            "ends": {one: facts.scale.ends(one, item.id) for one in LANGUAGES},
            "weight": shares.get(item.id, 1.0),
            "children": children[item.id],
            "method": _method(result, item),
            "fixed": item.id in fixed,
            # Above a score that is not computed again, weights would change nothing that is shown.
            "movable": item.parent is not None and not _above(item, known) & fixed,
        }
        for item in kept
    ]


def _above(item: Item, known: dict[str, Item]) -> set[str]:
    found = set()
    while item.parent is not None:
        found.add(item.parent)
        item = known[item.parent]
    return found


def _alone(result: Rating, node: str) -> bool:
    return is_alone(result.section.method_of(node).aggregate)


def _method(result: Rating, item: Item) -> dict[str, Any] | None:
    if item.kind == "indicator":
        return None
    said = result.section.method_of(item.id).aggregate.model_dump(mode="json")
    power = getattr(result.section.method_of(item.id).aggregate, "power", None)
    if power is not None and math.isinf(power):
        # JSON has no infinity; Number("-Infinity") is one in JavaScript.
        said["power"] = "Infinity" if power > 0 else "-Infinity"
    return {key: value for key, value in said.items() if value is not None}


def _regions(facts: Facts) -> list[dict[str, Any]]:
    screened = facts.result.screened.filter(pl.col("node").is_null() & ~pl.col("included"))
    thin = set(screened["region"])
    place = {group.label: group.place for group in facts.groups}
    return [
        {
            "code": clean(region.code),
            "name": _both(region.name),
            "district": None if region.district is None else _both(region.district),
            "tile": region.tile,
            "present": region.present,
            "coverage": round(region.coverage, 6),
            "outside": region.status == "outside",
            # Of those who may be ranked, the ones with a score are.
            "eligible": region.status != "outside" and region.code not in thin,
            **({"group": place.get(region.group or "")} if facts.grouped else {}),
            **({"grouped": True} if region.status == "grouped" else {}),
        }
        for region in facts.regions
    ]


def _scores(facts: Facts, items: list[dict[str, Any]]) -> dict[str, list[float | None]]:
    wanted = {item["id"] for item in items if item["fixed"] or not item["children"]}
    return {
        item.id: [facts.cell(region, item).score for region in facts.regions]
        for item in facts.items
        if item.id in wanted
    }


def _first(facts: Facts, items: list[dict[str, Any]]) -> dict[str, Any]:
    """What follows from the scores of all, which an edition of the first does not hold."""
    kept = {item["id"] for item in items}
    return {
        "told": len(facts.ranked),
        "middle": {item: middle for item, middle in facts.middle.items() if item in kept},
        "ranks": {
            item.id: [facts.cell(region, item).rank for region in facts.regions]
            for item in facts.items
            if item.id in kept
        },
    }


def _values(facts: Facts) -> dict[str, list[float | None]]:
    """The values as they are shown."""

    def shown(value: float | None, item: Item) -> float | None:
        return None if value is None else round(value, facts.digits[item.id])

    return {
        item.id: [shown(facts.cell(region, item).value, item) for region in facts.regions]
        for item in facts.indicators
    }


def _imputed(facts: Facts) -> dict[str, list[int]]:
    return {
        item.id: [
            n
            for n, region in enumerate(facts.regions)
            if facts.cell(region, item).status == "imputed" and region.status != "grouped"
        ]
        for item in facts.indicators
    }


def _hidden(facts: Facts) -> dict[str, list[int]]:
    """Of the items on which something is not told, the regions of which it is not."""
    place = {region.code: n for n, region in enumerate(facts.regions)}
    found: dict[str, list[int]] = {}
    for region, item in sorted(facts.told.cells):
        found.setdefault(item, []).append(place[region])
    return found


def _kept(facts: Facts) -> dict[str, dict[str, float | None]]:
    """The scores of nodes above what is hidden, by node and position of the region."""
    nodes = {item.id: item for item in facts.items if item.kind == "node"}
    place = {region.code: n for n, region in enumerate(facts.regions)}
    found: dict[str, dict[str, float | None]] = {}
    for region, node in sorted(facts.told.above):
        score = facts.cell(facts.regions[place[region]], nodes[node]).score
        found.setdefault(node, {})[str(place[region])] = score
    return found


def _groups(facts: Facts) -> dict[str, Any]:
    setting = facts.result.section.method.groups
    labels = [clean(label) for label in getattr(setting, "labels", ())]
    fills = [charts.group_colour(place, len(labels)) for place in range(max(len(labels), 1))]
    return {
        "name": setting.name,
        "labels": labels,
        "cuts": list(getattr(setting, "cuts", ())),
        "colours": [{"fill": fill, "dark": charts.dark(fill)} for fill in fills],
    }


def _both(text: Text, length: int = TEXT_LENGTH) -> dict[str, str]:
    return {"en": clean(text.en, length), "ru": clean(text.ru, length)}
