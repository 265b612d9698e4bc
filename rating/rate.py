"""The pipeline: inputs, values, imputation, treatment, scores, nodes, ranks, groups."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Literal

import polars as pl

from rating.definitions.methods import Method
from rating.definitions.model import Direction, Indicator, Version
from rating.definitions.section import Section
from rating.definitions.settings import Availability, Setting
from rating.definitions.tree import Tree, downwards
from rating.engine import disclosure, held, values
from rating.engine.cells import Cells
from rating.engine.store import Store
from rating.errors import Problem, UsageError
from rating.inputs.tables import Data
from rating.process import require_threads
from rating.result import Panel, Rating
from rating.steps import counts, unranked
from rating.steps.aggregate import aggregated
from rating.steps.impute import impute
from rating.steps.normalise import normalise
from rating.steps.ranks import group, standings, status
from rating.steps.screen import SCHEMA, screen
from rating.steps.treat import treat

Engine = Literal["duckdb", "spark"]

# Below so many cells, threads cost more than they save: one scores 85 regions a tenth faster.
SMALL = 200_000


def rate(
    section: Section,
    data: Data,
    *,
    edition: int,
    sector: str | None = None,
    as_of: date | None = None,
    method: Method | None = None,
    threads: int | None = None,
    memory: str | None = None,
    engine: Engine = "duckdb",
) -> Rating:
    """Rate the regions of one edition.

    Args:
        section: the definitions.
        data: the tables, as ``rating.read`` returns them.
        edition: the year; rows of that year are read.
        sector: within which regions are compared, where the section has sectors.
        as_of: the day whose versions are in force and that formulas read; 31 December without it.
        method: used instead of the section's.
        threads: threads of the database; the result does not depend on it.
        memory: how much the database may take, as ``2GB``; the rest goes to temporary files.
        engine: ``spark`` takes the measures of registers that stay in their files to Apache Spark;
            all else is local, and the result is the same.

    Raises:
        UsageError: no indicator is in force in the edition, no such sector, or no Spark.
        DefinitionError: the method does not fit the section or its scores.
        DataError: a table has no rows for the edition, or values that cannot be scored.

    Example:
        >>> section = rating.load("hitech_open")
        >>> result = rating.rate(section, rating.read("data/open", section), edition=2019)
        >>> result.ranks["region"][0]
        'RU-MOW'
    """
    if as_of is not None and as_of.year != edition:
        what = f"as_of {as_of} is not in the edition {edition}"
        raise UsageError(Problem("as_of", what, "give a day of that year"))
    how = (threads, memory, engine)
    return _rated(section, data, [edition], sector, as_of, method, *how)[edition]


def panel(
    section: Section,
    data: Data,
    *,
    editions: Sequence[int],
    sector: str | None = None,
    method: Method | None = None,
    threads: int | None = None,
    memory: str | None = None,
) -> Panel:
    """Rate several editions at once, every step over all of them.

    Imputation may look along the years, and a normalisation may take its ends from all editions
    (``over = "panel"``) or from one of them (``over = 2015``): then scores compare over time.

    Args:
        section: the definitions.
        data: the tables, as ``rating.read`` returns them.
        editions: the years.
        sector: within which regions are compared, where the section has sectors.
        method: used instead of the section's.
        threads: threads of the database; the result does not depend on it.
        memory: how much the database may take, as ``2GB``; the rest goes to temporary files.

    Raises:
        UsageError: no edition, or no indicator is in force in one of them.
        DefinitionError: the method does not fit the section or its scores.
        DataError: a table has no rows for an edition, or values that cannot be scored.

    Example:
        >>> section = rating.load("hitech_open")
        >>> data = rating.read("data/open", section)
        >>> rating.panel(section, data, editions=[2018, 2019]).editions
        (2018, 2019)
    """
    return _rated(section, data, editions, sector, None, method, threads, memory)


def _rated(
    section: Section,
    data: Data,
    editions: Sequence[int],
    sector: str | None,
    as_of: date | None,
    method: Method | None,
    threads: int | None,
    memory: str | None,
    engine: Engine = "duckdb",
) -> Panel:
    require_threads()
    section = section if method is None else section.replace(method=method)
    years = sorted(set(editions))
    if not years:
        raise UsageError(Problem("editions", "no edition is given", "name at least one year"))
    within = section.sector_of(sector)
    trees = {year: Tree.of(section, year, sector=within, as_of=as_of) for year in years}
    alike = _alike(trees)
    settings = _settings(trees)
    if (
        threads is None
        and sum(table.height * len(table.columns) for table in data.held.values()) < SMALL
    ):
        threads = 1
    with Store(threads=threads, files=data.files, memory=memory) as store:
        inputs = {year: tree.inputs for year, tree in alike.items()}
        listed = unranked.assessed(section, data, years)
        shown = held.hold_panel(
            store, data.held, inputs, sector=within, as_of=as_of, regions=listed
        )
        wanted = _versions(trees)
        if engine == "spark":
            # pyspark is an extra, and slow to import.
            from rating.engine.spark import Spark

            used = {name: one for tables in inputs.values() for name, one in tables.items()}
            with Spark(data.held, used, shown) as spark:
                found, measures = values.evaluate_cells(store, wanted, spark)
        else:
            found, measures = values.evaluate_cells(store, wanted)
        found, measures, bare = unranked.bare_of(store, found, measures)
        told = disclosure.sensitive(store, _in_force(trees), section.inputs)
        dated = {year: year for year in years}
        filled = impute(store, found, settings["impute"], data.regions, dated)
        pulled = treat(store, filled, settings["treat"])
        context = {item for tree in trees.values() for item in tree.context}
        directed = _directed(settings["normalise"], trees)
        cells = normalise(store, pulled.cells, directed, context=context)
        nodes, weights = _aggregated(store, cells, trees)
        screened = _screened(store, found, trees, data)
        top = nodes.of_item(section.root.id)
        statuses = _statuses(top.named(), section, screened)
        ranked = counts.ranked(top, statuses["status"] == "ranked", nodes)
        nodes = nodes.with_columns(standings(store, nodes.rows.with_columns(ranked)))
        top = nodes.of_item(section.root.id)
        groups = group(store, top.named(), section.method.groups)
    nodes = nodes.with_columns(counts.imputed(cells, nodes, _above(trees)))
    coverage = counts.coverage(cells, top, _scored(alike))
    names = cells.names()
    frames = {
        "ranks": _ranks(top.named(), groups, statuses, coverage),
        "treated": pulled.points,
        "shapes": pulled.shapes,
        "weights": weights,
        "screened": screened,
        "disclosure": told,
    }
    parts = {
        "scores": nodes.by_scenario(years, nodes.names()),
        "values": cells.with_columns(_origin()).by_scenario(years, names),
        "measures": measures.by_scenario(years, measures.names((cells, names))),
        **{name: _by_edition(frame, years) for name, frame in frames.items()},
    }
    return Panel(
        {
            year: _rating(
                section,
                data,
                year,
                tree,
                inputs[year],
                unranked.whole(
                    {n: own[year] for n, own in parts.items()}, bare.get(year, []), year, tree
                ),
            )
            for year, tree in trees.items()
        }
    )


def _by_edition(frame: pl.DataFrame, years: Sequence[int]) -> dict[int, pl.DataFrame]:
    """The rows of each edition; where they lie together, without a copy of them."""
    if len(years) == 1:
        return {years[0]: frame}
    scenario = frame["scenario"]
    if not scenario.is_sorted():
        return {year: frame.filter(scenario == year) for year in years}
    wanted = pl.Series(years, dtype=scenario.dtype)
    starts = scenario.search_sorted(wanted, "left")
    sizes = scenario.search_sorted(wanted, "right") - starts
    spans = zip(years, starts, sizes, strict=True)
    return {year: frame.slice(start, size) for year, start, size in spans}


def _versions(
    trees: dict[int, Tree],
) -> Iterator[tuple[Indicator, Version, Collection[int] | None]]:
    """Each version with the editions in which it is in force, in the order of the section."""
    found: dict[tuple[str, str], tuple[Indicator, Version, list[int]]] = {}
    for year, tree in trees.items():
        for item, version in tree.versions():
            key = (item.id, version.since.isoformat())
            found.setdefault(key, (item, version, []))[2].append(year)
    order = {
        item.id: place
        for tree in trees.values()
        for place, item in enumerate(tree.section.indicator)
    }
    for item, version, years in sorted(found.values(), key=lambda one: order[one[0].id]):
        yield item, version, None if len(years) == len(trees) else years


def _in_force(trees: dict[int, Tree]) -> Iterator[tuple[int, Indicator, Version]]:
    """Each edition's indicators with their versions."""
    for year, tree in trees.items():
        for item, version in tree.versions():
            yield year, item, version


