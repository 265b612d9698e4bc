"""An attacker with linear programming, and everything published, does not find a hidden cell.

The attacker knows what a reader knows: which cells are hidden, all published scores and weights,
the range of scores, that shares of a total add up, and of indicators made of one register even that
they are one and the same function of it. Node scores are means: linear, or linear in logarithms.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import rating
from rating.publish.brief import brief
from rating.publish.disclosure import published
from rating.publish.explorer_model import model
from rating.publish.facts import gather
from rating.publish.material import collect
from rating.publish.pages import Pictures
from rating.publish.report import national
from rating.publish.suppression import LEAST_REGIONS, MARGIN, mean
from rating.publish.texts import Speaker
from rating.publish.workbook import to_bytes
from tests.publish.small import regions as register
from tests.publish.workbook_reader import Workbook

RANGE = (1.0, 100.0)
HIGH = 6000
SCALE = {"name": "goalposts", "low": 0, "high": HIGH, "range": list(RANGE)}
REGIONS = 6


def section(parents, leaves, ruled, *, aggregate="arithmetic", root=None, summed=()):
    """A tree; leaves are node, register and weight; leaves of one register have one formula.

    Only the ``ruled`` registers have a rule of disclosure; what is made of the others is free.
    """
    node = [{"id": "n0", "name": {"en": "Index", "ru": "Индекс"}}]
    if root:
        node[0]["method"] = {"aggregate": {"name": root}}
    for n, (parent, weight) in enumerate(parents, 1):
        name = {"en": f"Part {n}", "ru": f"Часть {n}"}
        node.append({"id": f"n{n}", "parent": f"n{parent}", "weight": weight, "name": name})
    columns = {"unit": {"type": "text"}, "x": {"type": "number"}}
    rule = {"disclosure": {"unit": "unit", "size": "x"}}
    return rating.Section(
        id="s",
        name={"en": "A section", "ru": "Раздел"},
        node=node,
        indicator=[
            {
                "id": f"i{n}",
                "parent": f"n{parent}",
                "weight": weight,
                "name": {"en": f"Indicator {n}", "ru": f"Показатель {n}"},
                "unit": {"en": "per head", "ru": "на человека"},
                "method": {"normalise": SCALE},
                "input": {f"t{table}": {**columns, **(rule if table in ruled else {})}},
                "version": [
                    {
                        "since": "2000-01-01",
                        "measures": {f"t{table}": {"whole": "sum(x)"}},
                        "value": f"{HIGH} * whole / total(whole)" if n in summed else "whole",
                    }
                ],
                "source": [{"title": "A register", "publisher": "Us"}],
            }
            for n, (parent, table, weight) in enumerate(leaves)
        ],
        method={
            "treat": {"name": "none"},
            "aggregate": {"name": aggregate},
            "groups": {"name": "share_of_gap"},
        },
    )


def rated(chosen, values, sensitive):
    """Values by register and region; a sensitive one is of two firms, another of three."""
    tables = {
        f"t{table}": pl.DataFrame(
            {
                "region": [f"R{r}" for r, many in enumerate(counts) for _ in range(many)],
                "unit": [f"u{k}" for many in counts for k in range(many)],
                "x": [row[r] / many for r, many in enumerate(counts) for _ in range(many)],
            }
        )
        for table, row in enumerate(values)
        if (counts := [2 if (table, r) in sensitive else 3 for r in range(len(row))])
    }
    data = rating.read({**tables, "regions": register(len(values[0]))}, chosen)
    return rating.rate(chosen, data, edition=2020)


def attack(told, aggregate="arithmetic", summed=()):
    """The narrowest interval of each hidden indicator's score that all published numbers allow."""
    result = told.result
    to, back = (math.log, math.exp) if aggregate == "geometric" else (float, float)
    known = {
        (region, item): to(score)
        for frame, item in ((result.scores, "node"), (result.values, "indicator"))
        for region, item, score in frame.select("region", item, "score").drop_nulls().iter_rows()
    }
    place = {key: n for n, key in enumerate(sorted(told.cells))}
    rows, right = [], []

    def equation(terms, constant=0.0):
        row = np.zeros(len(place))
        for weight, key in terms:
            if key in place:
                row[place[key]] += weight
            else:
                constant += weight * known[key]
        rows.append(row)
        right.append(-constant)

    for (parent,), family in result.weights.group_by("parent"):
        for region in result.ranks["region"]:
            parts = [(w, (region, item)) for item, w in family.select("item", "weight").iter_rows()]
            whole = sum(w for w, _ in parts)
            equation([*((w / whole, key) for w, key in parts), (-1.0, (region, parent))])
    # Of one register and one formula: one number.
    for region, item in told.cells:
        for other in alike(result, item):
            if (region, other) in told.cells:
                equation([(1.0, (region, item)), (-1.0, (region, other))])
    low, high = RANGE
    for item in summed:
        terms = [(1.0, (region, item)) for region in result.ranks["region"]]
        equation(terms, -(high - low) - low * len(terms))
    found = {}
    for key, n in place.items():
        if not key[1].startswith("i"):
            continue
        goal = np.zeros(len(place))
        goal[n] = 1.0
        ends = []
        for sign in (1, -1):
            solved = linprog(
                sign * goal, A_eq=np.array(rows), b_eq=right, bounds=(to(low), to(high))
            )
            assert solved.status == 0, solved.message
            ends.append(back(sign * solved.fun))
        found[key] = tuple(ends)
    return found


