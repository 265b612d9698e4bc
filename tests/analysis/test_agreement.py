"""Agreement of coders: Krippendorff's published examples, laws of alpha, and the reading."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.analysis.agreement import _block, alpha
from rating.errors import DataError, UsageError

NAN = float("nan")
# K. Krippendorff, Computing Krippendorff's alpha-reliability (2011), example D: 12 units and four
# observers with gaps; nominal 0.743, ordinal 0.815, interval 0.849.
FOUR = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T
SCALES = ("nominal", "ordinal", "interval")
CODES = st.lists(
    st.lists(st.sampled_from([0.0, 0.5, 1.0, NAN]), min_size=3, max_size=3), min_size=3, max_size=20
).map(np.array)


@pytest.mark.parametrize(
    ("scale", "wanted"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_that_of_krippendorffs_twelve_units(scale, wanted):
    assert alpha(FOUR, scale) == pytest.approx(wanted, abs=5e-4)


def test_alpha_is_that_of_krippendorffs_two_observers():
    """The same paper: 10 units of two values give 0.095, 12 of five letters give 0.692."""
    meg = np.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 0.0])
    owen = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0.0])
    assert alpha(np.stack([meg, owen], 1), "nominal") == pytest.approx(0.095, abs=5e-4)
    ben = np.array([ord(letter) for letter in "aabbdcccedda"], float)
    gerry = np.array([ord(letter) for letter in "babbbccceddd"], float)
    assert alpha(np.stack([ben, gerry], 1), "nominal") == pytest.approx(0.692, abs=5e-4)


def _by_pairs(codes: np.ndarray, scale: str) -> float:
    """1 - observed over expected, pair by pair of codes: another road to the same."""
    units = [unit[~np.isnan(unit)] for unit in codes]
    units = [unit for unit in units if len(unit) > 1]
    every = np.concatenate(units)
    counts = {value: (every == value).sum() for value in np.unique(every)}

    def apart(a: float, b: float) -> float:
        if scale == "nominal":
            return float(a != b)
        if scale == "interval":
            return (a - b) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(n for value, n in counts.items() if low <= value <= high)
        return float((between - (counts[a] + counts[b]) / 2) ** 2) if a != b else 0.0

    observed = sum(
        sum(apart(a, b) for a in unit for b in unit) / (len(unit) - 1) for unit in units
    ) / len(every)
    expected = sum(apart(a, b) for a in every for b in every) / (len(every) * (len(every) - 1))
    return 1 - observed / expected


@given(CODES, st.sampled_from(SCALES))
def test_alpha_is_one_less_observed_over_expected_pair_by_pair(codes, scale):
    pairs = codes[(~np.isnan(codes)).sum(axis=1) > 1]
    known = pairs[~np.isnan(pairs)]
    found = alpha(codes, scale)
    if len(np.unique(known)) < 2:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(_by_pairs(codes, scale), abs=1e-12)


@given(CODES, st.sampled_from(SCALES), st.randoms())
def test_the_order_of_units_and_of_coders_is_nothing(codes, scale, random):
    turned = codes.copy()
    rows, columns = list(range(len(codes))), [0, 1, 2]
    random.shuffle(rows)
    random.shuffle(columns)
    found = alpha(turned[rows][:, columns], scale)
    assert found == pytest.approx(alpha(codes, scale), abs=1e-12, nan_ok=True)


@given(CODES)
def test_coders_who_say_the_same_have_alpha_1(codes):
    known = codes[:, :1].copy()
    known[np.isnan(known)] = 0.0
    if len(np.unique(known)) > 1:
        for scale in SCALES:
            assert alpha(np.repeat(known, 3, axis=1), scale) == pytest.approx(1.0)


def test_coders_who_throw_dice_have_alpha_0():
    random = np.random.default_rng(1)
    codes = random.choice([0, 0.5, 1], (4000, 2))
    for scale in SCALES:
        assert alpha(codes, scale) == pytest.approx(0.0, abs=0.05)


# -------------------------------------------------------------------------------- the door

COLUMNS = {
    "item_id": {"type": "text"},
    "coder": {"type": "text"},
    "score": {"type": "number"},
    "in_force_from": {"type": "date"},
    "in_force_to": {"type": "date"},
    "evidence_citation": {"type": "text"},
}
ITEMS = [
    {"id": id, "block": id[0], "name": id, "rubric": ["none", "half", "whole"]}
    for id in ("A1", "A2", "B1", "C1")
]


def rated(codes: list[dict[str, Any]], **more: Any) -> rating.Rating:
    section = rating.Section(
        id="law",
        name="Law",
        node=[{"id": "index"}],
        checklist=ITEMS,
        input={
            "law_items": COLUMNS,
            "region_year": {"grain": "region", "paid": {"type": "number"}},
        },
        indicator=[
            {
                "id": "law",
                "parent": "index",
                "reads": ["law_items"],
                "version": [
                    {
                        "since": "2000-01-01",
                        "measures": {"law_items": {"mean": "avg(score)"}},
                        "value": "mean",
                    }
                ],
            },
            {
                "id": "paid",
                "parent": "index",
                "reads": ["region_year"],
                "version": [{"since": "2000-01-01", "value": "paid"}],
            },
        ],
    )
    paid = [{"region": r, "year": 2026, "paid": p} for r, p in (("X", 9.0), ("Y", 1.0), ("Z", 5.0))]
    schema = dict.fromkeys(("region", "item_id", "coder", "evidence_citation"), pl.String)
    frame = pl.DataFrame(
        [{**dict.fromkeys(COLUMNS), **row} for row in codes],
        schema_overrides={**schema, "in_force_from": pl.Date, "in_force_to": pl.Date},
        infer_schema_length=None,
    )
    data = rating.read({"law_items": frame, "region_year": pl.DataFrame(paid)}, section)
    return rating.rate(section, data, edition=2026, **more)


def code(region: str, item: str, coder: str, score: float, **more: Any) -> dict[str, Any]:
    """A code, of an act in force since 2020 if of any."""
    since = {"in_force_from": date(2020, 1, 1)} if score else {}
    return {"region": region, "item_id": item, "coder": coder, "score": score, **since, **more}


CODED = [
    code("X", "A1", "ann", 1.0, evidence_citation="Act 1, article 2"),
    code("X", "A1", "bob", 0.5, evidence_citation="Act 1, article 3"),
    code("X", "A2", "ann", 0.0),
    code("X", "A2", "bob", 0.0),
    code("Y", "A1", "ann", 0.0),
    code("Y", "A1", "bob", 1.0, evidence_citation="Decree 7"),
    code("Y", "A1", "adjudicated", 1.0),
    code("Y", "A2", "ann", 0.5, evidence_citation="Act 9"),
    code("Z", "A1", "ann", 1.0, in_force_to=date(2026, 6, 1)),
    code("Z", "A1", "bob", 1.0),
    code("Z", "B1", "ann", 0.0),
    code("Z", "B1", "bob", 0.0),
]


def test_blocks_count_what_is_coded_settled_and_open():
    found = rated(CODED).agreement(draws=50)
    first, second, third = found.blocks.to_dicts()
    assert first["block"] == "A"
    assert (first["items"], first["units"], first["single"]) == (2, 4, 1)
    assert (first["differing"], first["unresolved"]) == (3, 2)
    # On 31 December only bob holds that act of Z in force.
    wanted = alpha(np.array([[1, 0.5], [0, 0], [0, 1], [0, 1]]), "ordinal")
    assert first["alpha"] == pytest.approx(wanted)
    assert first["low"] <= first["alpha"] <= first["high"]
    assert first["adjudicate"]
    assert not first["publishable"]
    # All of one value, or nothing coded: nothing can be said.
    for block in (second, third):
        assert (block["alpha"], block["publishable"], block["adjudicate"]) == (None, None, None)
    assert (third["items"], third["units"]) == (0, 0)


def test_what_is_unresolved_stands_there_with_its_citations():
    rows = rated(CODED).agreement(draws=5).unresolved.rows()
    assert rows == [
        ("X", "A", "A1", "ann", 1.0, "Act 1, article 2"),
        ("X", "A", "A1", "bob", 0.5, "Act 1, article 3"),
        ("Z", "A", "A1", "ann", 0.0, None),
        ("Z", "A", "A1", "bob", 1.0, None),
    ]


def test_the_day_of_the_edition_says_which_acts_are_in_force():
    found = rated(CODED, as_of=date(2026, 3, 1)).agreement(draws=5)
    assert found.unresolved["region"].unique().to_list() == ["X"]


def test_law_stands_beside_practice():
    found = rated(CODED).agreement(draws=5).twins("law", "paid")
    # Laws of X, Y, Z are 0.375, 0.625 and 0.5; what is paid 9, 1 and 5.
    assert found.rows() == [
        ("Y", 0.625, 1.0, 1.0, 0.0, 1.0),
        ("Z", 0.5, 5.0, 0.5, 0.5, 0.0),
        ("X", 0.375, 9.0, 0.0, 1.0, -1.0),
    ]
    with pytest.raises(UsageError, match="no indicator 'lw'"):
        rated(CODED).agreement(draws=5).twins("lw", "paid")


def test_the_interval_is_the_same_on_every_run_and_for_every_order_of_rows():
    one = rated(CODED).agreement(draws=200)
    other = rated(CODED[::-1]).agreement(draws=200)
    assert one.blocks.equals(other.blocks)
    assert one.unresolved.equals(other.unresolved)


def test_the_interval_of_many_units_holds_the_truth():
    """Two coders who agree in 90 % of three even values: alpha is 0.85, nominal."""
    held = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        true = random.choice([0, 0.5, 1], 150)
        second = np.where(random.random(150) < 0.85, true, random.choice([0, 0.5, 1], 150))
        rows = [
            row
            for n, (a, b) in enumerate(zip(true, second, strict=True))
            for row in (code(f"R{n:03d}", "A1", "ann", a), code(f"R{n:03d}", "A1", "bob", b))
        ]
        frame = pl.DataFrame(rows).with_columns(block=pl.lit("A"), item=pl.col("item_id"))
        block = _block(frame, "nominal", 200, np.random.default_rng(seed), 0.95)
        held.append(block["low"] <= 0.85 <= block["high"])
    assert np.mean(held) > 0.9


def test_it_reads_and_shows_itself():
    found = rated(CODED).agreement(draws=5)
    assert repr(found).startswith("Agreement(law 2026: A ")
    assert repr(found).endswith(", B —, C —)")
    assert "items left to settle: 2" in found.sentence.en
    assert "осталось решить пунктов: 2" in found.sentence.ru
    assert "<table>" in found._repr_html_()


def test_an_item_out_of_the_checklist_and_a_section_without_one_are_refused():
    with pytest.raises(DataError, match="item C9"):
        rated([*CODED, code("X", "C9", "ann", 1.0)]).agreement()
    made = rating.load("hitech_open")
    result = rating.rate(made, rating.read("data/open", made), edition=2019)
    with pytest.raises(UsageError, match="hitech_open has none"):
        result.agreement()
    with pytest.raises(UsageError, match="0 draws"):
        rated(CODED).agreement(draws=0)
