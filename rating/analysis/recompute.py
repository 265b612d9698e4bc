"""Values computed anew by the engine: by other formulas, or over other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from rating.analysis.design import Floats
from rating.definitions import derived, formulas
from rating.definitions.model import Indicator, Version
from rating.definitions.parsing import quoted
from rating.definitions.table import Input
from rating.engine import held, values
from rating.engine.shares import Shares
from rating.engine.store import Store
from rating.inputs.stored import Stored
from rating.result import Rating

Wanted = Sequence[tuple[Indicator, Version]]


def inputs_of(rating: Rating, wanted: Wanted) -> dict[str, Input]:
    """The tables that versions read, and those that say which regions there are.

    The regions are those of the rating: a ``total()`` sums over all of them.
    """
    used = {table for item, version in wanted for table in item.tables(version)}
    rated = rating.tree.inputs
    regional = {name for name, given in rated.items() if given.grain == "region"}
    used |= regional or set(derived.needed(rated, rating.section.inputs))
    return {name: given for name, given in rating.section.inputs.items() if name in used}


def by_formulas(rating: Rating, texts: Sequence[tuple[str, str]], regions: Sequence[str]) -> Floats:
    """What formulas in the words of indicators' values give: formulas by regions.

    Args:
        rating: whose data are read.
        texts: pairs of an indicator in force and a formula.
        regions: the columns.
    """
    versions = {item.id: (item, version) for item, version in rating.tree.versions()}
    wanted = []
    for id, text in texts:
        item, version = versions[id]
        wanted.append((item, version.amended({"value": text, "estimate": None})))
    with Store(files=rating.data.files) as store:
        inputs = inputs_of(rating, wanted)
        show(store, rating, rating.data.held, inputs)
        return over_scenarios(store, wanted, regions, 1)[:, 0]


def show(
    store: Store, rating: Rating, tables: Mapping[str, held.Table], inputs: Mapping[str, Input]
) -> None:
    """Show the tables of the edition to formulas."""
    regions = rating.ranks["region"].to_list()
    sector, as_of = rating.sector, rating.as_of
    held.hold(store, tables, inputs, rating.edition, sector=sector, as_of=as_of, regions=regions)


def over_scenarios(store: Store, wanted: Wanted, regions: Sequence[str], scenarios: int) -> Floats:
    """The values of versions over the tables that are shown: versions by scenarios by regions."""
    labels = [f"{item.id}, formula {n}" for n, (item, _) in enumerate(wanted, 1)]
    named = [
        (item.amended({"id": label}), version, None)
        for label, (item, version) in zip(labels, wanted, strict=True)
    ]
    cells, _ = values.evaluate_cells(store, named)
    row = {region: n for n, region in enumerate(regions)}
    column = np.array([row.get(region, -1) for region in cells.regions], np.int64)
    version = {label: n for n, label in enumerate(labels)}
    own = np.array([version[label] for label in cells.columns["indicator"]], np.int64)
    scenario = cells.columns["scenario"].to_numpy()
    place, at = cells.rows["place"].to_numpy(), column[cells.rows["region"].to_numpy()]
    value = cells.rows["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    kept = at >= 0
    made = np.full((len(wanted), scenarios, len(regions)), np.nan)
    made[own[place[kept]], scenario[place[kept]], at[kept]] = value[kept]
    return made


def rows_of(
    store: Store, rating: Rating, name: str, inputs: Mapping[str, Input], where: str | None = None
) -> pl.DataFrame:
    """The rows of a table in all years that the edition may read, looked-up columns among them.

    Args:
        store: a connection that may read the files of the rating.
        rating: whose data are read.
        name: the table.
        inputs: it and what derives from it.
        where: a formula over a row: which rows are taken.
    """
    given, table = inputs[name], rating.data.held[name]
    columns = [] if given.grain == "country" else ["t.region"]
    columns += ["t.year"] if "year" in table.columns else []
    shares = Shares(given.columns, rating.sector)
    for label, column in given.columns.items():
        if column.sector and label not in table.columns:
            columns.append(
                f"{shares.of(column, f'table {name}, column {label}')} AS {quoted(label)}"
            )
        else:
            columns.append(f"t.{quoted(label)}")
    if isinstance(table, Stored):
        source = f"({table.sql()})"
    else:
        source = "arrived"
        store.keep(source, table)
    last = rating.edition
    back = max([given.window, given.carry + 1, *_windows(name, inputs)])
    years = f" WHERE t.year BETWEEN {last - back + 1} AND {last}" if "year" in table.columns else ""
    sql = f"SELECT {', '.join(columns)} FROM {' '.join([f'{source} t', *shares.joins])}{years}"
    if where is not None:
        taken = formulas.check(where, given.types, level="row", gives="boolean").sql
        dated = f"SELECT *, DATE '{rating.as_of}' AS as_of FROM ({sql})"
        sql = f"SELECT * EXCLUDE (as_of) FROM ({dated}) WHERE {taken}"
    return store.query(sql, where=f"uncertainty, where of {name}")


def _windows(name: str, inputs: Mapping[str, Input]) -> list[int]:
    return [given.window for given in inputs.values() if given.base == name]
