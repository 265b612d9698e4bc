import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.settings import Availability, NoScreen
from rating.errors import DefinitionError
from rating.steps.screen import SCHEMA, screen
from tests.flat import SHARED
from tests.steps.conftest import pl

# index = business (a, b, c) + knowledge (d, labs (e, f)); g has no weight.
TREE = {
    "index": ["business", "knowledge"],
    "business": ["a", "b", "c", "g"],
    "knowledge": ["d", "labs"],
    "labs": ["e", "f"],
}
COUNTED = {
    "index": "abcdef",
    "business": "abc",
    "knowledge": "def",
    "labs": "ef",
}
CHILDREN = pl.DataFrame(
    [
        (parent, item, 0.0 if item == "g" else 1.0, position)
        for parent, items in TREE.items()
        for position, item in enumerate(items)
    ],
    schema=["parent", "item", "weight", "position"],
    orient="row",
)
KNOWN = pl.DataFrame({"region": [f"R{n}" for n in range(8)]})
TABLES = st.lists(
    st.lists(st.sampled_from([None, 0.0, 1.0, -2.5]), min_size=7, max_size=7),
    min_size=1,
    max_size=8,
)
SHARES = st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 2 / 3, 0.9, 1.0])


def cells(table, scenario=0):
    return pl.DataFrame(
        [
            (scenario, f"R{n}", indicator, value)
            for n, row in enumerate(table)
            for indicator, value in zip("abcdefg", row, strict=True)
        ],
        schema={
            "scenario": pl.Int64,
            "region": pl.String,
            "indicator": pl.String,
            "value": pl.Float64,
        },
        orient="row",
    )


def screened(store, table, children=CHILDREN, **setting):
    return screen(store, cells(table), Availability(**setting), children, KNOWN)


def whole(frame):
    """The rows that decide on a region, by region."""
    rows = frame.filter(pl.col("node").is_null()).iter_rows(named=True)
    return {row["region"]: row for row in rows}


def row_of(**values):
    """A region with 1 everywhere but where something else is said."""
    return [values.get(name, 1.0) for name in "abcdefg"]


@given(TABLES, SHARES, SHARES)
def test_shares_and_decisions_are_those_of_the_definition(store, table, available, nonzero):
    frame = screened(store, table, available=available, nonzero=nonzero)
    assert frame.schema == SCHEMA
    for region, row in whole(frame).items():
        values = table[int(region[1:])][:6]  # g does not count
        present = [v for v in values if v is not None]
        zeros = present.count(0.0)
        assert row["indicators"] == 6
        assert row["missing"] == 6 - len(present)
        assert row["zeros"] == zeros
        assert row["available"] == len(present) / 6
        assert row["nonzero"] == ((len(present) - zeros) / len(present) if present else None)
        few = len(present) / 6 < available
        many = bool(present) and (len(present) - zeros) / len(present) < nonzero
        assert row["included"] == (not few and not many)
        assert (row["reason"] is None) == row["included"]


@given(TABLES, SHARES, st.sampled_from(sorted(TREE)))
def test_a_node_of_any_level_is_judged_by_the_indicators_below_it(store, table, least, node):
    frame = screened(store, table, available=0.0, nodes={node: least})
    for row in frame.filter(pl.col("node") == node).iter_rows(named=True):
        values = dict(zip("abcdefg", table[int(row["region"][1:])], strict=True))
        present = [name for name in COUNTED[node] if values[name] is not None]
        assert row["available"] == len(present) / len(COUNTED[node])
        assert row["included"] == (row["available"] >= least)
        assert whole(frame)[row["region"]]["included"] == row["included"]
    others = frame.filter(pl.col("node").is_not_null() & (pl.col("node") != node))
    assert others["included"].all()


def test_every_region_has_a_row_for_each_node_and_one_for_the_whole(store):
    frame = screened(store, [row_of(), row_of(a=None)])
    nodes = [None, "business", "index", "knowledge", "labs"]
    assert frame["node"].to_list() == nodes * 2
    assert frame["region"].to_list() == ["R0"] * 5 + ["R1"] * 5


