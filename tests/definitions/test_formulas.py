import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions import formulas
from rating.errors import DefinitionError

COLUMNS = {
    "a": "number",
    "b": "number",
    "n": "integer",
    "t": "text",
    "order": "number",
    "day": "date",
    "flag": "boolean",
}


def printed(text: str, **options: object) -> str:
    return formulas.check(text, COLUMNS, **options).sql


def numbers(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(children, st.sampled_from(["+", "-", "*", "/", "%"]), children)
    tests = st.tuples(children, st.sampled_from(["=", "<>", "<", ">", "<=", ">="]), children)
    conditions = tests.map(lambda p: f"({p[0]}) {p[1]} ({p[2]})")
    return st.one_of(
        pairs.map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        children.map(lambda x: f"-({x})"),
        st.tuples(st.sampled_from(["abs", "sqrt", "floor", "exp"]), children).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
        st.tuples(children, children).map(lambda p: f"nullif({p[0]}, {p[1]})"),
        st.tuples(conditions, children, children).map(
            lambda p: f"CASE WHEN NOT ({p[0]}) AND ({p[1]}) IS NOT NULL THEN {p[1]} ELSE {p[2]} END"
        ),
        st.tuples(children, children, children).map(
            lambda p: f"CASE WHEN ({p[0]}) BETWEEN ({p[1]}) AND ({p[2]}) OR flag THEN 1 END"
        ),
    )


LEAVES = st.sampled_from(["a", "b", "n", '"order"', "1", "2.5", "-3", "0", "1e-3", "total(a)"])


@given(st.recursive(LEAVES, numbers, max_leaves=12))
def test_a_formula_printed_twice_is_the_same(text):
    first = formulas.check(text, COLUMNS)
    totals = {f"total_{n}": "number" for n in range(1, len(first.totals) + 1)}
    assert formulas.check(first.sql, {**COLUMNS, **totals}).sql == first.sql


@given(st.recursive(LEAVES, numbers, max_leaves=12), st.integers(-3, 3), st.integers(1, 3))
def test_what_is_printed_means_what_was_typed(text, a, b):
    """The tree itself is DuckDB's; here the two texts are run, the typed one as it is."""
    import duckdb

    formula = formulas.check(text, COLUMNS)
    row = (
        f'SELECT {a}::DOUBLE AS a, {b}::DOUBLE AS b, 2::DOUBLE AS n, 0.5::DOUBLE AS "order", '
        "true AS flag, 7::DOUBLE AS total_1"
    )
    typed = text.replace("total(a)", "total_1")
    with duckdb.connect() as connection:
        query = f"SELECT {formula.sql} AS x, {typed} AS y FROM ({row})"
        try:
            ((mine, theirs),) = connection.execute(query).fetchall()
        except duckdb.Error:
            return
    assert mine == theirs or abs(mine - theirs) <= 1e-9 * abs(theirs) or mine != mine


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10000*a/nullif(b,0)", "10000 * a / nullif(b, 0)"),
        ("a - (b - 1)", "a - (b - 1)"),
        ("a - -2", "a - (-2)"),
        ("-(-a)", "-(-a)"),
        ("(a > b) = (b > a)", "(a > b) = (b > a)"),
        ("CASE t WHEN 'it''s' THEN 1 END", "CASE WHEN t = 'it''s' THEN 1 ELSE NULL END"),
        ("least(a, b)", "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE least(a, b) END"),
        ("total(a) / nullif(total(b), 0)", "total_1 / nullif(total_2, 0)"),
        ("1.5 * a", "1.5e0 * a"),
        ("100000000000 * a", "100000000000e0 * a"),
        ("CASE WHEN t NOT LIKE 'x%' THEN a END", "CASE WHEN t NOT LIKE 'x%' THEN a ELSE NULL END"),
        (
            "CASE WHEN day <= '2019-01-01' THEN a END",
            "CASE WHEN day <= '2019-01-01' THEN a ELSE NULL END",
        ),
        ('"order" * 2', '"order" * 2'),
    ],
)
def test_a_formula_is_printed_in_one_way(text, wanted):
    assert printed(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("count(*)", "count(*)"),
        ("count(DISTINCT t) FILTER (WHERE a > 0)", "count(DISTINCT t) FILTER (WHERE a > 0)"),
        ("sum(a)", "CAST(sum(CAST(a AS DECIMAL(38, 9))) AS DOUBLE)"),
        ("avg(a)", "CAST(sum(CAST(a AS DECIMAL(38, 9))) AS DOUBLE) / nullif(count(a), 0)"),
        ("quantile_cont(a, 0.5)", "quantile_cont(a, 0.5e0)"),
    ],
)
def test_a_measure_is_printed_with_exact_sums(text, wanted):
    assert printed(text, level="measure") == wanted


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("read_csv('x')", "read_csv() is not allowed"),
        ("(SELECT 1)", "a subquery"),
        ("1; DROP TABLE t", "a second statement"),
        ("a FROM 'secrets.csv'", "not one bare expression"),
        ("a, b", "not one bare expression"),
        ("a LIMIT 1", "not one bare expression"),
        ("a -- hidden", "a comment"),
        ("a /* hidden */", "a comment"),
        ("a::VARCHAR", "a cast"),
        ("CAST(a AS INT)", "a cast"),
        ("TRY(a)", "TRY()"),
        ("t[1]", "a subscript"),
        ("sum(a) OVER ()", "a window"),
        ("?", "a parameter"),
        ("$x", "a parameter"),
        ("a AS b", "an alias"),
        ("COLUMNS(*)", "a star"),
        ("*", "a star"),
        ("random()", "random() is not allowed"),
        ("getenv('HOME')", "getenv() is not allowed"),
        ("query('SELECT 1')", "query() is not allowed"),
        ("repeat('x', 1000000000)", "repeat() is not allowed"),
        ("t || 'x'", "the operator || is not allowed"),
        ("a ^ 2", "is not allowed"),
        ("main.abs(a)", "is not allowed"),
        ("aa", "did you mean 'a'?"),
        ("t.a", "no measure or column named 't.a'"),
        ("t", "not a number"),
        ("t + 1", "does not fit the declared types"),
        ("sum(a)", "needs many rows a region"),
        ("abs(a, b)", "takes 1 arguments"),
        ("abs(DISTINCT a)", "FILTER and DISTINCT"),
        ("total(total(a))", "total() stands in a value, once"),
        ("1e999", "not plain and finite"),
        ("1_000 * a", "not plain and finite"),
        ("round(a, b)", "whole number of digits"),
        ("a IS DISTINCT FROM b", "is not allowed"),
        ("[a, b]", "is not allowed"),
        ("{'x': a}", "is not allowed"),
        ("lambda x: x", "a lambda"),
        ("a" + " + a" * 700, "characters"),
        ("(" * 60 + "a" + ")" * 60, "nested brackets"),
        ("- " * 600 + "a", "nested too deeply"),
        ("a\x00", "control character"),
        ("a +", "syntax error"),
    ],
)
def test_everything_else_is_refused(text, part):
    with pytest.raises(DefinitionError, match="formula") as caught:
        printed(text)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a", "outside an aggregate"),
        ("sum(sum(a))", "inside sum()"),
        ("total(a)", "total()"),
        ("max(a ORDER BY b)", "ORDER BY inside"),
        ("quantile_cont(a, 2)", "a share from 0 to 1"),
    ],
)
def test_a_measure_that_is_no_aggregate_is_refused(text, part):
    with pytest.raises(DefinitionError) as caught:
        printed(text, level="measure")
    assert part in str(caught.value)


def test_the_message_points_into_the_formula():
    with pytest.raises(DefinitionError) as caught:
        formulas.check(
            "1000 * gradautes / nullif(people, 0)",
            {"graduates": "number", "people": "number"},
            where="graduates.toml, version 2016-10-06, value",
        )
    assert str(caught.value) == (
        "graduates.toml, version 2016-10-06, value:\n"
        "  no measure or column named 'gradautes'\n"
        "    1000 * gradautes / nullif(people, 0)\n"
        "           ^^^^^^^^^\n"
        "  did you mean 'graduates'?"
    )
