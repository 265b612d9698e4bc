"""A Rating turned into look-ups for printing: names, scores, ranks, medians, axes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from rating.publish.disclosure import MARK, Published, published
from rating.publish.texts import NAME_LENGTH, Speaker, clean
from rating.scale import Scale, scale
from rating.steps.ranks import DIGITS
from rating.text import Lang, Text

if TYPE_CHECKING:
    from rating.definitions.model import Indicator
    from rating.result import Rating


@dataclass(frozen=True)
class Region:
    """A region as the report needs it.

    Attributes:
        code: its key, as ``RU-TOM``.
        name: in both languages.
        district: in both languages; empty where the register has none.
        rank: among the ranked regions; None for one that is thin or outside.
        coverage: share of the indicators in force that have a value.
        present: number of indicators with a value.
        status: ``ranked``, ``outside``, ``thin``, or ``grouped``: ranked, and only its group told.
        tile: column and row on the tile map.
    """

    code: str
    name: Text
    short: Text
    district: Text | None
    rank: int | None
    score: float | None
    group: str | None
    coverage: float
    present: int
    status: str
    tile: tuple[int, int] | None


@dataclass(frozen=True)
class Item:
    """A node or an indicator in the order of the tree; the root is depth 0."""

    id: str
    kind: Literal["node", "indicator"]
    depth: int
    name: Text
    short: Text
    unit: Text | None
    parent: str | None
    weight: float | None
    direction: str


@dataclass(frozen=True)
class Cell:
    """What one region has on one item.

    Attributes:
        value: as measured; None for a node and for a missing value.
        status: ``observed``, ``imputed`` or ``missing``.
        hidden: there is a number, and it is not told.
    """

    value: float | None
    score: float | None
    rank: int | None
    status: str
    hidden: bool = False


_Looked = tuple[dict[tuple[str, str], Cell], dict[str, tuple[float, float, float]], dict[str, int]]
NOTHING = Cell(value=None, score=None, rank=None, status="missing")


@dataclass(frozen=True)
class Group:
    """A group of the ranking: its label, its regions in order of rank, its place among groups."""

    label: str
    regions: tuple[Region, ...]
    place: int


@dataclass(frozen=True)
class Facts:
    """Everything the pages say, looked up once.

    Attributes:
        result: the rating without what is not told of it.
        told: what is hidden.
        regions: ranked ones in order, then the others.
        items: the tree in its order, the root first; only indicators in force.
        pillars: the nodes right under the root.
        counted: those whose weight is not 0.
        cells: by region and item.
        middle: first quartile, median, third quartile of the scores of ranked regions, by item.
        scale: the axis of each item and the digits of its scores.
        compared: number of ranked regions with a score, by item.
        digits: digits after the point for an indicator's values.
        total: number of indicators in force that count, those of weight 0 left out.
        places: number of ranked regions, those whose place is not told included.
    """

    result: Rating
    told: Published
    regions: tuple[Region, ...]
    items: tuple[Item, ...]
    pillars: tuple[Item, ...]
    counted: tuple[Item, ...]
    groups: tuple[Group, ...]
    cells: Mapping[tuple[str, str], Cell]
    middle: Mapping[str, tuple[float, float, float]]
    scale: Scale
    compared: Mapping[str, int]
    digits: Mapping[str, int]
    total: int
    places: int

    @property
    def root(self) -> Item:
        """The index itself."""
        return self.items[0]

    @property
    def ranked(self) -> tuple[Region, ...]:
        """The regions whose rank is told, in its order."""
        return tuple(region for region in self.regions if region.rank is not None)

    @property
    def grouped(self) -> tuple[Region, ...]:
        """The regions of which only the group is told."""
        return tuple(region for region in self.regions if region.status == "grouped")

    @property
    def profiled(self) -> tuple[Region, ...]:
        """The regions that have a profile: all but those of which only the group is told."""
        return tuple(region for region in self.regions if region.status != "grouped")

    @property
    def unranked(self) -> tuple[Region, ...]:
        """The regions without a rank; not those whose rank is only not told."""
        return tuple(region for region in self.regions if region.status in ("outside", "thin"))

    @property
    def indicators(self) -> tuple[Item, ...]:
        """The indicators in force, in the order of the tree."""
        return tuple(item for item in self.items if item.kind == "indicator")

    @property
    def axis(self) -> Mapping[str, tuple[float, float]]:
        """The lowest and the highest score that an item's axis shows."""
        return self.scale.axes

    def score(
        self, value: float | None, say: Speaker, item: Item | None = None, *, more: int = 0
    ) -> str:
        """A score of an item, by default of the index, as the report tells it."""
        return self.scale.number(value, say.lang, None if item is None else item.id, more=more)

    def cell(self, region: Region, item: Item) -> Cell:
        """What a region has on an item; nothing on a node that is not in the edition."""
        return self.cells.get((region.code, item.id), NOTHING)

    def partly_hidden(self, region: Region) -> bool:
        """Whether the score rests in part on figures that are not told."""
        return (region.code, self.root.id) in self.told.above and any(
            item.weight != 0 and self.cell(region, item).hidden for item in self.items
        )

    def scores(self, item: Item) -> list[float]:
        """The scores of the regions whose rank is told on an item, from the lowest up."""
        known = (self.cell(region, item).score for region in self.ranked)
        return sorted(round(score, DIGITS) for score in known if score is not None)

    def under(self, node: Item) -> tuple[Item, ...]:
        """The indicators anywhere below a node."""
        inside = {node.id}
        for item in self.items:
            if item.parent in inside:
                inside.add(item.id)
        return tuple(item for item in self.indicators if item.id in inside)