def _settings(trees: dict[int, Tree]) -> dict[str, dict[str, Setting]]:
    """For each step the setting of every indicator that is in force in some edition."""
    section = next(iter(trees.values())).section
    items = dict.fromkeys(item.id for tree in trees.values() for item in tree.indicators)
    methods = {item: section.method_of(item) for item in items}
    steps = ("impute", "treat", "normalise")
    return {step: {item: getattr(m, step) for item, m in methods.items()} for step in steps}


def _directed(
    settings: dict[str, Setting], trees: dict[int, Tree]
) -> dict[str, tuple[Setting, Direction]]:
    directions = {item.id: item.direction for tree in trees.values() for item in tree.indicators}
    return {id: (setting, directions[id]) for id, setting in settings.items()}


def _alike(trees: dict[int, Tree]) -> dict[int, Tree]:
    """For each edition the first tree that has the same versions in force."""
    first: dict[tuple[tuple[str, date], ...], Tree] = {}
    return {
        year: first.setdefault(tuple((i.id, v.since) for i, v in tree.versions()), tree)
        for year, tree in trees.items()
    }


def _aggregated(store: Store, cells: Cells, trees: dict[int, Tree]) -> tuple[Cells, pl.DataFrame]:
    """The nodes with their scores, by edition, region and the order of the tree; the weights used.

    Editions with one tree are aggregated together.
    """
    items = cells.of_items("score")
    done: list[Cells] = []
    used = []
    for _, alike in groupby(trees.items(), key=lambda pair: pair[1].children.rows()):
        group_of = dict(alike)
        tree = next(iter(group_of.values()))
        part = items if len(group_of) == len(trees) else items.of_scenarios(group_of)
        weights = {node: s for level in tree.levels("weights") for node, s in level.items()}
        apart = {item.id for item in tree.section.items} - set(tree.children["item"])
        levels = tree.levels("aggregate")
        nodes, shares = aggregated(store, part, tree.children, levels, weights=weights, apart=apart)
        done += nodes
        used.append(shares)
    every = pl.DataFrame({"item": list(downwards(tree.section, tree.section.root.id))})
    columns = pl.DataFrame({"scenario": list(trees)}).join(every, how="cross")
    return Cells.joined(done).arranged(columns), pl.concat(used)


