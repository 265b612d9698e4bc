"""The rows of an edition under the names of their tables, derived tables among them.

Every table shows ``__scenario``, ``region`` (but for a table of the country), ``as_of``, its
``year`` where it has one, and its declared columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from rating.definitions import derived
from rating.definitions.parsing import SCENARIO, SQL_TYPE, quoted
from rating.definitions.sector import Sector
from rating.definitions.table import Input
from rating.engine.shares import Shares
from rating.engine.store import Store
from rating.errors import DataError, Problem
from rating.inputs.stored import Stored

Inputs = Mapping[str, Input]
Table = pl.DataFrame | Stored


def hold(
    store: Store,
    tables: Mapping[str, Table],
    inputs: Inputs,
    edition: int,
    *,
    sector: Sector | None = None,
    as_of: date | None = None,
    regions: Collection[str] = (),
) -> None:
    """Show the rows of one edition under the tables' names.

    A table may carry a column ``__scenario``; without it all rows are scenario 0. A column that is
    looked up in the sector is taken from the table where it has one of that name.

    Args:
        store: the connection.
        tables: the frames.
        inputs: the tables that are read, bases before what is derived from them.
        edition: the year whose rows are read.
        sector: in whose lists columns are looked up.
        as_of: the day the edition speaks of; 31 December without it.
        regions: those that take part; all that the tables speak of without them.

    Raises:
        DataError: a table has no rows for the edition, or two where one is joined.
        UsageError: a column is looked up in a sector and none is chosen.
    """
    days = {edition: as_of or date(edition, 12, 31)}
    listed: dict[int | None, Collection[str]] = {None: regions} if regions else {}
    _Showing(store, tables, {edition: inputs}, days, sector, listed, by_edition=False).all()


def hold_panel(
    store: Store,
    tables: Mapping[str, Table],
    inputs: Mapping[int, Inputs],
    *,
    sector: Sector | None = None,
    as_of: date | None = None,
    regions: Mapping[int, Collection[str]] | None = None,
) -> dict[str, str]:
    """Show the rows of several editions at once; the scenario is the edition.

    Args:
        store: the connection.
        tables: the frames.
        inputs: for each edition, the tables it reads.
        sector: in whose lists columns are looked up.
        as_of: the day that an only edition speaks of; 31 December without it.
        regions: those that take part in each edition; all that its tables speak of without them.

    Returns:
        the SQL by which each table is shown, bases before what is derived from them.

    Raises:
        DataError: a table has no rows for an edition that reads it, or two where one is joined.
        UsageError: a column is looked up in a sector and none is chosen.
    """
    days = {edition: as_of or date(edition, 12, 31) for edition in inputs}
    listed: dict[int | None, Collection[str]] = {}
    listed.update(regions.items() if regions else ())
    showing = _Showing(store, tables, inputs, days, sector, listed, by_edition=True)
    showing.all()
    return showing.shown


@dataclass(frozen=True)
class _Showing:
    """What is shown, of which editions, in which sector."""

    store: Store
    tables: Mapping[str, Table]
    inputs: Mapping[int, Inputs]
    days: Mapping[int, date]
    sector: Sector | None
    regions: Mapping[int | None, Collection[str]]
    by_edition: bool
    shown: dict[str, str] = field(default_factory=dict)

    def all(self) -> None:
        """Show every table and the regions that they speak of."""
        every = {name: given for each in self.inputs.values() for name, given in each.items()}
        refused = list(self._empty(every))
        if refused:
            raise DataError(refused)
        self.store.run("CREATE SCHEMA IF NOT EXISTS held")
        for name, given in every.items():
            if given.base is None:
                self._keep(name, self.tables[name])
                self._show(name, self.rows(name, given))
        for name, given in every.items():
            if given.base is not None:
                self._widen(given, every)
                self._show(name, derived_sql(name, every, as_of=self._day()))
        _joinable(self.store, every)
        self._regions(every)

    def _keep(self, name: str, table: Table) -> None:
        if isinstance(table, Stored):
            self.store.run(f"CREATE OR REPLACE VIEW held.{quoted(name)} AS {table.sql()}")
        else:
            self.store.keep(f"held.{quoted(name)}", table)

    def _show(self, name: str, sql: str) -> None:
        self.shown[name] = sql
        # Not a temporary view: frames that a step queries are, and one may have the same name.
        self.store.run(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}")

    def _empty(self, every: Inputs) -> Iterator[Problem]:
        for name, given in every.items():
            for edition, inputs in self.inputs.items():
                if given.base is None and name in inputs:
                    frame = self.tables[name]
                    if _years(frame, given, edition) == []:
                        yield _no_rows(name, frame, given, edition)

    def _regions(self, every: Inputs) -> None:
        """The regions that take part in each scenario, and whether a table has a row of them."""
        regional = [n for n, g in every.items() if g.base is None and g.grain != "country"]
        # Where they are listed, a register that stays in its files need not be read for them.
        small = [name for name in regional if not isinstance(self.tables[name], Stored)]
        read = small or regional if self.regions else regional
        rows = [f"SELECT DISTINCT {SCENARIO}, region FROM {quoted(name)}" for name in read]
        own = f"SELECT {SCENARIO}, region, true AS __there FROM ({' UNION '.join(rows)})"
        if self.regions:
            pairs = [(scenario, code) for scenario, c in self.regions.items() for code in sorted(c)]
            schema = {SCENARIO: pl.Int64, "region": pl.String}
            self.store.keep("__listed", pl.DataFrame(pairs, schema=schema, orient="row"))
            listed, more = "SELECT * FROM __listed", ""
            unlisted = ", ".join(str(one) for one, codes in self.regions.items() if not codes)
            if unlisted:
                more = f"UNION ALL FROM ({own}) WHERE {SCENARIO} IN ({unlisted})"
            if None in self.regions:
                listed = f"SELECT DISTINCT o.{SCENARIO}, l.region FROM __listed l, ({own}) o"
            own = f"""
                SELECT {SCENARIO}, region, coalesce(__there, false) AS __there
                FROM ({listed})
                LEFT JOIN ({own}) USING ({SCENARIO}, region)
                {more}"""
        ordered = f"{own} ORDER BY {SCENARIO}, region"
        self.store.run(f"CREATE OR REPLACE TABLE __regions AS {ordered}")

    def _day(self) -> str | None:
        """The day of the edition as SQL, where there is one edition: a constant is cheap."""
        days = set(self.days.values())
        return f"DATE '{min(days)}'" if len(days) == 1 else None

    def _widen(self, given: Input, every: Inputs) -> None:
        """Show the base of a derived table over more years, where it asks for them."""
        if given.base is not None and given.window > 1:
            wider = every[given.base].amended({"window": given.window, "carry": 0})
            self._show(_base(given), self.rows(given.base, wider))

    def rows(self, name: str, given: Input) -> str:
        """SQL for the rows of a stored table in its years, with the keys and declared columns."""
        frame = self.tables[name]
        years = {
            edition: _years(frame, given, edition)
            for edition, inputs in self.inputs.items()
            if name in inputs or any(one.base == name for one in inputs.values())
        }
        columns = [] if given.grain == "country" else ["t.region"]
        columns += ["t.year"] if "year" in frame.columns else []
        shares = Shares(given.columns, self.sector)
        for label, column in given.columns.items():
            if label in frame.columns or not column.sector:
                formula = f"CAST(t.{quoted(label)} AS {SQL_TYPE[column.type]})"
            else:
                formula = shares.of(column, f"table {name}, column {label}")
            columns.append(f"{formula} AS {quoted(label)}")
        source = " ".join([f"held.{quoted(name)} t", *shares.joins])
        if not self.by_edition or len(years) == 1:
            # Constants, so that DuckDB skips what is of other years: a join of days does not.
            edition = next(iter(years)) if self.by_edition else 0
            scenario = f"CAST({edition} AS BIGINT) AS {SCENARIO}"
            if not self.by_edition and SCENARIO in frame.columns:
                scenario = f"t.{SCENARIO}"
            keys = [scenario, f"DATE '{self.days[next(iter(years))]}' AS as_of"]
            read = next(iter(years.values()))
            where = "" if read is None else f" WHERE t.year IN ({', '.join(map(str, read))})"
            return f"SELECT {', '.join([*keys, *columns])} FROM {source}{where}"
        pairs = ", ".join(
            f"({e}, {'NULL' if year is None else year}::BIGINT, DATE '{self.days[e]}')"
            for e, read in years.items()
            for year in (read or (None,))
        )
        match = "ON t.year = y.year" if "year" in frame.columns else "ON true"
        keys = [f"CAST(y.edition AS BIGINT) AS {SCENARIO}", self._day() or "y.as_of"]
        keys[1] += " AS as_of" if self._day() else ""
        listed = ", ".join([*keys, *columns])
        return (
            f"SELECT {listed} FROM {source} JOIN (VALUES {pairs}) y(edition, year, as_of) {match}"
        )


def _base(given: Input) -> str:
    """The name under which the base of a derived table is shown: over more years, its own."""
    return f"{given.base}__{given.window}" if given.window > 1 else str(given.base)


def derived_sql(name: str, inputs: Inputs, as_of: str | None = None) -> str:
    """SQL for the rows of a derived table, over the tables it is made of.

    Args:
        name: the table.
        inputs: it and what it is made of.
        as_of: the day of the edition where it is one for all rows.
    """
    given = inputs[name]
    made = derived.compiled(name, inputs)
    source = _joined(given, inputs, _moved(given, _base(given)))
    keys = [SCENARIO] if derived.national(name, inputs) else [SCENARIO, "region"]
    keys.append(f"{as_of} AS as_of" if as_of else "as_of")
    where = f" WHERE {made.where}" if made.where is not None else ""
    calculated = [
        f"CAST({formula} AS {SQL_TYPE[given.types.get(label, 'integer')]}) AS {quoted(label)}"
        for label, formula in made.columns.items()
    ]
    if not made.grouped:
        return f"SELECT {', '.join(['*', *calculated])} FROM {source}{where}"
    groups = [f"{formula} AS {quoted(label)}" for label, formula in made.keys.items()]
    listed = ", ".join([*keys, *groups, *calculated])
    return f"SELECT {listed} FROM {source}{where} GROUP BY ALL"


def _moved(given: Input, base: str) -> str:
    """The base, its rows in the regions that they count to."""
    if given.region is None:
        return quoted(base)
    named = quoted(given.region)
    return f"(SELECT * REPLACE ({named} AS region) FROM {quoted(base)} WHERE {named} IS NOT NULL)"


def _joined(given: Input, inputs: Inputs, base: str) -> str:
    if not given.join:
        return base
    columns, joins = ["b.*"], []
    for number, (table, on) in enumerate(given.join.items(), 1):
        alias = f"j{number}"
        keys = [SCENARIO, *([] if derived.national(table, inputs) else ["region"]), *on]
        match = " AND ".join(f"{alias}.{quoted(key)} = b.{quoted(key)}" for key in keys)
        joins.append(f"LEFT JOIN {quoted(table)} {alias} ON {match}")
        added = [c for c in derived.visible(table, inputs) if c not in on]
        columns += [f"{alias}.{quoted(column)}" for column in added]
    return f"(SELECT {', '.join(columns)} FROM {base} b {' '.join(joins)})"


def _joinable(store: Store, every: Inputs) -> None:
    """A joined table has at most one row for what it is joined by."""
    problems = []
    for name, given in every.items():
        for table, on in given.join.items():
            if set(every[table].by or ()) and set(every[table].by or ()) <= set(on):
                continue
            keys = [SCENARIO, *([] if derived.national(table, every) else ["region"]), *on]
            listed = ", ".join(map(quoted, keys))
            some = " AND ".join(f"{quoted(key)} IS NOT NULL" for key in on) or "true"
            twice = store.query(
                f"SELECT {listed} FROM {quoted(table)} WHERE {some} "
                "GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1",
                where=f"input.{table}",
            )
            if twice.height:
                cells = twice.row(0, named=True).items()
                shown = ", ".join(f"{k.removeprefix('__')} = {v}" for k, v in cells)
                what = f"two rows of {table} for {shown}, and {name} joins one"
                problems.append(Problem(f"table {table}", what, "keep one row for each"))
    if problems:
        raise DataError(problems)


def years_used(frame: Table, given: Input, edition: int) -> list[int]:
    """The years whose rows an edition reads, in order; empty for a table without years."""
    return _years(frame, given, edition) or []


def years_read(tables: Mapping[str, Table], inputs: Inputs, edition: int) -> pl.DataFrame:
    """table, year: which years' rows of each table an edition reads."""
    rows = [
        (table, year)
        for table, given in sorted(inputs.items())
        if given.base is None
        for year in years_used(tables[table], given, edition)
    ]
    return pl.DataFrame(rows, schema={"table": pl.String, "year": pl.Int64}, orient="row")


def _years(frame: Table, given: Input, edition: int) -> list[int] | None:
    held = held_years(frame)
    if held is None:
        return None
    if given.window > 1:
        return sorted(year for year in held if edition - given.window < year <= edition)
    return sorted(year for year in held if edition - given.carry <= year <= edition)[-1:]


def held_years(table: Table) -> set[int] | None:
    """The years of a table; None where it has none."""
    if isinstance(table, Stored):
        return None if table.years is None else set(table.years)
    return set(table["year"].drop_nulls().unique()) if "year" in table.columns else None


def _no_rows(name: str, frame: Table, given: Input, edition: int) -> Problem:
    held = sorted(held_years(frame) or ())
    span = " to ".join(map(str, dict.fromkeys((held[0], held[-1])))) if held else ""
    has = f"it holds {span}" if held else "it has no rows"
    carried = f", carried forward at most {given.carry} years" if given.carry else ""
    return Problem(
        f"table {name}", f"no rows for {edition}: {has}{carried}", "add the year or choose another"
    )
