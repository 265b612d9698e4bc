"""Every combination of treatment, imputation, normalisation and formulas, built once.

The steps of the pipeline run over all combinations together: each is a scenario of their frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from rating.analysis.design import Floats, Ints
from rating.definitions.methods import Method
from rating.definitions.model import Indicator, Version
from rating.definitions.section import Section
from rating.definitions.settings import Setting
from rating.definitions.tree import Tree
from rating.definitions.uncertainty import OtherFormula, OtherMethod
from rating.engine import held, values
from rating.engine.cells import Cells
from rating.engine.store import Store
from rating.errors import DataError, DefinitionError, Problem, UsageError
from rating.result import Rating
from rating.steps.impute import impute
from rating.steps.normalise import normalise
from rating.steps.treat import treat

STEPS = ("formula", "impute", "treat", "normalise")
MOST = 1024

Upstream = OtherMethod | OtherFormula


@dataclass(frozen=True, eq=False)
class Scenarios:
    """The scores of indicators under every combination of upstream alternatives.

    Attributes:
        upstream: the assumptions, in the order of the steps.
        cells: scenario, region, indicator, value, imputed, treated, score.
        matrices: of each scenario, the scores: regions (rows) by indicators; NaN where missing.
        values: of each scenario, the values as measured, in the same shape.
        shapes: scenario, indicator, skewness and kurtosis before and after, winsorised, rule.
        regions: the rows, in the order of their codes.
        indicators: the columns, in the order of the section.
    """

    upstream: tuple[Upstream, ...]
    cells: pl.DataFrame
    matrices: list[Floats]
    values: list[Floats]
    shapes: pl.DataFrame
    regions: list[str]
    indicators: list[str]

    def number(self, choices: Mapping[str, Ints], draws: int) -> Ints:
        """The scenario of each draw, from its choice of every upstream assumption."""
        found = np.zeros(draws, np.int64)
        for given in self.upstream:
            found = found * len(given.options) + choices[given.id]
        return found

    def choices(self) -> list[tuple[int, ...]]:
        """The options of each scenario, an assumption each."""
        return list(product(*(range(len(given.options)) for given in self.upstream)))

    def versions(self, rating: Rating, id: str) -> list[Version]:
        """The version of an indicator under each scenario."""
        found = []
        for options in self.choices():
            version = rating.version(id)
            for given, option in zip(self.upstream, options, strict=True):
                if isinstance(given, OtherFormula) and id in given.options[option]:
                    version = version.amended({"value": given.options[option][id]})
            found.append(version)
        return found


def build(rating: Rating, assumptions: Sequence[Any]) -> Scenarios:
    """Evaluate a rating under every combination of its upstream alternatives.

    Raises:
        DefinitionError: an alternative cannot apply to the data, or there are too many.
        UsageError: the rating looks along the years, which one edition cannot repeat.
    """
    upstream = tuple(
        given
        for step in STEPS
        for given in assumptions
        if isinstance(given, OtherMethod | OtherFormula) and given.kind == step
    )
    many = int(np.prod([len(given.options) for given in upstream]))
    if many > MOST:
        raise DefinitionError(
            Problem(
                "uncertainty",
                f"{many} combinations of treatment, imputation, normalisation and formulas",
                f"at most {MOST} are built: switch an assumption off or shorten its options",
            )
        )
    tree = rating.tree
    _refuse_panel(tree)
    formulas = [given for given in upstream if isinstance(given, OtherFormula)]
    methods = [given for given in upstream if isinstance(given, OtherMethod)]
    with Store(files=rating.data.files) as store:
        cells = _values(store, rating, tree, formulas)
        # A region without figures takes part in no step.
        cells = cells.filter(~pl.col("region").is_in(rating.bare))
        for step in STEPS[1:]:
            own = [given for given in methods if given.kind == step]
            cells, shapes = _stepped(store, rating, cells, step, own)
            if step == "treat":
                treated = shapes
    regions = sorted(rating.values["region"].unique())
    indicators = [item.id for item in tree.indicators]
    cells = cells.filter(pl.col("region").is_in(regions))
    matrices, measured = _matrices(cells, regions, indicators, many)
    return Scenarios(
        upstream=upstream,
        cells=cells,
        matrices=matrices,
        values=measured,
        shapes=_repeated(treated, [given for given in methods if given.kind == "normalise"]),
        regions=regions,
        indicators=indicators,
    )


def _refuse_panel(tree: Tree) -> None:
    for id, (setting, _) in tree.normalisations().items():
        if getattr(setting, "over", "edition") != "edition":
            raise UsageError(
                Problem(
                    f"{id}, method.normalise",
                    "the ends are those of other editions, which one edition cannot repeat",
                    'draw a rating that is normalised over = "edition"',
                )
            )


# ------------------------------------------------------------------------------------------ values


def _values(
    store: Store, rating: Rating, tree: Tree, alternatives: Sequence[OtherFormula]
) -> pl.DataFrame:
    """The values of each combination of formulas; the scenario counts the combinations."""
    versions = {item.id: (item, version) for item, version in tree.versions()}
    others = _other_versions(versions, alternatives, rating.edition)
    keys = ("scenario", "region", "indicator", "value")
    base = rating.values.with_columns(scenario=pl.lit(0, pl.Int64)).select(keys)
    estimated = any(version.estimate is not None for _, version in versions.values())
    if not alternatives and not estimated:
        return base
    needed = [*others.values(), *(versions.values() if estimated else ())]
    tables = {table for item, version in needed for table in item.tables(version)}
    inputs = {
        name: given
        for name, given in rating.section.inputs.items()
        # Its regions are those of the rating: a total() sums over all of them.
        if name in tables or name in tree.inputs
    }
    held.hold(
        store,
        rating.data.held,
        inputs,
        rating.edition,
        sector=rating.sector,
        as_of=rating.as_of,
        regions=rating.ranks["region"].to_list(),
    )
    if estimated:
        # What would fill a gap by structure is no part of a rating.
        base, _ = values.evaluate_versions(store, [(i, v, None) for i, v in versions.values()])
    made = {
        key: values.evaluate_versions(store, [(item, version, None)])[0]
        for key, (item, version) in others.items()
    }
    frames = []
    for number, options in enumerate(product(*(range(len(g.options)) for g in alternatives))):
        changed = {
            id: made[given.id, option, id]
            for given, option in zip(alternatives, options, strict=True)
            for id in given.options[option]
        }
        kept = base.filter(~pl.col("indicator").is_in(list(changed)))
        whole = pl.concat([kept, *changed.values()], how="diagonal")
        frames.append(whole.with_columns(scenario=pl.lit(number, pl.Int64)))
    return pl.concat(frames, how="diagonal").sort("scenario", "region", maintain_order=True)


def _other_versions(
    versions: Mapping[str, tuple[Indicator, Version]],
    alternatives: Sequence[OtherFormula],
    edition: int,
) -> dict[tuple[str, int, str], tuple[Indicator, Version]]:
    found = {}
    for given in alternatives:
        for number, option in enumerate(given.options):
            for id, value in option.items():
                if id not in versions:
                    raise DefinitionError(
                        Problem(
                            f"uncertainty, {given.id}",
                            f"{id} is not in force in {edition}",
                            f"leave '{given.id}' out of the assumptions drawn for this edition",
                        )
                    )
                item, version = versions[id]
                found[given.id, number, id] = (item, version.amended({"value": value}))
    return found


# ------------------------------------------------------------------------------------------- steps


def _stepped(
    store: Store, rating: Rating, cells: pl.DataFrame, step: str, given: Sequence[OtherMethod]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One step over all scenarios, once for each combination of its alternatives."""
    combinations = list(product(*(g.options for g in given)))
    done, shapes = [], []
    for number, options in enumerate(combinations):
        section = _under(rating.section, step, options)
        tree = rating.tree_of(section)
        shown = ", ".join(label(option) for option in options) or "as declared"
        try:
            made, shape = _run(store, rating, cells, step, tree)
        except (DataError, DefinitionError) as error:
            if not given:
                raise
            raise DefinitionError(
                Problem(f"uncertainty, {step} {shown}, {p.where}", p.what, p.remedy)
                for p in error.problems
            ) from None
        scenario = pl.col("scenario") * len(combinations) + number
        done.append(made.with_columns(scenario))
        shapes.append(shape.with_columns(scenario))
    return pl.concat(done, how="diagonal"), pl.concat(shapes)