def test_the_reasons_say_what_was_found_and_what_is_asked_for(store):
    table = [
        row_of(),
        row_of(a=None, d=None, e=None),
        row_of(a=0.0, b=0.0, c=0.0, d=0.0),
        row_of(e=None, f=None),
        row_of(a=None, b=None, c=None),
        row_of(e=None, f=None, a=0.0, b=0.0, c=0.0, d=0.0),
    ]
    asked = {"available": 0.6, "nonzero": 0.5, "nodes": {"labs": 0.5}}
    found = whole(screened(store, table, keep=["R3", "R0"], leave_out=["R4"], **asked))
    assert [found[f"R{n}"]["reason"] for n in range(6)] == [
        None,
        "too few values: 0.50 < 0.60",
        "too many zeros: 0.33 < 0.50",
        "kept by name",
        "left out by name",
        "too many zeros: 0.00 < 0.50; too few values in node labs: 0.00 < 0.50",
    ]
    assert [found[f"R{n}"]["included"] for n in range(6)] == [1, 0, 0, 1, 0, 0]


def test_shares_that_look_alike_are_told_apart(store):
    found = whole(screened(store, [row_of(a=None, b=None)], available=0.667))
    assert found["R0"]["reason"] == "too few values: 0.666667 < 0.667000"


@pytest.mark.parametrize("present", range(1, 7))
def test_exactly_the_share_asked_for_is_enough(store, present):
    """COINr takes 1 - missing / all, which is below the share itself in the last bit at times."""
    table = [[1.0 if n < present else None for n in range(7)]]
    assert whole(screened(store, table, available=present / 6))["R0"]["included"]
    zeros = [[1.0 if n < present else 0.0 for n in range(7)]]
    assert whole(screened(store, zeros, nonzero=present / 6))["R0"]["included"]
    more = math.nextafter(present / 6, 1) if present < 6 else 1.0
    assert whole(screened(store, table, available=more))["R0"]["included"] == (present == 6)


def test_a_region_without_values_has_no_share_of_zeros(store):
    found = whole(screened(store, [[None] * 7], available=0.0, nonzero=1.0))["R0"]
    assert (found["nonzero"], found["included"]) == (None, True)
    assert not whole(screened(store, [[None] * 7], available=0.01))["R0"]["included"]


@given(TABLES, SHARES, SHARES, st.sampled_from(sorted(TREE)))
def test_asking_for_more_never_lets_a_region_in(store, table, one, other, node):
    less, more = sorted((one, other))
    for key in ("available", "nonzero"):
        lenient, strict = (whole(screened(store, table, **{key: s})) for s in (less, more))
        assert all(lenient[r]["included"] or not strict[r]["included"] for r in strict)
    lenient, strict = (whole(screened(store, table, nodes={node: s})) for s in (less, more))
    assert all(lenient[r]["included"] or not strict[r]["included"] for r in strict)


@given(TABLES, st.sets(st.integers(0, 7), max_size=3), st.sets(st.integers(0, 7), max_size=3))
def test_a_name_is_above_every_rule(store, table, keep, leave_out):
    keep = [f"R{n}" for n in keep - leave_out]
    leave_out = [f"R{n}" for n in leave_out]
    found = whole(screened(store, table, keep=keep, leave_out=leave_out))
    plain = whole(screened(store, table))
    for region, row in found.items():
        if region in keep:
            assert row["included"]
            assert row["reason"] == (None if plain[region]["included"] else "kept by name")
        elif region in leave_out:
            assert (row["included"], row["reason"]) == (False, "left out by name")
        else:
            assert row == plain[region]


@given(TABLES, SHARES)
def test_the_order_of_rows_is_nothing(store, table, share):
    setting = Availability(available=share, nodes={"labs": share})
    one = screen(store, cells(table), setting, CHILDREN, KNOWN)
    assert one.equals(screen(store, cells(table).reverse(), setting, CHILDREN.reverse(), KNOWN))


@given(TABLES, st.sampled_from([-3.0, 1e-9, 1e9]), SHARES)
def test_a_change_of_unit_or_direction_changes_nothing(store, table, factor, share):
    setting = Availability(available=share, nonzero=share)
    moved = cells(table).with_columns(pl.col("value") * factor)
    one = screen(store, cells(table), setting, CHILDREN, KNOWN)
    assert one.equals(screen(store, moved, setting, CHILDREN, KNOWN))


@given(TABLES, TABLES, SHARES)
def test_each_edition_is_screened_by_itself(store, first, second, share):
    setting = Availability(available=share)
    both = pl.concat([cells(first), cells(second, 7)])
    found = screen(store, both, setting, CHILDREN, KNOWN)
    for scenario, table in ((0, first), (7, second)):
        own = found.filter(pl.col("scenario") == scenario)
        assert own.equals(screen(store, cells(table, scenario), setting, CHILDREN, KNOWN))