def attack_under_a_geometric_root(told):
    """The intervals of hidden indicators under arithmetic pillars and a geometric root.

    Below a pillar all is linear, and the pillars meet in one equation of logarithms: the interval
    of each pillar by linear programming, then what the published root leaves of it, then the
    indicators of the pillar within that. What the tables of two pillars have in common is not used.
    """
    result = told.result
    top = result.section.root.id
    family = {
        parent: [(item, w) for item, w in rows.select("item", "weight").iter_rows() if w]
        for (parent,), rows in result.weights.group_by("parent")
    }
    known = {
        (region, item): score
        for frame, item in ((result.scores, "node"), (result.values, "indicator"))
        for region, item, score in frame.select("region", item, "score").drop_nulls().iter_rows()
    }

    def under(node):
        return [node, *(n for child, _ in family.get(node, ()) for n in under(child))]

    def there(region, item):
        return (region, item) in known or (region, item) in told.cells

    def solve(region, pillar, goal, ends=None):
        items = [i for i in under(pillar) if (region, i) in told.cells]
        place = {item: n for n, item in enumerate(items)}
        rows, right = [], []
        for node in under(pillar):
            parts = [(i, w) for i, w in family.get(node, ()) if there(region, i)]
            if not parts or not there(region, node):
                continue
            row, constant = np.zeros(len(items)), 0.0
            whole = sum(w for _, w in parts)
            for item, weight in [*((i, w / whole) for i, w in parts), (node, -1.0)]:
                if item in place:
                    row[place[item]] += weight
                else:
                    constant += weight * known[region, item]
            rows.append(row)
            right.append(-constant)
        bounds = [(ends if item == pillar and ends else RANGE) for item in items]
        aim = np.array([float(item == goal) for item in items])
        # Published scores are rounded to nine decimals.
        slack = np.vstack([rows, -np.array(rows)]), np.array([*right, *(-x for x in right)]) + 1e-8
        found = [linprog(sign * aim, *slack, bounds=bounds) for sign in (1, -1)]
        assert all(one.status == 0 for one in found), found
        return found[0].fun, -found[1].fun

    intervals = {}
    for region in sorted({region for region, _ in told.cells}):
        pillars = [(i, w) for i, w in family[top] if there(region, i)]
        boxes = {
            p: solve(region, p, p) if (region, p) in told.cells else (known[region, p],) * 2
            for p, _ in pillars
        }
        for pillar, weight in pillars:
            ends = boxes[pillar]
            if (region, pillar) in told.cells and (region, top) in known:
                whole = sum(w for _, w in pillars)
                rest = [
                    sum(w * math.log(boxes[p][end]) for p, w in pillars if p != pillar)
                    for end in (1, 0)
                ]
                score = whole * math.log(known[region, top])
                least, most = (math.exp((score - one) / weight) for one in rest)
                ends = max(ends[0], least - 1e-6), min(ends[1], most + 1e-6)
            for item in under(pillar):
                if (region, item) in told.cells and item not in family:
                    intervals[region, item] = solve(region, pillar, item, ends)
    return intervals