def _run(
    store: Store, rating: Rating, cells: pl.DataFrame, step: str, tree: Tree
) -> tuple[pl.DataFrame, pl.DataFrame]:
    nothing = pl.DataFrame(schema={"scenario": pl.Int64})
    held = Cells.of(cells)
    if step == "impute":
        years = dict.fromkeys(cells["scenario"].unique().to_list(), rating.edition)
        filled = impute(store, held, tree.settings("impute"), rating.data.regions, years)
        return filled.named(), nothing
    if step == "treat":
        found = treat(store, held, tree.settings("treat"))
        return found.cells.named(), found.shapes
    scored = normalise(store, held, tree.normalisations(), context=tree.context)
    return scored.named(), nothing


def _under(section: Section, step: str, options: Sequence[Mapping[str, Any]]) -> Section:
    method: Method = section.method
    for option in options:
        method = method.merged({step: option}, f"uncertainty, {step}")
    return section.amended({"method": method})


def label(option: Mapping[str, Any] | Setting) -> str:
    """An option as a reader sees it.

    Example:
        >>> label({"name": "winsorise", "max_points": 3}), label({})
        ('winsorise, max_points = 3', 'as declared')
    """
    shown = [
        str(value) if key == "name" else f"{key} = {value}" for key, value in dict(option).items()
    ]
    return ", ".join(shown) or "as declared"