def _screened(store: Store, found: Cells, trees: dict[int, Tree], data: Data) -> pl.DataFrame:
    """What each region has and lacks in each edition, by the section's method of screening."""
    setting = next(iter(trees.values())).section.method.screen
    if not isinstance(setting, Availability):
        return pl.DataFrame(schema=SCHEMA)
    values = found.named().select("scenario", "region", "indicator", "value")
    return pl.concat(
        screen(
            store,
            values.filter(pl.col("scenario") == year),
            setting,
            tree.children,
            data.regions,
            [node.id for node in tree.section.node],
        )
        for year, tree in trees.items()
    )


def _statuses(top: pl.DataFrame, section: Section, screened: pl.DataFrame) -> pl.DataFrame:
    """scenario, region, status, in the order of the scores of the index."""
    out = screened.filter(pl.col("node").is_null() & ~pl.col("included"))
    years = top["scenario"].unique(maintain_order=True).to_list()
    return pl.concat(
        status(
            part.rename({"item": "node"}),
            section.root.id,
            section.outside(year),
            out.filter(pl.col("scenario") == year)["region"].to_list(),
        )
        for year, part in _by_edition(top, years).items()
    )


def _scored(alike: dict[int, Tree]) -> pl.DataFrame:
    """scenario, indicator: those that count in the coverage."""
    counted = {tree: tree.scored() for tree in set(alike.values())}
    rows = [(year, item) for year, tree in alike.items() for item in counted[tree]]
    schema = {"scenario": pl.Int64, "indicator": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _above(trees: dict[int, Tree]) -> pl.DataFrame:
    """indicator, item: each node above an indicator."""
    section = next(iter(trees.values())).section
    rows = [(item.id, node.id) for item in section.indicator for node in section.ancestors(item.id)]
    return pl.DataFrame(rows, schema={"indicator": pl.String, "item": pl.String}, orient="row")


def _ranks(
    top: pl.DataFrame, groups: pl.DataFrame, statuses: pl.DataFrame, coverage: pl.Series
) -> pl.DataFrame:
    return (
        top.with_columns(statuses["status"], coverage)
        .join(groups, on=["scenario", "region"])
        .sort("scenario", "rank", "region", nulls_last=True)
    )


def _rating(
    section: Section,
    data: Data,
    edition: int,
    tree: Tree,
    inputs: held.Inputs,
    own: dict[str, pl.DataFrame],
) -> Rating:
    """One edition out of its rows of every frame; the cells are in the order of the section."""
    rated = own["ranks"]["region"].sort()
    regions = data.regions if "region" in data.regions.columns else pl.DataFrame({"region": rated})
    return Rating(
        section=section,
        data=data,
        edition=edition,
        sector=tree.sector,
        as_of=tree.day,
        ranks=own["ranks"].select(
            "region", "rank", "score", "group", "coverage", "status", "reason"
        ),
        scores=own["scores"].rename({"item": "node"}),
        values=own["values"].select(
            "region", "indicator", "value", "treated", "imputed", "score", "status"
        ),
        measures=own["measures"],
        treated=own["treated"].select("indicator", "region", "raw", "treated", "rule"),
        shapes=own["shapes"].drop("scenario"),
        weights=tree.children.select("parent", "item").join(
            own["weights"].drop("scenario"), on=["parent", "item"], maintain_order="left"
        ),
        screened=own["screened"].drop("scenario"),
        disclosure=own["disclosure"].drop("scenario"),
        years=held.years_read(data.held, inputs, edition),
        regions=regions.filter(pl.col("region").is_in(rated.implode())),
        provenance=data.provenance,
        refused=data.refused,
        remarks=data.remarks,
        sources=data.sources,
    )


def _origin() -> pl.Expr:
    gaps = pl.col("value").is_null().cast(pl.UInt32) + pl.col("imputed").is_null()
    return pl.lit(pl.Series(["observed", "imputed", "missing"])).gather(gaps).alias("status")
