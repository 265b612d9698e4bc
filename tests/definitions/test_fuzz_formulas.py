"""A sample of benchmarks/fuzz_formulas.py: every place of SQL, and what its watch must notice."""

import sys
from collections import Counter

import pytest

from benchmarks import fuzz_formulas as fuzz
from rating.definitions import grammar
from rating.engine.store import Store

FINE = {"accepted", "refused", "refused for its rows"}


@pytest.fixture
def watch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUZZ_SECRET", "")
    monkeypatch.setenv("FUZZ_PORT", "1")
    watch = fuzz.Watch(tmp_path)
    yield watch
    watch.close()


def test_formulas_are_refused_or_give_a_result_and_do_nothing_else(watch):
    came: Counter[str] = Counter()
    faults = {}
    for number, (place, kind, text) in enumerate(fuzz.generated(0, 200)):
        # One in six is run on rows as well; the rest are checked.
        what = fuzz.tried(watch, place, kind, text, rows=number % 6 == 0)
        came[what] += 1
        if what not in FINE:
            faults[place, kind, text] = what
    assert faults == {}
    assert came["accepted"] > 30
    assert came["refused"] > 60


@pytest.mark.parametrize("place", fuzz.PLACES)
def test_every_place_takes_a_formula_and_refuses_what_is_none(watch, place):
    kind = fuzz.GIVES.get(place, "number")
    good = {"number": "a + 1", "boolean": "a > 1", "text": "t"}[kind]
    if fuzz.PLACES[place].level == "measure":
        good = {"number": "sum(a)", "boolean": "sum(a) > 1"}[kind]
    if place == "by":
        good = "n"
    assert fuzz.tried(watch, place, kind, good, rows=False) == "accepted"
    refused = fuzz.tried(watch, place, kind, "read_text('canary.csv')", rows=False)
    assert refused == "refused"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("(SELECT max(x) FROM read_csv('canary.csv'))", "SUBQUERY runs"),
        ("getenv('FUZZ_SECRET')", "getenv() runs"),
        ("a FROM rows", "more than an expression runs"),
        ("a; SELECT 1", "no expression runs"),
        ("secret", "secret is read"),
        ("a +", "no expression runs"),
        ("((a)) + b", "printed otherwise"),
    ],
)
def test_the_watch_sees_what_runs_and_is_no_formula(watch, sql, told):
    with pytest.raises(fuzz.EffectError) as caught:
        fuzz.printed(grammar.Formula(sql, ("a",)), fuzz.TYPES, {})
    assert told in str(caught.value)


def test_the_watch_sees_files_tables_settings_and_secrets(watch, tmp_path):
    watch.look()
    if sys.platform == "linux":
        (tmp_path / "canary.csv").read_text()
        with pytest.raises(fuzz.EffectError, match="the file was opened"):
            watch.look()
    with pytest.raises(fuzz.EffectError, match="the secret was told"):
        watch.look(f"x {fuzz.SECRET}")
    (tmp_path / "made.csv").touch()
    with pytest.raises(fuzz.EffectError, match=r"made\.csv"):
        watch.look()
    with Store() as store:
        watch.same(store._connection, "store")
        store.run("CREATE TABLE pwned AS SELECT 1")
        with pytest.raises(fuzz.EffectError, match="pwned"):
            watch.same(store._connection, "store")
        store.run("DROP TABLE pwned")
    with Store(threads=1) as store, pytest.raises(fuzz.EffectError, match="settings"):
        watch.same(store._connection, "parser")
