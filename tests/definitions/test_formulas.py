import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rating.definitions import formulas
from rating.errors import DefinitionError
from tests.definitions.columns import COLUMNS, printed


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


def checked(text):
    """The formula, but of a text with a part that reads nothing and has no value, as sqrt(-3)."""
    try:
        return formulas.check(text, COLUMNS)
    except DefinitionError as error:
        assume("has no value" not in str(error))
        raise


@given(st.recursive(LEAVES, numbers, max_leaves=12))
def test_a_formula_printed_twice_is_the_same(text):
    first = checked(text)
    totals = {f"__total_{n}": "number" for n in range(1, len(first.totals) + 1)}
    assert formulas.check(first.sql, {**COLUMNS, **totals}).sql == first.sql


@given(st.recursive(LEAVES, numbers, max_leaves=12), st.integers(-3, 3), st.integers(1, 3))
def test_what_is_printed_means_what_was_typed(text, a, b):
    """The tree itself is DuckDB's; here the two texts are run, the typed one as it is."""
    import duckdb

    formula = checked(text)
    row = (
        f'SELECT {a}::DOUBLE AS a, {b}::DOUBLE AS b, 2::DOUBLE AS n, 0.5::DOUBLE AS "order", '
        "true AS flag, 7::DOUBLE AS __total_1"
    )
    typed = text.replace("total(a)", "__total_1")
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
        ("total(a) / nullif(total(b), 0)", "__total_1 / nullif(__total_2, 0)"),
        ("1.5 * a", "1.5e0 * a"),
        ("100000000000 * a", "100000000000e0 * a"),
        ("CASE WHEN t NOT LIKE 'x%' THEN a END", "CASE WHEN t NOT LIKE 'x%' THEN a ELSE NULL END"),
        (
            "CASE WHEN day <= '2019-01-01' THEN a END",
            "CASE WHEN day <= '2019-01-01' THEN a ELSE NULL END",
        ),
        ('"order" * 2', '"order" * 2'),
        ("a - b - 1", "a - b - 1"),
        ("a / (b * 2)", "a / (b * 2)"),
        ("(a * b) / 2", "a * b / 2"),
        ("a % (b % 2)", "a % (b % 2)"),
        ("-(a + b)", "-(a + b)"),
        ("+a", "+a"),
        ("a + 1 > b - 1", "a + 1 > b - 1"),
        ("a + 1 IS NULL", "a + 1 IS NULL"),
        ("(a IS NULL) = flag", "(a IS NULL) = flag"),
        ("(a IN (1)) = flag", "(a IN (1)) = flag"),
        (
            "least(a + 1, b)",
            "CASE WHEN a + 1 IS NULL OR b IS NULL THEN NULL ELSE least(a + 1, b) END",
        ),
        ("a + -b", "a + -b"),
        ("-1e-5 * a", "(-1e-5) * a"),
        (".5 + 5.", ".5e0 + 5.e0"),
        ("123456789", "123456789"),
        ("-123456789", "-123456789"),
        ("1234567890", "1234567890e0"),
        ("1E5", "1E5"),
        ("true AND NOT false", "TRUE AND NOT FALSE"),
        ("null", "NULL"),
        ("a NOT IN (1, 2)", "NOT a IN (1, 2)"),
        ("(a + 1) IN (b - 1, 2)", "a + 1 IN (b - 1, 2)"),
        ("(a = b) IN (flag, TRUE)", "(a = b) IN (flag, TRUE)"),
        ("a BETWEEN b - 1 AND b + 1", "a BETWEEN b - 1 AND b + 1"),
        ("(a BETWEEN 1 AND 2) = flag", "(a BETWEEN 1 AND 2) = flag"),
        ("flag BETWEEN (a = 1) AND (b = 1)", "flag BETWEEN (a = 1) AND (b = 1)"),
        ("(a = 1) BETWEEN flag AND flag", "(a = 1) BETWEEN flag AND flag"),
        ("(a > b) IS NULL", "(a > b) IS NULL"),
        ("a IS NOT NULL OR flag AND b IS NULL", "a IS NOT NULL OR flag AND b IS NULL"),
        ("(flag OR a > 1) AND NOT (flag AND b > 1)", "(flag OR a > 1) AND NOT (flag AND b > 1)"),
        ("NOT (NOT flag)", "NOT NOT flag"),
        ("(t LIKE 'x%') = flag", "(t LIKE 'x%') = flag"),
        ("(NOT flag) = flag", "(NOT flag) = flag"),
        ("-power(a, 2)", "-power(a, 2)"),
        ("coalesce(a, b, 0)", "coalesce(a, b, 0)"),
        ("round(a, 2)", "round(a, 2)"),
        ("round(a, -12)", "round(a, -12)"),
        ("round(a)", "round(a)"),
        ("CASE WHEN a > 1 THEN 1 WHEN a > 0 THEN 2 ELSE b END", None),
        ("year(day) - year(as_of)", "year(day) - year(as_of)"),
        ("days(day, as_of)", "date_diff('day', day, as_of)"),
        (
            "days(add_months(day, -12), as_of)",
            "date_diff('day', CAST(day + INTERVAL '-12' MONTH AS DATE), as_of)",
        ),
        (
            "greatest(flag, b = 1)",
            "CASE WHEN flag IS NULL OR (b = 1) IS NULL THEN NULL ELSE greatest(flag, b = 1) END",
        ),
        ("highest(a) - lowest(b)", "__total_1 - __total_2"),
        ("total(a) - total(a)", "__total_1 - __total_1"),
    ],
)
def test_a_formula_is_printed_in_one_way(text, wanted):
    assert printed(text) == (wanted or text)