def gather(whole: Rating, *, top: int | None = None, told: Published | None = None) -> Facts:
    """Look everything up once.

    Args:
        whole: the rating.
        top: tell the places and the numbers of so many first; of the others only the group.
        told: what may be told of the rating; found without it.
    """
    result = (told := told or published(whole, top=top)).result
    items = _items(result)
    cells, middle, compared = _cells(told)
    counted = _counted(result)
    regions = _regions(told, counted)
    pillars = tuple(item for item in items if item.depth == 1 and item.kind == "node")
    return Facts(
        result=result,
        told=told,
        regions=regions,
        items=items,
        pillars=pillars,
        counted=tuple(item for item in pillars if item.weight != 0),
        groups=_groups(result, regions),
        cells=cells,
        middle=middle,
        scale=scale(result, middle),
        compared=compared,
        digits={one.id: _digits(told.among, one.id) for one in items if one.kind == "indicator"},
        total=len(counted),
        places=told.among.ranks["rank"].count(),
    )


def _items(result: Rating) -> tuple[Item, ...]:
    in_force = {indicator.id: indicator for indicator in result.indicators}
    weights = {row["item"]: row["weight"] for row in result.weights.iter_rows(named=True)}
    found: list[Item] = []

    def walk(id: str, depth: int) -> None:
        definition = result.section.item(id)
        indicator: Indicator | None = in_force.get(id)
        is_node = not hasattr(definition, "direction")
        if not is_node and indicator is None:
            return
        found.append(
            Item(
                id=id,
                kind="node" if is_node else "indicator",
                depth=depth,
                name=_name(definition.name),
                short=_name(getattr(definition, "short", None) or definition.name),
                unit=indicator.unit if indicator is not None else None,
                parent=definition.parent,
                weight=weights.get(id),
                direction=indicator.direction if indicator is not None else "",
            )
        )
        for child in result.section.children(id):
            walk(child.id, depth + 1)

    walk(result.section.root.id, 0)
    return tuple(found)


