from itertools import pairwise

from rating.publish.facts import gather
from rating.publish.findings import RULES, findings, gaps, leader, pillar_leader
from rating.publish.texts import Speaker
from tests.publish.small import rated, regions

ENGLISH = Speaker("en")


def test_the_leader_and_the_gap_are_those_of_the_ranks(result):
    facts = gather(result)
    first, second = facts.ranked[:2]
    title = leader(facts, ENGLISH).title
    assert first.name.en in title
    assert second.name.en in title
    assert f"{first.score - second.score:.1f}" in title


def test_equal_leaders_share_the_first_place():
    # With a period of 11 in the figures, regions 0 and 11 are equal in everything.
    facts = gather(rated(count=12, missing=()))
    assert [region.rank for region in facts.ranked[:1]] == [1]
    same = [region for region in facts.ranked if region.rank == facts.ranked[0].rank]
    title = leader(facts, ENGLISH).title
    assert ("share the first place" in title) == (len(same) > 1)


def test_a_leader_of_a_pillar_that_leads_the_index_is_no_finding():
    facts = gather(rated(indicators=2, pillars=1, missing=()))
    assert pillar_leader(facts, ENGLISH) is None


def test_missing_values_are_counted(result):
    finding = gaps(gather(result), ENGLISH)
    assert finding.title == "1 of 5 regions lacks at least one indicator"
    assert finding.text.startswith("1 of 20 values are missing.")


def test_complete_data_are_said_to_be_complete():
    finding = gaps(gather(rated(missing=())), ENGLISH)
    assert finding.title == "Every region has a value on every indicator"


def test_the_most_uneven_district_is_found():
    facts = gather(rated(count=8, missing=()))
    title = next(f.title for f in findings(facts, ENGLISH) if "points between" in f.title)
    assert title.startswith(("East", "West"))


def test_what_is_marked_is_among_what_is_shown():
    facts = gather(rated(count=8))
    for lang in ("en", "ru"):
        for finding in findings(facts, Speaker(lang)):
            assert set(finding.marked) <= set(finding.values)
            assert all(finding.axis[0] <= x <= finding.axis[1] for x in finding.values)


def test_every_rule_is_silent_where_nobody_is_ranked():
    thin = {"aggregate": {"name": "arithmetic", "min_coverage": 1.0}}
    facts = gather(rated(missing=tuple((n, 0) for n in range(5)), method=thin, pillars=0))
    assert facts.ranked == ()
    assert findings(facts, ENGLISH) == ()
    assert len(RULES) == 6


def test_ranks_on_an_indicator_are_competition_ranks():
    facts = gather(rated(count=12))  # regions 0 and 11 are equal
    for item in facts.indicators:
        cells = [facts.cell(region, item) for region in facts.ranked]
        known = sorted((c for c in cells if c.score is not None), key=lambda c: c.rank)
        for one, other in pairwise(known):
            assert (one.rank < other.rank) == (one.score > other.score)


def test_a_register_without_names_gives_codes():
    facts = gather(rated(register=regions().select("region")))
    assert {region.name.ru for region in facts.regions} == {f"R{n}" for n in range(5)}
    assert all(region.tile is None and region.district is None for region in facts.regions)
