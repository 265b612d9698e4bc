"""Names of users and names of ours: no name of a user changes a figure."""

import pytest

import rating
from tests import named

SIZE = named.ROLES + 1
NEUTRAL = [f"zz_{n}" for n in range(SIZE)]
REGIONS = [f"R{n}" for n in range(SIZE)]
FRAMES = ("ranks", "scores", "values", "measures", "weights")
# Ours in queries and frames, and words of the language of formulas.
OURS = (
    "scenario as_of year index regions values number rows row cells part place place_1 m1 n1 t1 "
    "j1 r b y d k s0 total_1 measured totals held base value estimate name code share rule "
    "columns region null true user "
)


def rated(names, regions):
    # A measure as_of goes before the day of the edition.
    section = named.section(names, dated="as_of" not in (*names, *regions))
    return rating.rate(section, named.data(names, section, regions), edition=2020)


def plain(result, names, regions):
    """The frames of a result under neutral names, in one order."""
    known = dict(zip(names, NEUTRAL, strict=True))
    known |= {f"{name}_column": neutral for name, neutral in known.items()}
    codes = dict(zip(regions, REGIONS, strict=True))
    return {
        name: sorted(
            (
                tuple(
                    codes[cell] if key == "region" else known.get(cell, cell)
                    for key, cell in row.items()
                )
                for row in getattr(result, name).iter_rows(named=True)
            ),
            key=str,
        )
        for name in FRAMES
    }


@pytest.fixture(scope="module")
def neutral():
    """The frames under names that are nobody's, without the day of the edition and with it."""
    undated = named.section(NEUTRAL, dated=False)
    result = rating.rate(undated, named.data(NEUTRAL, undated, REGIONS), edition=2020)
    dated = rated(NEUTRAL, REGIONS)
    return [plain(each, NEUTRAL, REGIONS) for each in (result, dated)]


def sets_of(words):
    """Seven words at a time, each word once."""
    words = [word for word in words if named.ID.fullmatch(word)]
    while len(words) % SIZE:
        words.append(f"more_{len(words)}")
    return [words[start : start + SIZE] for start in range(0, len(words), SIZE)]


@pytest.mark.parametrize("role", range(SIZE))
@pytest.mark.parametrize("chunk", sets_of(OURS.split()), ids=" ".join)
def test_a_word_of_ours_is_a_name_like_any_other(neutral, chunk, role):
    names = chunk[role:] + chunk[:role]
    assert plain(rated(names, chunk), names, chunk) == neutral["as_of" not in chunk]


def test_a_keyword_of_sql_is_a_name_like_any_other(neutral):
    for role, names in enumerate(sets_of(named.reserved())):
        names = names[role % SIZE :] + names[: role % SIZE]
        assert plain(rated(names, names), names, names) == neutral[True], names
