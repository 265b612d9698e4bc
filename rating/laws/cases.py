"""Laws and examples as cases of pytest, one each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rating.definitions.model import Indicator
from rating.engine.store import Store
from rating.laws import declared, examples, holding
from rating.laws.report import Finding, Report


@dataclass(frozen=True)
class Case:
    """One law or example of an indicator; calling it raises where it does not hold.

    Attributes:
        indicator: the id.
        finding: what was found.
    """

    indicator: str
    finding: Finding

    def __call__(self) -> None:
        """Raise with the table, the smallest input in it.

        Raises:
            CheckError: the law or example does not hold.
        """
        Report.of(self.indicator, [self.finding], scope=self.finding.law).raise_if_failed()

    def __str__(self) -> str:
        return f"{self.indicator}: {self.finding.law}"


def of(indicator: Indicator) -> list[Case]:
    """The cases of an indicator, for ``@pytest.mark.parametrize("case", rating.laws.of(it))``.

    Args:
        indicator: what is checked.

    Returns:
        One case a law, an example or a declaration; ``case()`` raises where it does not hold.
    """
    return [Case(indicator.id, finding) for finding in _found(indicator)]


def _found(indicator: Indicator) -> Iterator[Finding]:
    from rating.laws.check import around

    with Store() as store:
        yield from examples.hold(store, indicator)
    yield from holding.hold(indicator)
    yield from declared.hold(indicator, around(indicator))
