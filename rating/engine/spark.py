"""Measures of registers on Apache Spark: the same SQL over the same files, the same numbers.

Only the way from rows to measures runs there: tables, what is derived from them, and the measures.
Their formulas are those that DuckDB runs, transpiled by sqlglot; a function that the two engines do
not compute alike to the last bit is refused, or computed by DuckDB over the rows once they are
grouped. Everything after is local.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import polars as pl

from rating.definitions import derived
from rating.definitions.table import Input
from rating.engine.store import Store
from rating.engine.values import Measures
from rating.errors import DefinitionError, Problem, UsageError
from rating.inputs.stored import Stored

if TYPE_CHECKING:
    from pyspark.sql import DataFrame as SparkFrame
    from sqlglot import exp

# Spark's own conversion of a double to a decimal goes by its shortest text, and DuckDB's by its
# bits: 1e9 times the double, to the nearest whole number. Whole doubles are exact in two parts.
_PART = 2**52
_SCALED = f"""
CASE WHEN typeof({{x}}) = 'double'
     THEN CAST(CAST(CAST({{x}} AS DOUBLE) * 1e9D / {_PART}D AS BIGINT) AS DECIMAL(19, 0))
        * CAST({_PART} AS DECIMAL(16, 0))
        + CAST(CAST({{x}} AS DOUBLE) * 1e9D
        - CAST(CAST({{x}} AS DOUBLE) * 1e9D / {_PART}D AS BIGINT) * {_PART}D AS DECIMAL(17, 0))
     ELSE CAST({{x}} AS DECIMAL(20, 0)) * CAST(1000000000 AS DECIMAL(10, 0)) END"""
_WHOLE = 2**53
_UNSCALED = f"""
(CASE WHEN abs({{s}}) <= {_WHOLE} THEN CAST({{s}} AS DOUBLE) / 1e9D
      ELSE CAST({{s}} div 1000000000 AS DOUBLE)
         + CAST({{s}} % 1000000000 AS DOUBLE) / 1e9D END)"""

# What both engines compute alike; all else (ln, round, median, curves) is not left to Spark.
_ALIKE = {
    *("Abs", "And", "Between", "Case", "Cast", "Coalesce", "Count"),
    *("DateDiff", "Filter", "Greatest", "If", "Least", "Length", "Max", "Min", "Nullif", "Or"),
    *("Replace", "Sqrt", "Sum", "Trim", "TsOrDsToDate", "Upper", "Year"),
}


def _nfc() -> Callable[[str | None], str | None]:
    """A text in form C; made here, for the workers of Spark need not have this library."""

    def normalised(text: str | None) -> str | None:
        import unicodedata

        return None if text is None else unicodedata.normalize("NFC", text)

    return normalised


class Spark:
    """Tables of an edition shown on Spark as DuckDB shows them.

    Used as a context manager: a session that was not there before is stopped at the end.

    Args:
        tables: the frames, and the registers in their files.
        inputs: the tables that are read.
        shown: for each name, the SQL by which DuckDB shows it; see ``hold_panel``.

    Raises:
        UsageError: pyspark, sqlglot or Java is not there.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame | Stored],
        inputs: Mapping[str, Input],
        shown: Mapping[str, str],
    ) -> None:
        require()
        from pyspark.sql import SparkSession

        self._tables, self._inputs, self._shown = tables, inputs, shown
        self._folder = tempfile.TemporaryDirectory()
        self._started = SparkSession.getActiveSession() is None
        # Workers of a session that starts here run on the Python that this one runs on.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.config("spark.ui.enabled", "false")
        self._whole = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        # Names and settings of our own, whoever else uses the session.
        self._session = self._whole.newSession()
        self._session.conf.set("spark.sql.ansi.enabled", "true")
        # The one function of the rule of a cell that Spark lacks.
        self._session.udf.register("nfc_normalize", _nfc())
        self._views: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._started:
            self._whole.stop()
        self._folder.cleanup()

    def measured(self, store: Store, measures: Measures) -> dict[str, pl.DataFrame]:
        """The measures of every table that is, or is made of, a register in its files.

        A grouped table whose measures have a function of DuckDB alone comes back as its rows, and
        is shown in the store instead of its view.

        Raises:
            UsageError: a formula over single rows is not alike in both engines.
            DefinitionError: Spark fails in a formula.
        """
        found = {}
        for table in measures.names:
            if not self._large(table):
                continue
            sql = measures.sql(table)
            if not unlike(sql):
                found[table] = self._asked(store, sql, table)
            elif self._inputs[table].by is not None:
                rows = self._asked(store, f'SELECT * FROM "{table}"', table)
                store.keep(f'held."{table}__rows"', rows)
                store.run(f'CREATE OR REPLACE TEMP VIEW "{table}" AS FROM held."{table}__rows"')
            else:
                raise _refused(f"measures of {table}", sql)
        return found

    def _large(self, table: str) -> bool:
        names = derived.needed([table], self._inputs)
        return any(isinstance(self._tables.get(name), Stored) for name in names)

    def _asked(self, store: Store, sql: str, table: str) -> pl.DataFrame:
        """The answer, with the types that DuckDB gives it."""
        schema = store.query(f"SELECT * FROM ({sql}) LIMIT 0").schema
        self._show(table)
        from pyspark.errors import PySparkException

        try:
            rows = self._session.sql(transpiled(sql)).collect()
        except PySparkException as error:
            what = f"Spark cannot compute it: {str(error).splitlines()[0]}"
            remedy = "see whether it divides by zero: nullif(x, 0); or rate without Spark"
            raise DefinitionError(Problem(f"table {table}", what, remedy)) from None
        return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")

    def _show(self, table: str) -> None:
        """Show a table, and first what its SQL reads."""
        if table in self._views:
            return
        self._views.add(table)
        sql = self._shown[table]
        if unlike(sql):
            raise _refused(f"table {table}", sql)
        for name, held in _read(sql):
            if held:
                self._hold(name)
            else:
                self._show(name)
        self._session.sql(transpiled(sql)).createOrReplaceTempView(table)

    def _hold(self, name: str) -> None:
        table = self._tables[name]
        if not isinstance(table, Stored):
            file = Path(self._folder.name) / f"{name}.parquet"
            table.write_parquet(file)
            self._parquet([file]).createOrReplaceTempView(f"held__{name}")
            return
        self._parquet(list(table.files)).createOrReplaceTempView(f"files__{name}")
        rows = transpiled(table.sql(f"files__{name}"))
        self._session.sql(rows).createOrReplaceTempView(f"held__{name}")

    def _parquet(self, files: list[Path]) -> SparkFrame:
        return self._session.read.parquet(*map(str, files))


