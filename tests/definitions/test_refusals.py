"""What formulas may not say, and how a refusal is worded: what is wrong, what to do, where."""

import pytest

from rating.definitions import formulas, grammar
from rating.errors import DefinitionError
from tests.definitions.columns import printed

ONLY = "a formula reads the declared columns and nothing else"
BARE = "not one bare expression: FROM, WHERE, a comma and the like are not allowed"
KNOWN = "known: a, b, day, flag, n, order, t"
DEEP = ("the formula is nested too deeply", "split it into measures", "")
TYPES = "calculate with numbers; compare texts and dates, or count them"
MANY = "use total() for the sum over regions, or aggregate in [version.measures.<table>]"
TOTAL = "total(a) / nullif(total(b), 0)"


def refused(what: str, remedy: str = "", marked: str = "") -> tuple[str, str, str]:
    """A node that is not on the list."""
    return f"{what} is not allowed in a formula", remedy, marked


def unknown(name: str) -> tuple[str, str, str]:
    names = sorted(set(grammar._ARITY) - {"count_star"})
    return f"the function {name}() is not allowed", f"known: {', '.join(names)}", name


def told(text: str, **options: object) -> tuple[str, str, str]:
    """What is wrong, what to do, and the part of the formula that is marked."""
    with pytest.raises(DefinitionError) as caught:
        printed(text, **options)
    (problem,) = caught.value.problems
    start, length = problem.span
    assert problem.where == "formula"
    return problem.what, problem.remedy, problem.formula[start : start + length]


