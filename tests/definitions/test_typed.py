"""All that is typed is meant, of the kind it is declared, and of a size that can be run."""

import random
import time
import tracemalloc
from contextlib import suppress

import pytest

from rating.definitions import formulas
from rating.errors import DefinitionError
from tests.definitions.columns import COLUMNS, printed


def told(text: str, **options: object) -> tuple[str, str, str]:
    """What is wrong, what to do, and the part of the formula that is marked."""
    with pytest.raises(DefinitionError) as caught:
        printed(text, **options)
    (problem,) = caught.value.problems
    start, length = problem.span
    return problem.what, problem.remedy, problem.formula[start : start + length]


# ------------------------------------------------------------------------- nothing typed vanishes


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a WINDOW w AS ()", "WINDOW"),
        ("ALL a", "ALL"),
        ("abs(a,)", ","),
        ("a,", ","),
        ("CASE WHEN a IN (1,) THEN 1 END", ","),
        ("CASE WHEN a > 1 THEN 1 ELSE NULL END + CASE WHEN a > 1 THEN 1 END ALL", "ALL"),
    ],
)
def test_what_the_parser_drops_is_refused(text, marked):
    what, _, shown = told(text)
    assert shown == marked or "syntax error" in what


def test_all_inside_a_measure_is_refused():
    assert told("count(ALL a)", level="measure")[2] == "ALL"


@pytest.mark.parametrize(
    "text",
    [
        r"CASE WHEN t = E'\'' THEN 1 END; DROP TABLE x --'",
        r"CASE WHEN t = e'\'' /* ' */ THEN 1 END",
        "CASE WHEN t = x'ab' THEN 1 END",
        "CASE WHEN t = U&'ab' THEN 1 END",
        "CASE WHEN t = $$a; b$$ THEN 1 END",
        "CASE WHEN t = $q$ ' $q$ THEN 1 END",
        "a\u00a0+ b",
        "a + \u200bb",
        "CASE WHEN t = 'a\u202eb' THEN 1 END",
        "a + '\ud800'",
        "a\r+ b",
        "date '2020-01-01' = day",
        "a.abs()",
        "CASE WHEN t = 'a' 'b' THEN 1 END",
        "CASE WHEN t LIKE 'a' ESCAPE 'b' THEN 1 END",
        "a GROUP BY CUBE (a, b)",
        "a USING SAMPLE 10",
        "FROM t SELECT a",
        "a FROM (VALUES (1)) QUALIFY true",
        "#1",
        "COLUMNS(*)",
        "a AT TIME ZONE 'UTC'",
        "a & 1",
        "~a",
        "a << 1",
        "INTERVAL 1 DAY",
        "(a, b)",
        "a IN t",
        "f(a := 1)",
    ],
)
def test_what_reads_otherwise_than_it_looks_is_refused(text):
    told(text)


@pytest.mark.parametrize(
    "text",
    [
        "-(-5) * a",
        "- - 5 * a",
        "a - -1e-5",
        "CASE t WHEN 'x' THEN 1 WHEN 'y' THEN 2 END",
        "CASE t WHEN 'x' THEN 1 ELSE NULL END",
        "CASE WHEN a == 1 AND b != 2 AND NOT a ISNULL OR b NOTNULL THEN 1 END",
        "CASE WHEN t NOT LIKE 'x%' AND t !~~ 'y' OR t ~~ 'z' THEN 1 END",
        "CASE WHEN a NOT BETWEEN 1 AND 2 OR a NOT IN (1, 2, 3) THEN 1 END",
        "CASE WHEN a IS NULL IS NULL THEN 1 END",
        '"order" + A',
        "((((a))))",
        "COALESCE(a, NULL, 0)",
        "case when Flag then 1 else 0 end",
    ],
)
def test_every_spelling_of_what_is_allowed_is_taken(text):
    printed(text.replace("A", "a") if text.endswith("A") else text.replace("Flag", "flag"))


def test_a_star_is_counted_where_it_is_typed():
    assert printed("count( * ) * 2", level="measure") == "count(*) * 2"


# ---------------------------------------------------------------------------------- kinds of things


@pytest.mark.parametrize(
    ("text", "what", "remedy", "marked"),
    [
        ("t = 1", "a text and a number do not go together", "codes are texts: write '1'", "1"),
        ("t IN (1, 2)", "a text and a number do not go together", "codes are texts", "1"),
        ("a = '1'", "a number and a text do not go together", "write 1 without quotes", "'1'"),
        ("day > '2020-13-45'", "'2020-13-45' is not a date", "such as", "'2020-13-45'"),
        ("day IN ('2020-01-01', 'x')", "'x' is not a date", "such as", "'x'"),
        ("day BETWEEN '2020-02-30' AND as_of", "'2020-02-30' is not a date", "", "'2020-02-30'"),
        ("a + 'abc' > 1", "+ takes numbers, and this is a text", "write a number", "'abc'"),
        ("a != day", "a number and a date do not go together", "like with like", "day"),
        ("flag != day", "a boolean and a date do not go together", "", "day"),
        ("flag = t", "a boolean and a text do not go together", "", "t"),
        ("t AND flag", "a condition is true or false, and this is a text", "", "t"),
        ("NOT day", "a condition is true or false, and this is a date", "", "day"),
        ("a LIKE '1%'", "LIKE compares texts, and this is a number", "", "a"),
        ("year(t) = 2019", "year() takes dates, and this is a text", "", "t"),
        ("days('x', day) > 1", "days() takes dates, and this is a text", "such as", "'x'"),
        ("coalesce(a, 'x') > 1", "a number and a text do not go together", "write a number", "'x'"),
        ("nullif(t, 0) = 'x'", "a text and a number do not go together", "write '0'", "0"),
        ("least(a, day) > 1", "a number and a date do not go together", "", "day"),
        ("CASE WHEN flag THEN t ELSE 1 END = 'x'", "a text and a number do not", "'1'", "1"),
        ("CASE t WHEN 1 THEN 1 END", "a text and a number do not go together", "'1'", "1"),
        ("1 % 0", "this part has no value: Division by zero", "", "1 % 0"),
        ("a + 99999 * 99999", "this part has no value: Overflow", "with a point", "99999 * 99999"),
        ("a * ln(0)", "this part has no value: it is not a finite number", "", "ln(0)"),
        ("a * (1 / 0)", "this part has no value: it is not a finite number", "", "1 / 0"),
    ],
)
def test_kinds_that_do_not_go_together_are_told_where_they_meet(text, what, remedy, marked):
    said = told(text, gives="boolean")
    assert said[0].startswith(what)
    assert remedy in said[1]
    assert said[2] == marked