def test_only_indicators_in_force_in_an_edition_are_counted(store):
    early = cells([row_of(), row_of(a=None)]).filter(pl.col("indicator") != "f")
    found = screen(store, pl.concat([early, cells([row_of()], 1)]), Availability(), CHILDREN, KNOWN)
    sizes = found.filter(pl.col("node").is_null() & (pl.col("region") == "R0"))
    assert sizes["indicators"].to_list() == [5, 6]
    assert found.filter(pl.col("node") == "labs")["indicators"].to_list() == [1, 1, 2]


def test_a_cell_without_a_row_is_a_missing_value(store):
    frame = cells([row_of(), row_of(a=None, d=None)])
    setting = Availability(nodes={"labs": 1.0})
    present = frame.filter(pl.col("value").is_not_null())
    assert screen(store, present, setting, CHILDREN, KNOWN).equals(
        screen(store, frame, setting, CHILDREN, KNOWN)
    )


def test_weight_0_leaves_out_what_is_below_it_but_not_for_the_node_itself(store):
    off = CHILDREN.with_columns(
        weight=pl.when(pl.col("item") == "labs").then(0.0).otherwise(pl.col("weight"))
    )
    frame = screened(store, [row_of(e=None, f=None)], off, available=1.0)
    sizes = dict(zip(frame["node"], frame["indicators"], strict=True))
    assert sizes == {None: 4, "business": 3, "index": 4, "knowledge": 1, "labs": 2}
    assert whole(frame)["R0"]["included"]


def test_none_screens_nothing(store):
    frame = screen(store, cells([[None] * 7]), NoScreen(), CHILDREN, KNOWN)
    assert frame.schema == SCHEMA
    assert frame.is_empty()


def test_misspelt_nodes_and_regions_are_told_at_once(store):
    with pytest.raises(DefinitionError) as caught:
        screened(store, [row_of()], nodes={"buisness": 0.5}, keep=["RO"], leave_out=["RQ"])
    assert [(p.where, p.what) for p in caught.value.problems] == [
        ("method.screen, nodes", "no node named 'buisness'"),
        ("method.screen, keep", "no region 'RO'"),
        ("method.screen, leave_out", "no region 'RQ'"),
    ]
    assert [p.remedy for p in caught.value.problems] == [
        "did you mean 'business'?",
        *["known: R0, R1, R2, R3, R4, R5, R6, R7"] * 2,
    ]


def test_a_node_that_is_not_in_force_may_be_named_and_any_region_without_a_register(store):
    setting = Availability(nodes={"later": 0.5}, keep=["anything"])
    nothing = pl.DataFrame(schema={"name": pl.String})
    found = screen(store, cells([row_of()]), setting, CHILDREN, nothing, ["later"])
    assert whole(found)["R0"]["included"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
def test_counts_shares_and_decisions_are_those_of_coinr(store):
    folder = SHARED / "reference/coinr"
    wanted = pl.read_csv(folder / "screen_byNA_default.csv").sort("uCode")
    raw = pl.read_csv(folder / "ex_Raw.csv", infer_schema=False)
    meta = pl.read_csv(folder / "in_asem_iMeta.csv", infer_schema=False)
    tree = meta.filter(pl.col("Type").is_in(["Indicator", "Aggregate"]) & (pl.col("Parent") != ""))
    children = tree.select(
        pl.col("Parent").alias("parent"),
        pl.col("iCode").alias("item"),
        pl.col("Weight").cast(pl.Float64).alias("weight"),
    )
    figures = tree.filter(pl.col("Type") == "Indicator")["iCode"].to_list()
    frame = (
        raw.select(pl.col("uCode").alias("region"), pl.col(figures).cast(pl.Float64, strict=False))
        .unpivot(index="region", variable_name="indicator", value_name="value")
        .with_columns(scenario=pl.lit(0, pl.Int64))
    )
    regions = raw.select(pl.col("uCode").alias("region"))
    found = screen(store, frame, Availability(), children, regions)
    found = found.filter(pl.col("node").is_null())
    assert found["region"].to_list() == wanted["uCode"].to_list()
    assert found["missing"].to_list() == wanted["N_missing"].to_list()
    assert found["zeros"].to_list() == wanted["N_zero"].to_list()
    assert (found["available"] - wanted["Dat_Avail"]).abs().max() < 1e-12
    assert (found["nonzero"] - wanted["Non_Zero"]).abs().max() < 1e-12
    assert found["included"].to_list() == wanted["Included"].to_list()