def test_the_sums_of_a_formula_are_numbered_after_those_before_it():
    formula = formulas.check("total(a) + middle(b) / total(a)", COLUMNS, after_totals=3)
    assert formula.sql == "__total_4 + __total_5 / __total_4"
    assert formula.totals == ("list_sum(list_sort(list(a)))", "median(b)")
    assert formula.columns == ("a", "b")


@pytest.mark.parametrize(
    ("text", "level", "columns", "dated", "yearly"),
    [
        ("a + b * 2", "value", ("a", "b"), False, False),
        ("days(day, as_of)", "value", ("day",), True, False),
        ("sum(CASE WHEN year(day) = year THEN a END)", "measure", ("a", "day"), False, True),
        ("a + year", "row", ("a",), False, True),
    ],
)
def test_a_formula_knows_what_it_reads(text, level, columns, dated, yearly):
    formula = formulas.check(text, COLUMNS, level=level)
    assert (formula.columns, formula.dated, formula.yearly) == (columns, dated, yearly)
    assert str(formula) == formula.sql


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("count(*)", "count(*)"),
        ("count(DISTINCT t) FILTER (WHERE a > 0)", "count(DISTINCT t) FILTER (WHERE a > 0)"),
        ("sum(a)", "CAST(sum(CAST(a AS DECIMAL(38, 9))) AS DOUBLE)"),
        ("avg(a)", "CAST(sum(CAST(a AS DECIMAL(38, 9))) AS DOUBLE) / nullif(count(a), 0)"),
        ("quantile_cont(a, 0.5)", "quantile_cont(a, 0.5e0)"),
        ("quantile_cont(a, 1)", "quantile_cont(a, 1)"),
        ("quantile_cont(a, 0)", "quantile_cont(a, 0)"),
        ("quantile_cont(a, .25)", "quantile_cont(a, .25e0)"),
        ("count() FILTER (WHERE flag)", "count(*) FILTER (WHERE flag)"),
        ("min(a) - max(DISTINCT b)", "min(a) - max(DISTINCT b)"),
        ("median(a) FILTER (WHERE flag)", "median(a) FILTER (WHERE flag)"),
        (
            "avg(DISTINCT a) FILTER (WHERE flag)",
            "CAST(sum(DISTINCT CAST(a AS DECIMAL(38, 9))) FILTER (WHERE flag) AS DOUBLE)"
            " / nullif(count(DISTINCT a) FILTER (WHERE flag), 0)",
        ),
        (
            "2 / avg(a)",
            "2 / (CAST(sum(CAST(a AS DECIMAL(38, 9))) AS DOUBLE) / nullif(count(a), 0))",
        ),
    ],
)
def test_a_measure_is_printed_with_exact_sums(text, wanted):
    assert printed(text, level="measure") == wanted


def test_a_sum_over_no_rows_of_a_complete_register_is_0():
    summed = "CAST(sum(CAST(a AS DECIMAL(38, 9))){} AS DOUBLE)"
    assert printed("sum(a)", level="measure", absent_is_zero=True) == (
        f"CASE WHEN count(*) = 0 THEN 0 ELSE {summed.format('')} END"
    )
    only = " FILTER (WHERE flag)"
    assert printed(f"sum(a){only}", level="measure", absent_is_zero=True) == (
        f"CASE WHEN count(*){only} = 0 THEN 0 ELSE {summed.format(only)} END"
    )


@pytest.mark.parametrize("name", [*"ackst", "x", "w", "hit"])
def test_a_column_may_have_any_name_inside_an_estimator(name):
    columns = {name: "number", "other": "number"}
    for text, level in [
        (f"km_median({name}, other, other)", "measure"),
        (f"km_survival(other, {name}, {name}, 2.5)", "measure"),
        (f"miller_madow({name}, other)", "measure"),
        (f"weighted_quantile({name}, other, 0.5)", "value"),
        (f"weighted_quantile(other, {name}, 1)", "value"),
        (f"gamma_poisson(other, {name}) + beta_binomial({name}, other)", "value"),
    ]:
        assert formulas.check(text, columns, level=level).columns == tuple(sorted(columns))


@pytest.mark.parametrize("gives", ["number", "text", "date", "boolean", "integer"])
def test_a_formula_gives_the_type_that_is_asked_for(gives):
    fitting = {"text": {"t"}, "date": {"day", "as_of"}}.get(gives, {"a", "n", "flag"})
    fitting |= {"1"} if gives not in ("text", "date") else set()
    names = {
        "a": "number",
        "n": "number",
        "1": "number",
        "flag": "boolean",
        "t": "text",
        "day": "date",
    }
    for name, kind in {**names, "as_of": "date"}.items():
        if name in fitting:
            assert printed(name, gives=gives) == name
            continue
        wanted = gives if gives in ("text", "date") else "number"
        with pytest.raises(DefinitionError) as caught:
            printed(name, gives=gives)
        (problem,) = caught.value.problems
        remedy = "compare it, or count it" if wanted == "number" else ""
        assert (problem.what, problem.remedy) == (f"gives a {kind}, not a {wanted}", remedy)
