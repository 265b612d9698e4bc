import pytest
from hypothesis import given

from rating.definitions.methods import GroupMean, Mean, Median, NoImputation
from rating.errors import DefinitionError
from rating.steps.impute import impute
from tests.steps.conftest import by_region, cells, columns, pl

REGIONS = pl.DataFrame(schema={"region": pl.String, "district": pl.String})
RULES = {"none": NoImputation(), "mean": Mean(), "median": Median()}


@given(columns())
def test_known_values_stay_and_missing_take_the_mean(store, values):
    known = [v for v in values if v is not None]
    filled = by_region(impute(store, cells(values), {"x": Mean()}, REGIONS), "imputed")
    for before, after in zip(values, filled, strict=True):
        if before is not None:
            assert after == before
        elif known:
            assert after == pytest.approx(sum(known) / len(known), rel=1e-9, abs=1e-9)
        else:
            assert after is None


@given(columns())
def test_the_filled_value_lies_within_the_known_ones(store, values):
    known = [v for v in values if v is not None]
    for rule in (Mean(), Median()):
        filled = by_region(impute(store, cells(values), {"x": rule}, REGIONS), "imputed")
        for before, after in zip(values, filled, strict=True):
            if before is None and known:
                assert min(known) - 1e-9 <= after <= max(known) + 1e-9


@given(columns())
def test_none_fills_nothing(store, values):
    filled = impute(store, cells(values), {"x": NoImputation()}, REGIONS)
    assert by_region(filled, "imputed") == values


@given(columns())
def test_the_order_of_rows_is_nothing(store, values):
    frame = cells(values)
    for rule in RULES.values():
        one = impute(store, frame, {"x": rule}, REGIONS)
        other = impute(store, frame.reverse(), {"x": rule}, REGIONS)
        assert by_region(one, "imputed") == by_region(other, "imputed")


def test_a_group_gives_its_own_mean_and_a_group_without_values_gives_none(store):
    regions = pl.DataFrame(
        {"region": [f"R{n:02}" for n in range(6)], "district": ["a", "a", "b", "b", None, "a"]}
    )
    filled = impute(store, cells([1.0, 3.0, None, None, None, None]), {"x": GroupMean()}, regions)
    assert by_region(filled, "imputed") == [1.0, 3.0, None, None, None, 2.0]


def test_an_unknown_group_is_an_error_that_names_the_columns(store):
    with pytest.raises(DefinitionError, match="did you mean 'district'"):
        impute(store, cells([1.0]), {"x": GroupMean(group="distrikt")}, REGIONS)