def require() -> None:
    """See that Spark can be started.

    Raises:
        UsageError: with what is missing.
    """
    try:
        import pyspark  # noqa: F401
        import sqlglot  # noqa: F401
    except ImportError as error:
        what, remedy = f"{error.name} is not installed", 'install the extra "spark" of the package'
        raise UsageError(Problem('engine "spark"', what, remedy)) from None
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        what = "there is no Java on this machine"
        remedy = "install one, such as openjdk-17-jre-headless"
        raise UsageError(Problem('engine "spark"', what, remedy))


def transpiled(sql: str) -> str:
    """DuckDB's SQL as Spark reads it, sums of decimals to the same bit.

    Example:
        >>> transpiled('SELECT count(*) FILTER (WHERE "a" > 1) AS n FROM held."firms" t')
        'SELECT COUNT(*) FILTER(WHERE `a` > 1) AS n FROM held__firms AS t'
    """
    from sqlglot import exp

    def changed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Table) and node.db == "held":
            name = exp.to_identifier(f"held__{node.name}")
            alias = node.args.get("alias")
            return exp.Table(this=name, alias=alias.copy() if alias else None)
        if isinstance(node, exp.Select):
            node.set("expressions", [new for old in node.expressions for new in _starred(old)])
        if isinstance(node, exp.Anonymous) and node.name.lower() == "isfinite":
            inner = node.expressions[0].sql("spark")
            return _spark(f"abs({inner}) < CAST('Infinity' AS DOUBLE)")
        if isinstance(node, exp.Cast) and node.to.sql("duckdb") == "DOUBLE" and _exact(node.this):
            return _double(node.this)
        return node

    return str(_parsed(sql).transform(changed).sql("spark"))


def _starred(column: exp.Expr) -> list[exp.Expr]:
    """Spark has no REPLACE in a star: all but those columns, and then they."""
    from sqlglot import exp

    star = column.find(exp.Star)
    replaced = None if star is None else star.args.get("replace")
    if not star or not replaced:
        return [column]
    star.set("replace", None)
    star.set("except_", [exp.to_identifier(one.alias) for one in replaced])
    return [column, *replaced]


def _exact(node: exp.Expr) -> bool:
    """Whether a node is a sum of decimals, of some rows or of all."""
    from sqlglot import exp

    summed = node.this if isinstance(node, exp.Filter) else node
    return isinstance(summed, exp.Sum) and any(
        cast.to.sql("duckdb") == "DECIMAL(38, 9)" for cast in summed.find_all(exp.Cast)
    )


def _double(node: exp.Expr) -> exp.Expr:
    """A sum of decimals as the double that DuckDB makes of it."""
    from sqlglot import exp

    node = node.copy()
    summed = node.this if isinstance(node, exp.Filter) else node
    holder = summed.this.expressions[0] if isinstance(summed.this, exp.Distinct) else summed.this
    scaled = _spark(_SCALED.format(x=f"({holder.this.sql('spark')})"))
    holder.replace(scaled)
    return _spark(_UNSCALED.format(s=node.sql("spark")))


def _spark(text: str) -> exp.Expr:
    import sqlglot

    return sqlglot.parse_one(text, read="spark")


def _parsed(sql: str) -> exp.Expr:
    import sqlglot

    return sqlglot.parse_one(sql, read="duckdb")


def unlike(sql: str) -> tuple[str, ...]:
    """What in a query the two engines do not compute alike, by the names of functions.

    Example:
        >>> unlike("SELECT region, median(x), count(*) FROM t GROUP BY region")
        ('median',)
    """
    from sqlglot import exp

    found = set()
    for node in _parsed(sql).walk():
        if isinstance(node, exp.Func | exp.Lambda | exp.Bracket | exp.Struct):
            name = type(node).__name__
            if isinstance(node, exp.Anonymous) and node.name.lower() == "isfinite":
                continue
            if name not in _ALIKE:
                own = isinstance(node, exp.Anonymous)
                found.add(node.name.lower() if own else name.lower())
        if isinstance(node, exp.Literal) and node.is_string and "\\" in str(node.this):
            found.add("a backslash")
    return tuple(sorted(found))


def _read(sql: str) -> list[tuple[str, bool]]:
    """The tables that a query reads, and whether each is a stored one."""
    from sqlglot import exp

    return [(t.name, t.db == "held") for t in _parsed(sql).find_all(exp.Table) if t.name]


def _refused(where: str, sql: str) -> UsageError:
    names = ", ".join(unlike(sql))
    what = f"DuckDB and Spark do not compute alike: {names}"
    return UsageError(Problem(where, what, "group the rows first (by), or rate without Spark"))