# ------------------------------------------------------------------------------------------ results


def _matrices(
    cells: pl.DataFrame, regions: Sequence[str], indicators: Sequence[str], many: int
) -> tuple[list[Floats], list[Floats]]:
    """The scores and the values of each scenario."""
    rows = pl.DataFrame({"region": regions, "row": range(len(regions))})
    columns = pl.DataFrame({"indicator": indicators, "column": range(len(indicators))})
    placed = cells.join(rows, on="region").join(columns, on="indicator")
    places = tuple(placed[name].to_numpy() for name in ("scenario", "row", "column"))

    def filled(name: str) -> list[Floats]:
        found = np.full((many, len(regions), len(indicators)), np.nan)
        found[places] = placed[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return list(found)

    return filled("score"), filled("value")


def _repeated(shapes: pl.DataFrame, normalisations: Sequence[OtherMethod]) -> pl.DataFrame:
    """What treatment did, repeated for every normalisation that follows it."""
    many = int(np.prod([len(given.options) for given in normalisations]))
    return pl.concat(
        shapes.with_columns(pl.col("scenario") * many + number) for number in range(many)
    ).sort("scenario", maintain_order=True)


def statistics(scenarios: Scenarios) -> pl.DataFrame:
    """What each scenario did to each indicator: gaps, filled values, ends, shapes, moved points."""
    keys = ["scenario", "indicator"]
    return (
        scenarios.cells.group_by(keys, maintain_order=True)
        .agg(
            values=pl.col("value").count(),
            imputed=pl.col("imputed").count() - pl.col("value").count(),
            missing=pl.col("imputed").null_count(),
            least=pl.col("treated").min(),
            greatest=pl.col("treated").max(),
            mean_score=pl.col("score").sort().mean(),
            least_score=pl.col("score").min(),
            greatest_score=pl.col("score").max(),
        )
        .join(scenarios.shapes, on=keys, how="left")
        .sort("scenario", maintain_order=True)
    )
