"""Draws in blocks: their parameters and their scores, by index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rating.analysis.design import BLOCK, Design, Floats, Ints, Kind
from rating.analysis.kernel import chunk, score
from rating.analysis.plan import Draws, Plan


@dataclass(frozen=True, eq=False)
class Part:
    """Draws that were scored together.

    Attributes:
        rows: their indices.
        scenario: the combination of upstream alternatives they share.
        scores: draws by regions that may be ranked; NaN without a score.
        failed: 0, or why a draw has no ranking; see ``Drawing.reason``.
    """

    rows: Ints
    scenario: int
    scores: Floats
    failed: Ints


class Drawing:
    """All draws of a plan, whatever their number.

    Args:
        plan: what is drawn.
        kind: the design.
        seed: the seed.
        most: how many draws there will be, where it is known and small: blocks are no larger.
    """

    def __init__(self, plan: Plan, *, kind: Kind, seed: int, most: int | None = None) -> None:
        self.plan, self.seed, self.kind = plan, seed, kind
        self.size = block_size(len(plan.regions))
        if most is not None:
            self.size = min(self.size, 1 << (most - 1).bit_length())
        self._design = Design(kind, plan.width, seed=seed, size=self.size)
        self._matrices = [_distinct(m[plan.ranked]) for m in plan.scenarios.matrices]

    def draws(self, number: int, keep: int | None = None) -> Draws:
        """The parameters of a block, or of its first draws."""
        return self.plan.draws(self._design.block(number)[:keep])

    def parts(
        self,
        number: int,
        draws: Draws | None = None,
        *,
        keep: int | None = None,
        elsewhere: Collection[str] = (),
    ) -> Iterator[Part]:
        """The scores of a block, in parts that share a scenario and fit into the cache.

        Args:
            number: the block.
            draws: its parameters, where they are known already.
            keep: how many of its draws are wanted, the first ones.
            elsewhere: ids of the errors of measurement that are drawn from a second stream.
        """
        draws = self.draws(number, keep) if draws is None else draws
        wanted = np.arange(self.size if keep is None else keep)
        step = chunk(len(self.plan.ranked))
        noise = [each.noise(self.seed, number, elsewhere, len(wanted)) for each in self.plan.moving]
        for scenario in np.unique(draws.scenario[wanted]):
            rows = wanted[draws.scenario[wanted] == scenario]
            for start in range(0, len(rows), step):
                own = rows[start : start + step]
                moved = self._moved(int(scenario), [each[own] for each in noise])
                scores, failed = self.score(int(scenario), draws, own, moved)
                yield Part(own + number * self.size, int(scenario), scores, failed)

    def score(
        self, scenario: int, draws: Draws, rows: Ints, moved: dict[int, Floats]
    ) -> tuple[Floats, Ints]:
        """The scores of some draws of a scenario, and why they failed."""
        matrix, places = self._matrices[scenario]
        if moved:
            matrix, places = self.plan.scenarios.matrices[scenario][self.plan.ranked], None
        found = score(self.plan.branches, matrix, draws.weights[rows], draws.choices[rows], moved)
        scores = found.scores if places is None else found.scores[:, places]
        failed = np.where(np.isinf(scores).any(axis=1) & (found.failed == 0), -1, found.failed)
        failed = np.where(np.isnan(scores).all(axis=1) & (failed == 0), -2, failed)
        return scores, failed

    def _moved(self, scenario: int, noise: Sequence[Floats]) -> dict[int, Floats]:
        """The columns that move: draws by regions that may be ranked."""
        matrix = self.plan.scenarios.matrices[scenario]
        return {
            each.column: each.scores(scenario, matrix[:, each.column], own)[:, self.plan.ranked]
            for each, own in zip(self.plan.moving, noise, strict=True)
        }

    def reason(self, failed: int) -> str:
        """Why a draw has no ranking."""
        if failed == -1:
            return "a score left the range of numbers"
        if failed == -2:
            return "no region has a score"
        branch = self.plan.branches[failed - 1]
        return f"the aggregation of {branch.node} met scores it is not defined for"


def block_size(regions: int) -> int:
    """The draws of a block: a power of 2, fewer where there are many regions."""
    size = BLOCK
    while size > 64 and size * regions > 1 << 20:
        size //= 2
    return size


def _distinct(matrix: Floats) -> tuple[Floats, Ints | None]:
    """The different rows of a matrix, and which of them each region has.

    Regions that are alike in everything are scored once: a product of matrices may round the same
    row differently in two places, and they would not be tied.
    """
    whole = np.ascontiguousarray(matrix + 0.0)
    if not whole.shape[1]:
        return matrix, None
    rows = whole.view(np.dtype((np.void, whole.itemsize * whole.shape[1]))).ravel()
    _, first, places = np.unique(rows, return_index=True, return_inverse=True)
    if len(first) == len(matrix):
        return matrix, None
    return matrix[first], places