REFUSALS = [
    ("", ("the formula is empty", "", "")),
    (" \n", ("the formula is empty", "", "")),
    ("(SELECT 1)", refused("a subquery", "read another table by its measures", "(SELECT 1)")),
    ("1; DROP", ("a second statement is not allowed", "write one SQL expression", ";")),
    ("a FROM 'secrets.csv'", (BARE, ONLY, "FROM")),
    ("a, b", (BARE, ONLY, ",")),
    ("a LIMIT 1", (BARE, ONLY, "LIMIT")),
    ("a limit 1", (BARE, ONLY, "limit")),
    ("a -- x", ("a comment is not allowed in a formula", "use the key note", "-")),
    ("a /* x */", ("a comment is not allowed in a formula", "use the key note", "*")),
    ("EXP(a) -- x", ("a comment is not allowed in a formula", "use the key note", "-")),
    (
        "CASE WHEN t = 'it''s' THEN a -- x\n END",
        ("a comment is not allowed in a formula", "use the key note", "-"),
    ),
    (
        '"order" * 2; DROP',
        ("a second statement is not allowed", "write one SQL expression", ";"),
    ),
    ("a::TEXT", refused("a cast", "a column has the type that is declared", "::TEXT")),
    ("TRY(a)", refused("TRY()", "divide by nullif(x, 0)", "TRY(a)")),
    ("t[1]", refused("a subscript", "a column holds one value a row", "[1]")),
    ("sum(a) OVER ()", refused("a window", "use total() in a value, or a measure", None)),
    ("a + ?", refused("a parameter", ONLY, "?")),
    ("a + $x", refused("a parameter", ONLY, "$")),
    ("a AS b", ("an alias ('b') is not allowed", "write the expression alone", "a")),
    ("*", refused("a star", "name the columns", "*")),
    ("lambda x: x", refused("a lambda", "write arithmetic over columns and measures", None)),
    ("a IS DISTINCT FROM b", refused("compare distinct from", "", None)),
    ("a COLLATE nocase", refused("collate", "", None)),
    ("random()", unknown("random")),
    ("read_csv('x')", unknown("read_csv")),
    ("getenv('HOME')", unknown("getenv")),
    ("query('SELECT 1')", unknown("query")),
    ("repeat('x', 1000)", unknown("repeat")),
    ("sqrtt(a)", ("the function sqrtt() is not allowed", "did you mean 'sqrt'?", "sqrtt")),
    ("[a, b]", (unknown("list_value")[0], unknown("x")[1], "[a, b]")),
    ("{'x': a}", ("struct_pack() is named in a way that is not allowed", "", "{'x': a}")),
    ("t || 'x'", ("the operator || is not allowed", "", "t")),
    ("a ^ 2", ("the operator ^ is not allowed", "", "a")),
    ("main.abs(a)", ("abs() is named in a way that is not allowed", "", "main.abs")),
    ("abs(x := a)", ("abs() is named in a way that is not allowed", "", "abs")),
    ("1 + aa", ("no measure or column named 'aa'", "did you mean 'a'?", "aa")),
    ("t.a", ("no measure or column named 't.a'", KNOWN, "t.a")),
    ("year", ("no measure or column named 'year'", KNOWN, "year")),
    ("a\n\t+ aaa + b", ("no measure or column named 'aaa'", KNOWN, "aaa")),
    ("t", ("gives a text, not a number", "compare it, or count it", "")),
    (
        "t + 1",
        (
            "+ takes numbers, and this is a text",
            "compare like with like, and calculate with numbers",
            "t",
        ),
    ),
    ("sum(a)", ("sum() needs many rows a region; a value has one number a region", MANY, "sum")),
    (
        "count()",
        ("count() needs many rows a region; a value has one number a region", MANY, "count"),
    ),
    (
        "entropy(a)",
        ("entropy() needs many rows a region; a value has one number a region", MANY, "entropy"),
    ),
    ("abs(a, b)", ("abs() takes 1 arguments, not 2", "", "abs")),
    ("round(a, 1, 2)", ("round() takes 1 to 2 arguments, not 3", "", "round")),
    ("least(a)", ("least() takes 2 to 20 arguments, not 1", "", "least")),
    ("round(a, b)", ("round() takes a whole number of digits", "", "round")),
    ("round(a, 100)", ("round() takes a whole number of digits", "", "round")),
    ("add_months(day, 1.5)", ("add_months() takes a whole number of months", "", "add_months")),
    ("abs(DISTINCT a)", ("FILTER and DISTINCT do not go with abs()", "", "abs")),
    ("abs(a) FILTER (WHERE flag)", ("FILTER and DISTINCT do not go with abs()", "", "abs")),
    ("max(a ORDER BY b)", ("ORDER BY inside a function is not allowed", "", "max")),
    (
        "total(total(a))",
        ("total() stands in a value, once, over what is known of each region", TOTAL, "total"),
    ),
    (
        "total(DISTINCT a)",
        ("total() stands in a value, once, over what is known of each region", TOTAL, "total"),
    ),
    (
        "middle(a) FILTER (WHERE flag)",
        ("middle() stands in a value, once, over what is known of each region", TOTAL, "middle"),
    ),
    (
        "weighted_quantile(a, b, 1.5)",
        ("weighted_quantile() takes a share from 0 to 1 as its third", "", "weighted_quantile"),
    ),
    (
        "weighted_quantile(a, b, a)",
        ("weighted_quantile() takes a share from 0 to 1 as its third", "", "weighted_quantile"),
    ),
    ("1e999", ("the number 1e999 is not plain and finite", "", "1e999")),
    ("1_000 * a", ("the number 1_000 is not plain and finite", "", "1_000")),
    (
        "a" + " + a" * 500,
        ("the formula has 2001 characters, 2000 are allowed", "split it into measures", ""),
    ),
    ("(" * 41 + "a" + ")" * 41, ("more than 40 nested brackets", "", "(")),
    ("a + (a) + " + "(" * 41 + "a" + ")" * 41, ("more than 40 nested brackets", "", "(")),
    ("EXP(" * 41 + "a" + ")" * 41, ("more than 40 nested brackets", "", "(")),
    ("- " * 600 + "a", DEEP),
    ("- " * 201 + "a", (*DEEP[:2], "a")),
    ("a\x00", ("a control character in the formula", "", "\x00")),
    ("a +", ('syntax error at or near "+"', "write one SQL expression", "+")),
    ("'x", ("unterminated string literal", "write one SQL expression", "'")),
]


@pytest.mark.parametrize(("text", "wanted"), REFUSALS)
def test_everything_else_is_refused_with_what_to_do(text, wanted):
    what, remedy, marked = told(text)
    assert (what, remedy) == wanted[:2]
    assert marked == (text if wanted[2] is None else wanted[2])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 40 + "a" + ")" * 40,
        "((a)) + " * 50 + "a",
        "(((a))) + " + "(" * 40 + "a" + ")" * 40,
        "EXP(" * 30 + "a" + ")" * 30,
        "[".join(["CASE WHEN t = '", "(" * 50, "' THEN 1 END"]),
        "CASE WHEN t = '-- ; /*' THEN 1 END",
        "CASE WHEN t = 'it''s; -- \"' THEN 1 END",
        'CASE WHEN t = \'"\' THEN "order" - (-1) END',
        "a\n\t- -b",
        "coalesce(" + "a, " * 663 + "a)",
        "- " * 200 + "a",
    ],
)
def test_what_only_looks_like_it_is_not_refused(text):
    printed(text)


OVER = "stands in a value, once, over what is known of each region"


