import numpy as np
import polars as pl
import pytest

import rating
from rating.analysis import scenarios
from rating.errors import DefinitionError
from tests.analysis.drawn import FIGURES, SCALE, TREATMENT, rated
from tests.flat import wide

GAPS = {"id": "gaps", "kind": "impute", "options": [{}, {"name": "median"}, {"name": "mean"}]}
ZERO = {"id": "zero", "kind": "formula", "options": [{}, {"c": "coalesce(c, 0)", "a": "a * a"}]}


@pytest.fixture(scope="module")
def built():
    result = rated(SCALE, TREATMENT, GAPS, ZERO)
    return result, scenarios.build(result, result.section.uncertainty.of())


def test_every_combination_is_what_the_pipeline_makes_of_it(built):
    """Each scenario against a rating of the section with these options written into it."""
    result, made = built
    assert [given.id for given in made.upstream] == ["zero", "gaps", "treatment", "scale"]
    assert len(made.matrices) == 2 * 3 * 2 * 2
    for number, (formula, *options) in enumerate(made.choices()):
        method = result.section.method
        for given, option in zip(made.upstream[1:], options, strict=True):
            method = method.merged({given.kind: given.options[option]})
        items = tuple(_under(item, ZERO["options"][formula]) for item in result.section.indicator)
        section = result.section.replace(method=method, indicator=items)
        alone = rating.rate(section, result.data, edition=2019)
        wanted = wide(alone, "score").select(made.indicators).to_numpy().astype(float)
        assert np.array_equal(made.matrices[number], wanted, equal_nan=True)


def _under(item, option):
    if item.id not in option:
        return item
    version = item.version[0].model_copy(update={"value": option[item.id]})
    return item.model_copy(update={"version": (version,)})


def test_the_statistics_say_what_each_scenario_did(built):
    _, made = built
    found = scenarios.statistics(made)
    assert found.height == len(made.matrices) * 5
    zero = found.filter((pl.col("indicator") == "c") & (pl.col("scenario") == 12))
    assert zero.select("values", "missing", "least").row(0) == (6, 0, 0.0)
    filled = found.filter((pl.col("indicator") == "c") & (pl.col("scenario") == 4))
    assert filled.select("values", "imputed").row(0) == (5, 1)


def test_an_option_that_fails_on_the_data_is_named():
    flat = FIGURES.with_columns(a=pl.Series([-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]))
    share = {
        "id": "scale",
        "kind": "normalise",
        "options": [{}, {"name": "fraction", "range": None}],
    }
    with pytest.raises(DefinitionError, match="uncertainty, normalise fraction"):
        rated(share, figures=flat).uncertainty()


def test_too_many_combinations_are_refused():
    many = [
        {
            "id": f"t{n}",
            "kind": "treat",
            "options": [{"name": "winsorise", "max_points": p} for p in range(12)],
        }
        for n in range(3)
    ]
    with pytest.raises(DefinitionError, match="1728 combinations"):
        rated(*many).uncertainty()


def test_a_formula_of_an_indicator_that_is_not_in_force_is_refused():
    result = rated(ZERO)
    items = tuple(
        item.model_copy(
            update={"version": (item.version[0].model_copy(update={"since": _later()}),)}
        )
        if item.id == "c"
        else item
        for item in result.section.indicator
    )
    section = result.section.replace(indicator=items)
    with pytest.raises(DefinitionError, match="c is not in force in 2019"):
        rating.rate(section, result.data, edition=2019).uncertainty()


def _later():
    from datetime import date

    return date(2030, 1, 1)