def alike(result, item):
    """Other indicators of the same register, if the item is one."""
    table = {one.id: next(iter(one.input)) for one in result.indicators}
    return [one for one in table if one != item and table[one] == table.get(item)]


def primary(told):
    rows = told.hidden.filter(pl.col("reason") != "secondary")
    return set(rows.select("region", "item").iter_rows())


@st.composite
def trees(draw):
    """Parents of the nodes, leaves (at least one a node), values, and sensitive cells."""
    weights = st.sampled_from([1.0, 2.0, 3.0])
    nodes = draw(st.integers(0, 4))
    parents = [(draw(st.integers(0, n)), draw(weights)) for n in range(nodes)]
    hung = [*range(nodes + 1), *draw(st.lists(st.integers(0, nodes), max_size=5))]
    tables = draw(st.integers(1, len(hung)))
    leaves = [
        (node, n if n < tables else draw(st.integers(0, tables - 1)), draw(weights))
        for n, node in enumerate(hung)
    ]
    value = st.integers(0, HIGH // 6).map(lambda x: 6.0 * x)
    values = [[draw(value) for _ in range(REGIONS)] for _ in range(tables)]
    cell = st.tuples(st.integers(0, tables - 1), st.integers(0, REGIONS - 1))
    return parents, leaves, values, draw(st.sets(cell, min_size=1, max_size=4))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(trees(), st.sampled_from(["arithmetic", "geometric"]))
def test_no_sensitive_score_can_be_pinned_down(tree, aggregate):
    parents, leaves, values, sensitive = tree
    ruled = {table for table, _ in sensitive}
    chosen = section(parents, leaves, ruled, aggregate=aggregate)
    told = published(rated(chosen, values, sensitive))
    intervals = attack(told, aggregate)
    for key in primary(told):
        low, high = intervals[key]
        assert high - low >= MARGIN * (RANGE[1] - RANGE[0]) - 1e-6


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(trees())
def test_nor_under_a_geometric_mean_of_arithmetic_pillars(tree):
    parents, leaves, values, sensitive = tree
    # An indicator on the root would be no pillar; each has a register of its own.
    parents = parents or [(0, 1.0)]
    leaves = [(max(node, 1), n, weight) for n, (node, _, weight) in enumerate(leaves)]
    values = [values[n % len(values)] for n in range(len(leaves))]
    for node in range(1, len(parents) + 1):
        if all(leaf[0] != node for leaf in leaves):
            leaves.append((node, len(values), 1.0))
            values.append(values[0])
    ruled = {table for table, _ in sensitive}
    told = published(rated(section(parents, leaves, ruled, root="geometric"), values, sensitive))
    intervals = attack_under_a_geometric_root(told)
    for key in primary(told):
        low, high = intervals[key]
        assert high - low >= MARGIN * (RANGE[1] - RANGE[0]) - 1e-4


def test_nor_in_the_full_section():
    hitech = rating.load("hitech")
    data = rating.read("data/demo", hitech)
    result = rating.rate(hitech, data, edition=2026, sector="translational_medicine")
    told = published(result)
    alone = attack_under_a_geometric_root(published(result, secondary=False))
    intervals = attack_under_a_geometric_root(told)
    scored = {key for key in primary(told) if key in intervals}
    assert len(scored) > 50
    width = {key: high - low for key, (low, high) in intervals.items() if key in scored}
    assert min(width.values()) >= MARGIN * (RANGE[1] - RANGE[0]) - 1e-3
    assert sum(alone[key][1] - alone[key][0] for key in scored) < sum(width.values())


# Two parts of two indicators, each of its own register; in R0 the first is made of two firms.
TREE = ([(0, 1.0), (0, 1.0)], [(1, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0), (2, 3, 1.0)])
VALUES = [
    [3137.0, 1009.0, 5471.0, 2203.0, 4421.0, 733.0],
    [2719.0, 3511.0, 1217.0, 4801.0, 911.0, 3907.0],
    [1879.0, 4243.0, 2957.0, 3301.0, 1499.0, 5113.0],
    [4637.0, 2089.0, 3673.0, 1583.0, 3191.0, 2551.0],
]


@cache
def mini(summed=(), sensitive=((0, 0),)):
    ruled = {table for table, _ in sensitive}
    return rated(section(*TREE, ruled, summed=summed), VALUES, set(sensitive))


def test_the_attack_finds_what_is_only_hidden_itself():
    told = published(mini(), secondary=False)
    assert told.cells == {("R0", "i0")}
    low, high = attack(told)["R0", "i0"]
    true = mini().values.filter(pl.col("region") == "R0", pl.col("indicator") == "i0")["score"][0]
    assert low == pytest.approx(true)
    assert high == pytest.approx(true)


def test_so_does_the_one_under_a_geometric_root():
    result = rated(section(*TREE, {0}, root="geometric"), VALUES, {(0, 0)})
    low, high = attack_under_a_geometric_root(published(result, secondary=False))["R0", "i0"]
    true = result.values.filter(pl.col("region") == "R0", pl.col("indicator") == "i0")["score"][0]
    assert (low, high) == pytest.approx((true, true), abs=1e-5)
    low, high = attack_under_a_geometric_root(published(result))["R0", "i0"]
    assert high - low > 10


def test_a_sibling_is_hidden_beside_it():
    told = published(mini())
    assert {item for region, item in told.cells if region == "R0"} == {"i0", "i1"}
    assert attack(told)["R0", "i0"] == pytest.approx((1.0, 100.0), abs=60)


def test_two_figures_of_one_register_do_not_hide_each_other():
    leaves = [(1, 0, 1.0), (1, 0, 1.0), (2, 1, 1.0), (2, 2, 1.0)]
    told = published(rated(section(TREE[0], leaves, {0}), VALUES[:3], {(0, 0)}))
    own = {item for region, item in told.cells if region == "R0"}
    assert {"i0", "i1", "n1", "n2"} < own
    assert "n0" not in own


def test_what_cannot_be_protected_has_no_index_score_either():
    told = published(rated(section([], [(0, 0, 1.0)], {0}), VALUES[:1], {(0, 0)}))
    assert ("R0", "n0") in told.cells
    row = told.result.ranks.row(by_predicate=pl.col("region") == "R0", named=True)
    assert row["score"] is None
    assert row["rank"] is not None


def test_a_share_of_a_total_is_hidden_in_so_many_regions_that_the_rest_do_not_give_it():
    result = mini(summed=(0,))
    for secondary in (False, True):
        told = published(result, secondary=secondary)
        low, high = attack(told, summed=["i0"])["R0", "i0"]
        if not secondary:
            assert high - low < 1e-6
    assert sum(item == "i0" for _, item in told.cells) >= LEAST_REGIONS
    score = result.values.filter(pl.col("region") == "R0", pl.col("indicator") == "i0")["score"][0]
    assert high - low >= MARGIN * (score - RANGE[0])


def test_every_number_that_is_told_is_that_of_the_rating():
    result = mini()
    told = published(result)
    for frame, item in (("values", "indicator"), ("scores", "node")):
        pairs = getattr(result, frame).join(
            getattr(told.result, frame), on=["region", item], suffix="_told"
        )
        for row in pairs.iter_rows(named=True):
            hidden = (row["region"], row[item]) in told.cells
            assert row["score_told"] == (None if hidden else pytest.approx(row["score"], abs=1e-9))
    ranks = result.ranks.with_columns(pl.col("score").round(9))
    assert told.result.ranks.equals(ranks)


def test_a_rating_without_sensitive_cells_is_told_as_it_is():
    result = mini(sensitive=())
    assert published(result).result is result


def test_an_edition_of_the_first_hides_the_same_cells_of_them_and_tells_no_step_to_one():
    result = mini(sensitive=((0, 0), (2, 3)))
    whole, first = published(result), published(result, top=3)
    assert len(first.grouped) == REGIONS - 3
    assert first.hidden.equals(whole.hidden)
    assert first.cells == {cell for cell in whole.cells if cell[0] not in first.grouped}
    assert first.items == whole.items
    gains = collect(result, top=3).gains.values()
    assert not {one.indicator for some in gains for one in some} & first.items
    assert set(model(result, "en", 3)["hidden"]) == {item for _, item in first.cells}


def test_a_region_is_told_all_of_itself_in_its_own_edition():
    told = published(mini()).to("R0")
    assert not [cell for cell in told.cells if cell[0] == "R0"]
    assert told.cells


def numbers(found):
    """Every number in nested lists and mappings."""
    match found:
        case dict():
            return [x for one in found.values() for x in numbers(one)]
        case list() | tuple():
            return [x for one in found for x in numbers(one)]
        case bool() | None | str():
            return []
    return [float(found)]


def published_in_all_ways(result):
    """The page of the report in both languages with what is attached, the explorer, the workbook.

    The tables that were read are told by the hashes of their content, which are left out.
    """
    hashes = result.provenance["sha256"].to_list()
    told = {}
    for lang in ("en", "ru"):
        document = national(collect(result), Speaker(lang))
        told[lang, "html"] = document.html
        for name, content in document.attached.items():
            told[lang, name] = content if isinstance(content, str) else content.decode()
    told["explorer"] = json.dumps(model(result, "en"))
    book = Workbook(to_bytes(result))
    for name in book.names:
        told["workbook", name] = str(sorted(book.values[name].items()))
    for key, text in told.items():
        for one in hashes:
            text = text.replace(one, "-")
        told[key] = text
    return told


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_two_worlds_that_differ_in_hidden_cells_alone_are_published_alike(aggregate):
    """Whatever is drawn, printed or computed: to the last digit, and in every chart.

    In the other world what one of two hidden indicators has more, the other has less, so that the
    score of their node is the same.
    """
    first = rated(section(*TREE, {0}, aggregate=aggregate), VALUES, {(0, 0)})
    pairs = {r for r, _ in published(first).cells}
    assert published(first).cells == {(r, i) for r in pairs for i in ("i0", "i1")}
    changed = [list(row) for row in VALUES]
    span = (RANGE[1] - RANGE[0]) / HIGH
    for place in (int(region[1:]) for region in pairs):
        one, other = (RANGE[0] + span * VALUES[n][place] for n in (0, 1))
        if aggregate == "geometric":
            moved = (one * 1.001, other / 1.001)
        else:
            moved = (one + 0.1, other - 0.1)
        for n in (0, 1):
            changed[n][place] = (moved[n] - RANGE[0]) / span
    second = rated(section(*TREE, {0}, aggregate=aggregate), changed, {(0, 0)})
    assert not first.values.equals(second.values)
    assert first.digest != second.digest
    told, again = published_in_all_ways(first), published_in_all_ways(second)
    assert told.keys() == again.keys()
    assert [key for key in told if told[key] != again[key]] == []


def secrets():
    """The hidden numbers of the mini rating: values, indicator scores and node scores."""
    result = mini(sensitive=((0, 0), (2, 3)))
    told = published(result)
    cells = {}
    for frame, item, columns in (
        (result.values, "indicator", ["value", "score"]),
        (result.scores, "node", ["score"]),
    ):
        for row in frame.iter_rows(named=True):
            if (row["region"], row[item]) in told.cells:
                cells[row["region"], row[item]] = [row[column] for column in columns]
    assert len(cells) >= 2 * LEAST_REGIONS
    return result, told, [x for found in cells.values() for x in found]


def test_no_hidden_number_is_in_the_workbook_and_no_formula_stands_above_one():
    result, told, hidden = secrets()
    book = Workbook(to_bytes(result))
    cells = numbers([list(book.values[name].values()) for name in book.names])
    assert [x for x in hidden if min(abs(x - y) for y in cells) < 1e-9] == []
    texts = " ".join(str(c) for name in book.names for c in book.values[name].values())
    assert "not published" in texts
    sheet = book.names[2]
    rows = {book.values[sheet].get((1, r)): r for r in range(1, 20)}
    heads = {book.values[sheet].get((c, 6)): c for c in range(9, 20)}
    names = {item.id: item.name.en for item in gather(result).items}
    for region, node in told.above:
        assert (heads[names[node]], rows[region]) not in book.formulas[sheet]


def test_no_hidden_number_is_in_the_explorer():
    result, told, hidden = secrets()
    content = model(result, "en")
    content.pop("texts")
    cells = numbers(content)
    assert [x for x in hidden if min(abs(x - y) for y in cells) < 1e-9] == []
    assert set(content["hidden"]) == set(told.items)
    assert content["kept"]["n0"]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_hidden_number_is_in_the_report_or_what_is_attached_to_it(lang):
    result, told, hidden = secrets()
    material, say = collect(result), Speaker(lang)
    document = national(material, say)
    facts = material.facts
    seen = numbers([[c.value, c.score] for c in facts.cells.values() if not c.hidden and c.value])
    printed = {say.number(x, d) for x in seen for d in (0, 1, 2)}
    text = re.sub(r"<[^>]*>", " ", document.html)
    words = set(re.findall(r"[\d.,\u00a0\u202f]*\d", text))
    for x in hidden:
        for digits in (0, 1, 2):
            word = say.number(x, digits)
            # A short number may be a share, a count or a page as well.
            if len(word) > 4 and word not in printed:
                assert word not in words, (x, word)
    attached = json.loads(document.attached["results.json"])
    cells = numbers(attached["regions"])
    assert [x for x in hidden if min(abs(x - y) for y in cells) < 1e-9] == []
    assert result.digest not in document.html
    assert result.digest not in document.attached["manifest.json"].decode()
    for region, item in told.cells:
        cell = facts.cells[region, item]
        assert (cell.value, cell.score, cell.rank, cell.hidden) == (None, None, None, True)


def test_no_statistic_of_the_audit_is_over_a_hidden_cell():
    result, told, _ = secrets()
    audit = told.audit()
    for row in audit.statistics.iter_rows(named=True):
        values = told.result.values.filter(pl.col("indicator") == row["indicator"])["value"]
        assert row["mean"] == pytest.approx(values.mean())
    assert audit.shifts.is_empty()
    sides = set(audit.strengths.select("region", "indicator").iter_rows())
    assert not sides & told.cells
    assert audit.compensability.equals(result.audit().compensability)


@given(
    st.lists(st.tuples(st.floats(0.1, 5), st.floats(1, 100)), min_size=1, max_size=5),
    st.sampled_from([-math.inf, -1.0, 0.0, 0.5, 1.0, 3.0, math.inf]),
)
def test_a_power_mean_is_that_of_scipy_and_between_its_ends(parts, power):
    from scipy.stats import pmean

    scores = [score for _, score in parts]
    found = mean(parts, power)
    assert min(scores) - 1e-9 <= found <= max(scores) + 1e-9
    if math.isfinite(power):
        weights = [weight for weight, _ in parts]
        assert found == pytest.approx(pmean(scores, power, weights=weights))


def test_the_scorecard_of_the_brief_says_what_is_not_published():
    result, told, _ = secrets()
    say = Speaker("en")
    found = brief(collect(result), say, Pictures())
    chosen = [one.name for one in found.chosen]
    names = {region: result.name(region) for region, _ in told.cells}
    assert set(chosen) & set(names.values())
    assert found.hides
    assert any(say("profile.hidden") in line.cells for line in found.scorecard)