@pytest.mark.parametrize("text", ["sum(t)", "avg(day)", "median(t)", "sum('1')", "entropy(t)"])
def test_a_measure_calculates_with_numbers(text):
    assert "calculates with numbers" in told(text, level="measure")[0]


@pytest.mark.parametrize(
    "text",
    [
        "day >= '2019-1-1'",
        "day = NULL OR a = NULL",
        "days('2019-01-01', day) > 5",
        "days('2019-01-01', add_months('2018-01-31', 1)) > year('2018-01-01')",
        "day - as_of > 5",
        "flag = 1 AND a = flag",
        "coalesce(day, '2019-01-01') < as_of",
        "nullif(a, 0) > 1 OR nullif(t, '') = 'x'",
        "year(day) IN (2018, 2019)",
        "t = '1' AND t > '06'",
        "a * 100000.0 * 100000.0 > 2 * 3",
    ],
)
def test_what_goes_together_is_taken(text):
    printed(text, gives="boolean")


def test_a_mark_stands_under_what_it_means_behind_letters_of_two_bytes():
    text = "CASE WHEN t = 'ООО' THEN a + bb END"
    assert told(text)[2] == "bb"


# ------------------------------------------------------------------------------------ size and time

DOUBLING = {
    "least": "least({0}, b)",
    "both": "greatest(least({0}, b), a)",
    "nullif": "nullif({0}, b)",
    "operand": "CASE {0} WHEN 1 THEN 2 WHEN 3 THEN 4 END",
    "months": "add_months({0}, 1)",
    "coalesce": "coalesce({0}, b)",
    "case": "CASE WHEN {0} > 1 THEN 2 END",
    "else": "CASE WHEN a > 1 THEN b ELSE {0} END",
    "minus": "-{0}",
    "power": "power({0}, 2)",
    "between": "CASE WHEN a BETWEEN {0} AND b THEN 1 END",
    "quantile": "weighted_quantile({0}, a, 0.5)",
    "pairs": "nullif({0}, {0})",
}


@pytest.mark.parametrize("pattern", DOUBLING.values(), ids=DOUBLING)
@pytest.mark.parametrize("depth", [5, 9, 20, 100])
def test_a_formula_that_doubles_is_small_or_refused(pattern, depth):
    text = "day" if "months" in pattern else "a"
    for _ in range(depth):
        wider = pattern.replace("{0}", text)
        text = wider if len(wider) < 2000 else text
    gives = "date" if "months" in pattern else "number"
    tracemalloc.start()
    begun = time.process_time()
    with suppress(DefinitionError):
        assert len(formulas.check(text, COLUMNS, gives=gives).sql) < 20_000
    assert time.process_time() - begun < 2
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()


@pytest.mark.parametrize("inner", ["least({0}, b)", "nullif({0}, b)", "greatest(0, {0})"])
def test_estimators_over_what_doubles_are_small_or_refused(inner):
    text = "a"
    for _ in range(9):
        text = inner.replace("{0}", text)
    begun = time.process_time()
    for outer, level in [
        ("gamma_poisson({0}, {0})", "value"),
        ("beta_binomial({0}, {0})", "value"),
        ("km_survival({0}, {0}, {0}, 2)", "measure"),
        ("miller_madow({0}, {0})", "measure"),
        ("avg({0})", "measure"),
    ]:
        with suppress(DefinitionError):
            assert len(printed(outer.replace("{0}", text), level=level)) < 20_000
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "text",
    [
        "greatest(0, least(100, 100 * (a - least(a, b)) / nullif(greatest(a, b) - b, 0)))",
        "gamma_poisson(a, greatest(b, 1)) / nullif(nullif(a, 0), 1)",
        "CASE CASE t WHEN 'x' THEN 1 ELSE 2 END WHEN 1 THEN a WHEN 2 THEN b END",
        "ELSE ".join(f"CASE WHEN a > {n} THEN {n} " for n in range(30)) + "END " * 30,
        " + ".join(f"coalesce(nullif(greatest(a, {n}), 0), 1)" for n in range(30)),
    ],
)
def test_what_people_write_is_not_too_large(text):
    printed(text)


def test_tokens_of_formulas_thrown_together_are_printed_or_refused():
    text = (
        "a b n t day flag total least greatest nullif CASE WHEN THEN ELSE END AND OR NOT IS NULL "
        "IN LIKE BETWEEN ( ) ( ) , + - * / % = <> 1 2.5 'x' '' ALL WINDOW ; $$"
    )
    words = text.split()
    drawn = random.Random(1)
    for _ in range(400):
        text = " ".join(drawn.choices(words, k=drawn.randint(1, 12)))
        try:
            sql = printed(text)
        except DefinitionError:
            continue
        assert printed(sql.replace("total_1", "total(a)")) or "total" in text
