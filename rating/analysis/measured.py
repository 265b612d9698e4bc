"""Errors of measurement: values that move from draw to draw, and what they score."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rating.analysis import noise
from rating.analysis.design import Floats, stream
from rating.analysis.figures import Figures, Reader
from rating.analysis.proportion import refuse_disproportion
from rating.analysis.recompute import by_formulas
from rating.analysis.replicates import replicates
from rating.analysis.scenarios import Scenarios
from rating.definitions.model import Version
from rating.definitions.sampling import Bootstrap, Coding
from rating.definitions.settings import (
    Fraction,
    Goalposts,
    MinMax,
    Setting,
    Target,
    ZScore,
)
from rating.definitions.uncertainty import Measurement, is_column
from rating.engine.held import years_used
from rating.errors import DataError, DefinitionError, Problem
from rating.result import Rating

# The noise of a block: by the seed, its number, what is drawn from a second stream, and its size.
Source = Callable[[int, int, Collection[str], int], Floats]
# What it makes of the values of a scenario.
Apply = Callable[[int, Floats, Floats], Floats]


@dataclass(frozen=True, eq=False)
class Moving:
    """An indicator whose values move.

    Attributes:
        assumption: the id of what moves it, or the first of them.
        column: its place in the matrix.
        noise: that of a block of draws, whatever their scenarios: a row a draw.
        apply: values of draws, from a scenario, its values and the noise.
        curves: of each scenario, the values and scores of the regions in rising order.
        scale: its normalisation under each scenario, which ends are drawn anew by.
        values: of each scenario, the values of the regions.
    """

    assumption: str
    column: int
    noise: Source
    apply: Apply
    values: list[Floats]
    curves: list[tuple[Floats, Floats]]
    scale: list[Setting]

    def moved(self, scenario: int, noise: Floats) -> Floats:
        """The values of draws with their noise: draws by regions."""
        return self.apply(scenario, self.values[scenario], noise)

    def scores(self, scenario: int, base: Floats, noise: Floats) -> Floats:
        """The scores of draws with their noise: draws by regions.

        Treatment is that of the scenario: a value scores what a region with that value scored, in a
        straight line between regions and beyond them. A scale whose ends are those of the edition
        takes the ends of the draw.
        """
        values = self.values[scenario]
        drawn = self.moved(scenario, noise)
        known = ~np.isnan(values)
        found = np.broadcast_to(base, drawn.shape).copy()
        found[:, known] = _along(drawn[:, known], *self.curves[scenario])
        return _scaled(found, self.scale[scenario], base)


def moving(rating: Rating, scenarios: Scenarios, given: Sequence[Measurement]) -> list[Moving]:
    """The indicators that the assumptions move, with the data that move them.

    Raises:
        DefinitionError: an indicator is not in force, two assumptions move it, or a method has no
            place for the error.
        DataError: the columns do not hold what the error needs.
    """
    found: dict[str, Moving] = {}
    scales = _scales(rating, scenarios)
    refuse_disproportion(rating, given, scenarios.regions)

    def moves(id: str, assumption: str, source: Source, apply: Apply) -> None:
        where = f"uncertainty, {assumption}"
        if id in found:
            what = f"'{found[id].assumption}' moves it already"
            raise DefinitionError(Problem(f"{where}, {id}", what, "switch one off"))
        column = scenarios.indicators.index(id)
        values = [each[:, column] for each in scenarios.values]
        scores = [each[:, column] for each in scenarios.matrices]
        curves = [_curve(v, m) for v, m in zip(values, scores, strict=True)]
        found[id] = Moving(assumption, column, source, apply, values, curves, scales[id])

    for assumption in given:
        for id in assumption.indicators:
            _speaks_of(rating, id, f"uncertainty, {assumption.id}")
    figures = Figures.of(rating, scenarios, given)
    for reader in figures.readers if figures is not None else ():
        moves(reader.id, reader.assumptions[0], *_computed(figures, reader))
    others = [each for each in given if each.drawn is None]
    columns = _columns(rating, scenarios.regions, others)
    for assumption in others:
        where = f"uncertainty, {assumption.id}"
        own = [id for id in assumption.indicators if _speaks_of(rating, id, where)]
        together = isinstance(assumption.error, Bootstrap | Coding)
        if together:
            own = [id for id in own if _has_values(scenarios, id)]
        places = [scenarios.indicators.index(id) for id in own]
        errors = _errors(rating, scenarios, assumption, own, columns)
        for id, column, (draw, apply) in zip(own, places, errors, strict=True):
            key = min(places) if together else column
            moves(id, assumption.id, _streamed(draw, key, assumption.id), apply)
    return list(found.values())


def _streamed(draw: noise.Draw, key: int, assumption: str) -> Source:
    """Numbers of a stream of their own; indicators whose rows are drawn together share it."""

    def source(seed: int, number: int, elsewhere: Collection[str], size: int) -> Floats:
        return draw(stream(seed, 1, key, number, int(assumption in elsewhere)), size)

    return source


def _computed(figures: Figures | None, reader: Reader) -> tuple[Source, Apply]:
    """The values over drawn figures, under the formula of each scenario.

    A draw that gives a region no value leaves it the published one.
    """
    assert figures is not None
    own = sorted(set(reader.places))
    regions = len(figures.regions)

    def source(seed: int, number: int, elsewhere: Collection[str], size: int) -> Floats:
        found = figures.values(seed, number, elsewhere, size)
        return np.concatenate([found[place] for place in own], axis=1)

    def apply(scenario: int, values: Floats, drawn: Floats) -> Floats:
        first = own.index(reader.places[scenario]) * regions
        return noise.instead(values, drawn[:, first : first + regions])

    return source, apply


def _speaks_of(rating: Rating, id: str, where: str) -> bool:
    """Whether an indicator is rated; not one of other sectors than the one that is rated."""
    if id in {item.id for item in rating.indicators}:
        return True
    item = next(item for item in rating.section.indicator if item.id == id)
    if rating.sector is not None and item.sectors and rating.sector.id not in item.sectors:
        return False
    what = f"the indicator is not in force in {rating.edition}"
    raise DefinitionError(Problem(f"{where}, {id}", what, "leave the assumption out"))


def _has_values(scenarios: Scenarios, id: str) -> bool:
    """Whether any region has a value of an indicator under any formula; else nothing moves."""
    place = scenarios.indicators.index(id)
    return any(not np.isnan(each[:, place]).all() for each in scenarios.values)


def _scales(rating: Rating, scenarios: Scenarios) -> dict[str, list[Setting]]:
    """The normalisation of each indicator under each scenario."""
    places = [n for n, given in enumerate(scenarios.upstream) if given.kind == "normalise"]
    known: dict[tuple[int, ...], dict[str, Setting]] = {}
    found: dict[str, list[Setting]] = {id: [] for id in scenarios.indicators}
    for options in scenarios.choices():
        taken = tuple(options[place] for place in places)
        if taken not in known:
            method = rating.section.method
            for place in places:
                option = scenarios.upstream[place].options[options[place]]
                method = method.merged({"normalise": option})
            section = rating.section.amended({"method": method})
            known[taken] = rating.tree_of(section).settings("normalise")
        for id, setting in known[taken].items():
            found[id].append(setting)
    return found


# ------------------------------------------------------------------------------ what a value does


def _errors(
    rating: Rating,
    scenarios: Scenarios,
    given: Measurement,
    ids: Sequence[str],
    columns: Mapping[tuple[str, str], Floats],
) -> list[tuple[noise.Draw, Apply]]:
    """The error of each indicator of an assumption."""
    where = f"uncertainty, {given.id}"
    if isinstance(given.error, Bootstrap | Coding):
        return _drawn_again(rating, scenarios, given.error, ids, where)
    found = []
    for id in ids:
        read = [columns[id, name] for name in given.columns]
        values = scenarios.values[0][:, scenarios.indicators.index(id)]
        draw, applied = noise.of(given, read, values, f"{where}, {id}")
        found.append((draw, _whatever_scenario(applied)))
    return found


def _whatever_scenario(applied: noise.Apply) -> Apply:
    return lambda _, values, drawn: applied(values, drawn)


def _drawn_again(
    rating: Rating,
    scenarios: Scenarios,
    error: Bootstrap | Coding,
    ids: Sequence[str],
    where: str,
) -> list[tuple[noise.Draw, Apply]]:
    """One replicate of the rows a draw, under the formula of its scenario.

    A replicate that gives a region no value leaves it the published one.
    """
    versions = [scenarios.versions(rating, id) for id in ids]
    items = {item.id: item for item in rating.indicators}
    # Each formula is computed once, however many scenarios have it.
    each = [
        (id, version)
        for id, own in zip(ids, versions, strict=True)
        for version in {version.value: version for version in own}.values()
    ]
    wanted = [(items[id], version) for id, version in each]
    made = replicates(rating, error, wanted, scenarios.regions, where) if wanted else np.empty(0)
    places = {(id, version.value): n for n, (id, version) in enumerate(each)}

    def error_of(id: str, own: Sequence[Version]) -> tuple[noise.Draw, Apply]:
        tables = [made[places[id, version.value]] for version in own]
        return (
            lambda random, size: np.floor(random.random((size, 1)) * error.replicates),
            lambda n, values, drawn: noise.instead(values, tables[n][drawn[:, 0].astype(np.int64)]),
        )

    return [error_of(id, own) for id, own in zip(ids, versions, strict=True)]


def _columns(
    rating: Rating, regions: Sequence[str], given: Sequence[Measurement]
) -> dict[tuple[str, str], Floats]:
    """What the errors read, by indicator and name: a column, a measure or a formula."""
    rated = {item.id for item in rating.indicators}
    wanted = {
        (id, name): assumption.id
        for assumption in given
        for id in assumption.indicators
        for name in assumption.columns
        if id in rated
    }
    measures = set(rating.measures.select("indicator", "measure").iter_rows())
    others = [key for key in wanted if not is_column(key[1]) and key not in measures]
    formulas = dict(
        zip(others, by_formulas(rating, others, regions) if others else (), strict=True)
    )
    found = {}
    for (id, name), assumption in wanted.items():
        made = formulas.get((id, name))
        found[id, name] = _column(rating, regions, id, name) if made is None else made
        if np.isnan(found[id, name]).all():
            where, what = f"uncertainty, {assumption}, {id}", f"{name} has no value"
            what = f"{what} in {rating.edition}"
            raise DataError(Problem(where, what, "switch the assumption off"))
    return found


def _column(rating: Rating, regions: Sequence[str], id: str, name: str) -> Floats:
    """A measure of the indicator, or a column of a table, by region."""
    if is_column(name):
        table, _, column = name.partition(".")
        given = rating.section.inputs[table]
        frame = rating.data.tables[table]
        if "year" in frame.columns:
            years = years_used(frame, given, rating.edition)
            frame = frame.filter(pl.col("year").is_in(years))
        held = frame.select("region", pl.col(column).cast(pl.Float64).alias("value"))
    else:
        held = rating.measures.filter(
            (pl.col("indicator") == id) & (pl.col("measure") == name)
        ).select("region", "value")
    rows = pl.DataFrame({"region": regions})
    found = rows.join(held, on="region", how="left", maintain_order="left")["value"]
    return found.fill_null(float("nan")).to_numpy().astype(float)


# ---------------------------------------------------------------------------- what a value scores


def _curve(values: Floats, scores: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(values) & ~np.isnan(scores)
    x, first = np.unique(values[known], return_index=True)
    return x, scores[known][first]


def _along(drawn: Floats, x: Floats, y: Floats) -> Floats:
    """A value on the line through the points, and beyond its ends in the direction of the ends."""
    found: Floats = np.interp(drawn, x, y)
    if len(x) > 1:
        low, high = drawn < x[0], drawn > x[-1]
        found[low] = y[0] + (drawn[low] - x[0]) * (y[1] - y[0]) / (x[1] - x[0])
        found[high] = y[-1] + (drawn[high] - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2])
    return found


def _scaled(scores: Floats, setting: Setting, base: Floats) -> Floats:
    found: Floats
    match setting:
        case MinMax(range=ends):
            least = np.nanmin(scores, axis=1, keepdims=True)
            spread = np.nanmax(scores, axis=1, keepdims=True) - least
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.where(spread > 0, (scores - least) / spread, scores * 0)
            found = share * (ends[1] - ends[0]) + ends[0]
        case ZScore(range=None, mean=mean, sd=sd):
            centre = np.nanmean(scores, axis=1, keepdims=True)
            own = np.nanstd(scores, axis=1, ddof=1, keepdims=True)
            found = (scores - centre) / np.where(own > 0, own, 1.0) * sd + mean
        case Goalposts(range=ends, clip=True):
            found = np.clip(scores, ends[0], ends[1])
        case Goalposts() | Fraction() | Target():
            found = scores
        case _:
            # Nobody stands before the first place or behind the last.
            found = np.clip(scores, np.nanmin(base), np.nanmax(base))
    return found
