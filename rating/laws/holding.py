"""Laws held against worlds: all worlds and all their changes in one query.

Hypothesis draws the worlds, the same on every run; the smallest that breaks a law is made smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rating.definitions.model import Indicator
from rating.engine.store import Store
from rating.laws.around import World
from rating.laws.laws import Law, laws_of
from rating.laws.report import Finding
from rating.laws.smallest import smallest
from rating.laws.trial import Trial
from rating.laws.worlds import frames

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

WORLDS = 100


def hold(
    indicator: Indicator, *, columns: Mapping[str, SearchStrategy[Any]] | None = None
) -> Iterator[Finding]:
    """Every law of an indicator, held against drawn worlds.

    Args:
        indicator: the latest version is held.
        columns: other strategies for columns, as ``frames`` takes them.
    """
    version = indicator.version[-1]
    strategy = frames(indicator, columns=columns)
    laws = list(laws_of(indicator, version))
    with Store(threads=1) as store:
        trial = Trial(store, indicator, version)
        worlds = trial.admitted(drawn(strategy, WORLDS))
        outcomes = trial.outcomes(worlds, laws)
        for place, law in enumerate(laws):
            telling = sum(one[place].tells for one in outcomes)
            broken = [w for w, one in zip(worlds, outcomes, strict=True) if one[place].wrong]
            if broken:
                yield _finding(trial, law, smallest(trial, law, broken), telling)
            elif law.cannot:
                yield Finding(indicator.id, law.name, True, f"cannot apply: {law.cannot}")
            elif not telling:
                detail = f"cannot apply: no world of {WORLDS} tells"
                yield Finding(indicator.id, law.name, True, detail)
            else:
                yield Finding(indicator.id, law.name, True, cases=telling)
        # A law holds of nothing where nothing has a value.
        silent = not any(one[0].tells for one in outcomes)
        detail = "no world has a value: add an [[example]] that has one" if silent else ""
        yield Finding(indicator.id, "worlds have values", not silent, detail)


def _finding(trial: Trial, law: Law, world: World, cases: int) -> Finding:
    changed = law.change(world)
    detail = trial.outcomes([world], [law])[0][0].wrong
    after = _told(changed) if changed is not None and changed != world else ""
    return Finding(
        trial.indicator.id,
        law.name,
        False,
        detail,
        cases,
        _told(world),
        after,
        _example(trial, world),
    )


def _told(world: World) -> str:
    """The rows of a world as a file writes them."""
    lines = [f"{table} = [{', '.join(map(_row, rows))}]" for table, rows in world.items() if rows]
    return "\n".join(lines) or "no rows"


def _row(row: Mapping[str, Any]) -> str:
    cells = ", ".join(f"{n} = {_cell(c)}" for n, c in row.items() if c is not None)
    return f"{{ {cells} }}"


def _cell(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f'"{cell}"' if isinstance(cell, str) else f"{cell}"


def _example(trial: Trial, world: World) -> str:
    """The world as an example to paste, with a value for its author to work out."""
    regions = sorted({row["region"] for rows in world.values() for row in rows if "region" in row})
    expect = ", ".join(f"{region} = 0.0" for region in regions) or "R0 = 0.0"
    lines = ["[[example]]", 'why = "work the values out by hand"', f"edition = {trial.edition}"]
    return "\n".join([*lines, _told(world), f"expect = {{ {expect} }}"])


def drawn(strategy: SearchStrategy[World], count: int) -> list[World]:
    """Worlds of a strategy, the same on every run; nothing is written anywhere."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

    class Alone(HypothesisProvider):
        """Draws without the constants that Hypothesis gathers from modules of the user's own.

        Worlds would hang on what else is imported and on what other tests have drawn before, and
        the constants be kept in ``.hypothesis``.
        """

        def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
            return None

    AVAILABLE_PROVIDERS["rating"] = Alone
    found: list[World] = []

    @settings(
        backend="rating",
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(world: World) -> None:
        found.append(world)

    try:
        collect()
    finally:
        del AVAILABLE_PROVIDERS["rating"]
    return found