@pytest.mark.parametrize(
    ("text", "what", "remedy", "marked"),
    [
        (
            "a",
            "'a' stands outside an aggregate: the table has many rows a region",
            "write sum(a), count(), min() ...",
            "a",
        ),
        (
            "sum(a) / year",
            "'year' stands outside an aggregate: the table has many rows a region",
            "write sum(year), count(), min() ...",
            "year",
        ),
        (
            "count(a) + a",
            "'a' stands outside an aggregate: the table has many rows a region",
            "write sum(a), count(), min() ...",
            "a",
        ),
        (
            "entropy(a) + a",
            "'a' stands outside an aggregate: the table has many rows a region",
            "write sum(a), count(), min() ...",
            "a",
        ),
        ("sum(aa)", "no column named 'aa'", "did you mean 'a'?", "aa"),
        (
            "sum(sum(a))",
            "sum() inside sum() is not allowed",
            "make each a measure of its own",
            "sum",
        ),
        (
            "sum(a) FILTER (WHERE count() > 1)",
            "count() inside sum() is not allowed",
            "make each a measure of its own",
            "count",
        ),
        (
            "entropy(sum(a))",
            "sum() inside entropy() is not allowed",
            "make each a measure of its own",
            "sum",
        ),
        (
            "sum(entropy(a))",
            "entropy() inside sum() is not allowed",
            "make each a measure of its own",
            "entropy",
        ),
        (
            "entropy(DISTINCT a)",
            "FILTER and DISTINCT do not go with entropy()",
            "choose the rows by where of a derived table",
            "entropy",
        ),
        (
            "entropy(a) FILTER (WHERE flag)",
            "FILTER and DISTINCT do not go with entropy()",
            "choose the rows by where of a derived table",
            "entropy",
        ),
        (
            "km_survival(a, b, n, b)",
            "km_survival() takes a plain number as its fourth",
            "",
            "km_survival",
        ),
        ("total(a)", f"total() {OVER}", TOTAL, "total"),
        (
            "quantile_cont(a, 2)",
            "quantile_cont() takes a share from 0 to 1 as its second",
            "",
            "quantile_cont",
        ),
        (
            "quantile_cont(a, 1.5)",
            "quantile_cont() takes a share from 0 to 1 as its second",
            "",
            "quantile_cont",
        ),
        (
            "quantile_cont(a, -0.5)",
            "quantile_cont() takes a share from 0 to 1 as its second",
            "",
            "quantile_cont",
        ),
    ],
)
def test_a_measure_that_is_no_aggregate_is_refused(text, what, remedy, marked):
    assert told(text, level="measure") == (what, remedy, marked)


@pytest.mark.parametrize("name", ["sum", "count", "entropy"])
def test_a_formula_over_one_row_has_no_aggregate(name):
    what = f"{name}() needs many rows; this formula reads one row"
    assert told(f"{name}(a)", level="row") == (what, "group the rows with by = [...]", name)


@pytest.mark.parametrize(
    ("text", "shown", "span"),
    [
        ("", "", (0, 0)),
        ("t", "", (0, 0)),
        ("1 + aa", "1 + aa", (4, 2)),
        ("a\n\t+ aa\n+ b", " + aa", (3, 2)),
        ("a\n + b\n + aa", " + aa", (3, 2)),
        ("a + \nTRY(b)\n + a", "TRY(b)", (0, 6)),
        ("a +\n ?", " ?", (1, 1)),
        ("a +\n b,\n b", " b,", (2, 1)),
        ("a + " * 60 + "aa", ("a + " * 60 + "aa")[90:], (150, 2)),
        ("aa" + " + a" * 60, ("aa" + " + a" * 60)[:200], (0, 2)),
        ("x" * 300, "x" * 200, (0, 200)),
        ("a + \nTRY(\nb)", "TRY(", (0, 4)),
        ("a +\nmain.abs(a)", "main.abs(a)", (0, 8)),
        ("1 + 1_0", "1 + 1_0", (4, 3)),
        ("t = day = flag", "t = day = flag", (0, 1)),
    ],
)
def test_a_message_shows_the_line_and_marks_the_part(text, shown, span):
    with pytest.raises(DefinitionError) as caught:
        printed(text)
    (problem,) = caught.value.problems
    assert (problem.formula, problem.span) == (shown, span)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("abs(t = 'x')", "No function matches the given name and argument types 'abs(boolean)'."),
        (
            "day + a",
            "No function matches the given name and argument types '+(date, number)'.",
        ),
        (
            "coalesce(a, flag)",
            "Cannot mix values of type number and boolean in COALESCE operator"
            " - an explicit cast is required",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_the_words_of_a_declaration(text, wanted):
    assert told(text) == (f"does not fit the declared types: {wanted}", TYPES, "")


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