def _cells(told: Published) -> _Looked:
    """Cells, quartiles and how many are compared; an indicator is ranked as the index is."""
    none, result = pl.lit(None), told.among
    nodes = result.scores.select(
        "region",
        pl.col("node").alias("item"),
        none.cast(pl.Float64).alias("value"),
        "score",
        pl.lit("observed").alias("status"),
    )
    item = pl.col("indicator").alias("item")
    indicators = result.values.select("region", item, "value", "score", "status")
    ranked = result.ranks.filter(pl.col("rank").is_not_null()).select("region", in_ranking=True)
    compared = pl.when(pl.col("in_ranking")).then(pl.col("score").round(DIGITS))
    table = (
        pl.concat([nodes, indicators])
        .join(ranked, on="region", how="left")
        .with_columns(compared=compared)
        .with_columns(
            rank=pl.col("compared").rank("min", descending=True).over("item").cast(pl.Int64)
        )
    )
    middle = (
        table.drop_nulls("compared")
        .group_by("item", maintain_order=True)
        .agg(
            low=pl.col("compared").quantile(0.25, "linear"),
            median=pl.col("compared").median(),
            high=pl.col("compared").quantile(0.75, "linear"),
            count=pl.len(),
        )
    )
    names = ("region", "item", "value", "score", "rank", "status")
    cells = {
        (code, item): Cell(None, None, None, status)
        if code in told.grouped
        else Cell(value, score, rank, status, (code, item) in told.cells)
        for code, item, value, score, rank, status in table.select(names)
        .with_columns(pl.col("status").replace(MARK, "observed"))
        .iter_rows()
    }
    rows = list(middle.iter_rows(named=True))
    return (
        cells,
        {row["item"]: (row["low"], row["median"], row["high"]) for row in rows},
        {row["item"]: row["count"] for row in rows},
    )


def _counted(result: Rating) -> list[str]:
    """The indicators that coverage counts: those whose weight, and every weight above, is not 0."""
    section = result.section
    return [
        indicator.id
        for indicator in result.indicators
        if all(item.weight > 0 for item in (indicator, *section.ancestors(indicator.id)))
    ]


def _regions(told: Published, counted: list[str]) -> tuple[Region, ...]:
    result = told.result
    known = {row["region"]: row for row in result.regions.iter_rows(named=True)}
    present = dict(
        told.among.values.filter(
            pl.col("status").is_in(["observed", MARK]) & pl.col("indicator").is_in(counted)
        )
        .group_by("region")
        .len()
        .iter_rows()
    )
    found = []
    for row in result.ranks.iter_rows(named=True):
        about = known.get(row["region"], {})
        name = _both(about, "name") or Text(en=clean(row["region"], NAME_LENGTH) or "?")
        found.append(
            Region(
                code=row["region"],
                name=name,
                short=_both(about, "short") or name,
                district=_both(about, "district"),
                rank=row["rank"],
                score=row["score"],
                group=row["group"],
                coverage=row["coverage"],
                present=present.get(row["region"], 0),
                status=row["status"],
                tile=_tile(about),
            )
        )
    return tuple(found)


def _tile(row: Mapping[str, object]) -> tuple[int, int] | None:
    column, line = (str(row.get(key, "")) for key in ("tile_column", "tile_row"))
    plain = column.isdecimal() and line.isdecimal() and max(len(column), len(line)) < 4
    return (int(column), int(line)) if plain else None


def _both(row: Mapping[str, object], stem: str) -> Text | None:
    english = clean(str(row.get(f"{stem}_en") or ""), NAME_LENGTH)
    russian = clean(str(row.get(f"{stem}_ru") or ""), NAME_LENGTH)
    if not english and not russian:
        return None
    return Text(en=english or russian, ru=russian or english)


def _name(text: Text) -> Text:
    def short(lang: Lang) -> str:
        return clean(text.of(lang), NAME_LENGTH) or "?"

    return Text(en=short("en"), ru=short("ru"))


def _groups(result: Rating, regions: tuple[Region, ...]) -> tuple[Group, ...]:
    labels = tuple(getattr(result.section.method.groups, "labels", ()))
    met = tuple(dict.fromkeys(region.group for region in regions if region.group is not None))
    ordered = labels + tuple(label for label in met if label not in labels)
    return tuple(
        Group(label, tuple(region for region in regions if region.group == label), place)
        for place, label in enumerate(ordered)
    )


def _digits(result: Rating, indicator: str) -> int:
    """Digits after the point by the size of the values: two figures of the median that count."""
    column = result.values.filter(pl.col("indicator") == indicator)["value"].drop_nulls()
    if column.is_empty() or bool((column == column.round(0)).all()):
        return 0
    size = float(column.abs().median() or column.abs().max() or 0.0)  # type: ignore[arg-type]
    if size >= 100:
        return 0
    return min(max(1 - math.floor(math.log10(size)), 1), 6)
