"""What a user's text meets in the rows ends in an error of ours, with its place."""

from collections.abc import Callable

import polars as pl
import pytest

import rating
from rating.engine.store import Store
from rating.errors import DefinitionError, UsageError

TABLE = {"id": {"type": "text"}, "n": {"type": "integer"}, "x": {"type": "number"}}
ROWS = pl.DataFrame(
    {
        "region": ["A", "A", "B"],
        "year": [2019] * 3,
        "id": ["a", "b", "c"],
        "n": [0, 3 * 10**9, 5],
        "x": [1e300, 0.0, -1.0],
        "from_day": [None] * 3,
        "until_day": [None] * 3,
    },
    schema_overrides={"from_day": pl.Date, "until_day": pl.Date},
)


def section(value: str = "m", measure: str = "count()", **table: object) -> rating.Section:
    derived = table.pop("derived", None)
    days = {"from_day": {"type": "date"}, "until_day": {"type": "date"}}
    inputs = {"t": {**TABLE, **days, **table}, **({"d": derived} if derived else {})}
    version = {"since": "2000-01-01", "measures": {"d" if derived else "t": {"m": measure}}}
    item = {
        "id": "one",
        "parent": "index",
        "input": inputs,
        "version": [{**version, "value": value}],
    }
    node = [{"id": "index"}]
    return rating.Section(id="small", name={"en": "S"}, node=node, indicator=[item])


def rated(given: rating.Section, rows: pl.DataFrame = ROWS, **more: object) -> rating.Rating:
    return rating.rate(given, rating.read({"t": rows}, given), edition=2019, **more)


def places(run: Callable[[], object]) -> list[str]:
    """Where the problems are that a run ends in; any other error is a fault of ours."""
    try:
        run()
    except rating.RatingError as error:
        return [problem.where for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"measure": "sum(x)"}, "one, version 2000-01-01, measures.t.m"),
        ({"measure": "sum(exp(x))"}, "one, version 2000-01-01, measures.t.m"),
        ({"value": "(m - 1) % (m - 1)"}, None),
        ({"value": "m * 999999999 * 999999999 * 999999999"}, "one, version 2000-01-01, value"),
        ({"value": "m % round(m - m)"}, None),
        ({"measure": "count() % (count() - 2)"}, "one, version 2000-01-01, measures.t.m"),
        (
            {
                "derived": {"from": "t", "y": {"type": "number", "value": "year % (year - 2019)"}},
                "measure": "sum(y)",
            },
            "one, input.d.y",
        ),
        (
            {
                "derived": {
                    "from": "t",
                    "where": "year(add_months('9999-01-01', 9999)) % (year - 2019) = 1",
                    "y": {"type": "number", "value": "x"},
                },
                "measure": "sum(y)",
            },
            "one, input.d",
        ),
    ],
)
def test_a_formula_that_meets_what_it_cannot_compute_is_named(given, where):
    found = places(lambda: rated(section(**given)))
    assert where is None or (found and all(one.startswith(where) for one in found))


RULE = {"id": "r", "name": {"en": "R"}}


@pytest.mark.parametrize(
    "rule",
    [
        {"holds": "10 % n > 5"},
        {"holds": "n * n * n * n > 5"},
        {"holds": "ln(x) > 0"},
        {"holds": "exp(x) > 0"},
        {"holds": "year % (year - 2019) = 0"},
        {"holds": "sum(x) > 0", "by": ["id"]},
        {"holds": "count() % (count() - 1) = 0", "by": ["id"]},
        {"holds": "entropy(x) > 0", "by": ["region"]},
        {"holds": "km_median(x, x, x) > 0", "by": ["region", "year"]},
        {"holds": "km_survival(x, n, n, 2) > 0", "by": ["n"]},
        {"holds": "miller_madow(n, n) > 0 OR median(x) > avg(n)", "by": ["region"]},
        {"holds": "quantile_cont(x, 0.5) > 0 AND count(DISTINCT id) > 0", "by": ["region"]},
        {"spans": ["from_day", "until_day"], "by": ["id"]},
    ],
)
def test_a_rule_refuses_rows_or_is_named(rule):
    def whole() -> None:
        read = rating.read({"t": ROWS}, section(rule=[{**RULE, **rule}]))
        assert read.tables["t"].height + read.refused["row"].n_unique() == ROWS.height

    assert places(whole) in ([], ["t, rule r"])


def test_the_keys_of_a_rule_are_told_apart_to_the_last_digit():
    rows = ROWS.with_columns(n=pl.Series([2**53, 2**53 + 1, 7]))
    rule = {**RULE, "holds": "count() = 1", "by": ["n"]}
    read = rating.read({"t": rows}, section(rule=[rule]))
    assert read.refused.is_empty()


@pytest.mark.parametrize(
    "rule", [{"holds": "year > 2000"}, {"holds": "count() > 0", "by": ["year"]}]
)
def test_a_rule_that_reads_a_year_that_is_not_there_is_told(rule):
    with pytest.raises(DefinitionError, match="t, rule r:\n  it reads 'year'"):
        rating.read({"t": ROWS.drop("year")}, section(rule=[{**RULE, **rule}]))


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({"spans": ["id", "x"], "by": ["id"]}, "spans go from a date to a date, not from text"),
        ({"spans": ["id", "id"], "by": ["id"]}, "spans go from a date to a date"),
        ({"holds": "n = '1'"}, "a number and a text do not go together"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_refused_with_its_section(rule, what):
    with pytest.raises(DefinitionError, match=what):
        section(rule=[{**RULE, **rule}])


def test_a_rule_does_not_group_by_what_is_looked_up():
    share = {"type": "number", "sector": ["okved2"]}
    with pytest.raises(DefinitionError, match="'share' is looked up in the sector"):
        section(share=share, rule=[{**RULE, "holds": "count() > 0", "by": ["share"]}])


@pytest.mark.parametrize(
    "memory",
    ["x'", "1KB", "", "0", "-1", "1", "1MB", "99MB", "lots", "1GB; SET x", "9999999TB", "١GB"],
)
def test_a_size_of_memory_that_is_none_is_refused(memory):
    with pytest.raises(UsageError, match="memory:"):
        Store(memory=memory)


@pytest.mark.parametrize("memory", ["100MB", "2GB", "1.5 GiB", " 500MB "])
def test_a_size_of_memory_is_taken(memory):
    with Store(memory=memory) as store:
        assert store.query("SELECT 1 AS x").item() == 1


def test_memory_that_is_not_enough_is_told():
    with Store(memory="100MB", threads=1) as store, pytest.raises(UsageError, match="--memory"):
        store.query("SELECT list(i) AS x FROM range(40000000) t(i)")


def test_a_folder_for_temporary_files_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match="temporary files"):
        Store(memory="100MB")
