"""The score of a node from a frontier of regions: linear programs, one a region."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rating.errors import DefinitionError, Problem, nearest
from rating.steps.peers import Numbers, Peers

# The strictest that HiGHS takes; it works on scores in units of the child's greatest.
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
# Bounds that children can just meet are met: 3 x 0.3333333333 is 1.
ROUNDING = 1e-9
# Programs that HiGHS is given at once.
TOGETHER = 64
# Up to so many regions at the frontier all limit a program from the start; else so many are added
# in a round, of those that a solution misses by more than this.
AT_ONCE = 100
ADDED = 12
MISSED = 1e-11


def benefit_of_the_doubt(
    peers: Peers, *, lower: float | None = None, upper: float | None = None
) -> Numbers:
    """The best score of a region under weights by which no region has more than 1.

    L. Cherchye, W. Moesen, N. Rogge, T. Van Puyenbroeck, "An introduction to 'benefit of the
    doubt' composite indicators", Social Indicators Research 82 (2007) 111-145. Of region i: the
    greatest sum(w x_i) over w >= 0 with sum(w x_j) <= 1 for every region j and, for each child c,
    lower sum(w x_i) <= w_c x_ic <= upper sum(w x_i).

    A missing child is an output of 0 in the program (T. Kuosmanen, "Data envelopment analysis with
    missing data", Journal of the Operational Research Society 60, 2009): its region gains nothing
    by it and limits nobody through it. Bounds of shares are renormalised as weights are: with k of
    n children present they are n / k as great.

    Args:
        peers: the regions.
        lower: the least share of its score that a child makes up.
        upper: the greatest share.

    Raises:
        DefinitionError: the children cannot have shares within the bounds.
    """
    _refuse_bounds(peers, lower, upper)
    outputs, known, _ = _outputs(peers)
    best = _undominated(outputs)

    def program(row: int) -> Program:
        own, frontier = outputs[row, known[row]], best[:, known[row]]
        shares = _shares(own, len(peers.items), lower, upper)
        most = np.concatenate([np.ones(len(frontier)), np.zeros(len(shares))])
        return Program(-own, np.vstack([frontier, shares]), most, len(frontier))

    found = np.zeros(len(peers.wanted))
    for place, weights in enumerate(_solved(peers, map(program, peers.wanted))):
        row = peers.wanted[place]
        reached = best[:, known[row]] @ weights
        # What HiGHS lets a constraint be missed by is taken back.
        found[place] = outputs[row, known[row]] @ weights / max(1.0, reached.max())
    return np.clip(found, 0.0, 1.0)


def directional(
    peers: Peers, *, direction: Mapping[str, float], apart: Collection[str] = ()
) -> Numbers:
    """1 / (1 + b), b the steps in a direction that take a region to the frontier.

    F. Fusco, "Enhancing non-compensatory composite indicators: a directional proposal", European
    Journal of Operational Research 242 (2015) 620-630. Of region i: the greatest b with
    x_i + b d <= sum(l_j x_j) for every child, over l >= 0 with sum(l) <= 1; solved as its dual, the
    least u - sum(w x_i) with sum(w x_j) <= u for every region j and sum(w d) = 1.

    A missing child is left out of its region's program, and is an output of 0 in those of others.

    Args:
        peers: the regions.
        direction: the step of each child; 0 for those it does not name. Without one the steps are
            the means of the children.
        apart: ids that it may name although they are not in this edition.

    Raises:
        DefinitionError: a step that is below 0 or of no child, or no step at all.
    """
    outputs, known, units = _outputs(peers)
    steps = _steps(peers, direction, apart) / units
    best = _undominated(outputs)
    # A region none of whose children has a step gets nowhere: it has no score. Where the steps are
    # means, it is one that has 0 of everything.
    found = np.full(len(peers.wanted), np.nan if direction else 0.0)
    moving = [place for place, row in enumerate(peers.wanted) if steps[known[row]].any()]

    def program(row: int) -> Program:
        frontier, step, n = best[:, known[row]], steps[known[row]], len(best)
        cost = np.append(-outputs[row, known[row]], 1.0)
        limits = np.column_stack([frontier, np.full(n, -1.0)])
        return Program(cost, limits, np.zeros(n), n, np.append(step / step.max(), 0.0))

    solutions = _solved(peers, map(program, peers.wanted[moving]))
    for place, solution in zip(moving, solutions, strict=True):
        row, weights = peers.wanted[place], solution[:-1]
        own, step = outputs[row, known[row]], steps[known[row]]
        missed = (best[:, known[row]] @ weights).max() - own @ weights
        found[place] = 1 / (1 + max(missed, 0.0) / (weights @ step))
    return found


def _outputs(peers: Peers) -> tuple[Numbers, NDArray[np.bool_], Numbers]:
    """Scores in units of each child's greatest, 0 where missing; what is known; the units."""
    known = ~np.isnan(peers.scores)
    scores = np.where(known, peers.scores, 0.0)
    units = scores.max(axis=0)
    units[units == 0] = 1.0
    return scores / units, known, units


def _undominated(outputs: Numbers) -> Numbers:
    """The rows that no other row reaches in every column: the others never limit a weight."""
    order = np.argsort(-outputs.sum(axis=1), kind="stable")
    best = np.empty_like(outputs)
    count = 0
    for row in outputs[order]:
        if not (best[:count] >= row).all(axis=1).any():
            best[count] = row
            count += 1
    return best[:count]


def _shares(own: Numbers, children: int, lower: float | None, upper: float | None) -> Numbers:
    """The rows of the program that hold the share of each present child within its bounds."""
    present = len(own)
    each = np.eye(present)
    rows = [np.empty((0, present))]
    if lower is not None:
        rows.append((min(lower * children, 1.0) / present - each) * own)
    if upper is not None:
        rows.append((each - min(max(upper * children, 1.0) / present, 1.0)) * own)
    return np.vstack(rows)


def _refuse_bounds(peers: Peers, lower: float | None, upper: float | None) -> None:
    n = len(peers.items)
    if n == 1:
        return  # the whole score is its, whatever the bounds
    if lower is not None and lower * n > 1 + ROUNDING:
        what, remedy = f"at least {lower:g}", f"write lower = {1 / n:.4g} or less"
    elif upper is not None and upper * n < 1 - ROUNDING:
        what, remedy = f"at most {upper:g}", f"write upper = {1 / n:.4g} or more"
    else:
        return
    what = f"{n} children cannot each make up {what} of the score"
    raise DefinitionError(Problem(f"{peers.node}, method.aggregate", what, remedy))


def _steps(peers: Peers, direction: Mapping[str, float], apart: Collection[str]) -> Numbers:
    if not direction:
        known = ~np.isnan(peers.scores)
        total = np.where(known, peers.scores, 0.0).sum(axis=0)
        return np.asarray(total / np.maximum(known.sum(axis=0), 1))
    where = f"{peers.node}, method.aggregate, direction"
    problems = [
        Problem(where, f"'{name}' is no child with a weight", nearest(name, peers.items))
        for name in direction
        if name not in peers.items and name not in apart
    ]
    problems += [
        Problem(where, f"the step of {name} is {step:g}", "a step is 0 or more")
        for name, step in direction.items()
        if step < 0
    ]
    if not any(direction.values()):
        problems.append(Problem(where, "every step is 0", "give one child a step above 0"))
    if problems:
        raise DefinitionError(problems)
    return np.array([direction.get(item, 0.0) for item in peers.items])


@dataclass(frozen=True, eq=False)
class Program:
    """The least ``cost`` x over x >= 0, ``limits`` x <= ``most`` and, if given, ``equal`` x = 1.

    Attributes:
        regions: how many of the limits, the first ones, are those of regions.
    """

    cost: Numbers
    limits: Numbers
    most: Numbers
    regions: int
    equal: Numbers | None = None

    def first(self) -> NDArray[np.int64]:
        """The limits to begin with: of the regions, those that are the best of a column."""
        if self.regions <= AT_ONCE:
            return np.arange(len(self.limits))
        best = np.unique(self.limits[: self.regions].argmax(axis=0))
        return np.concatenate([best, np.arange(self.regions, len(self.limits))])

    def missed(self, solution: Numbers, held: NDArray[np.int64]) -> NDArray[np.int64]:
        """The limits that a solution misses most among those that were not held."""
        over = self.limits @ solution - self.most
        over[held] = 0.0
        worst = np.argsort(over, kind="stable")[-ADDED:]
        return worst[over[worst] > MISSED]


def _solved(peers: Peers, programs: Iterable[Program]) -> Iterator[Numbers]:
    """The solution of each program, many in one call of HiGHS, as a call costs 1 ms.

    As many limits hold at a solution as there are children. So a program starts with a few, and
    those that its solution misses are added until it misses none.
    """
    stream = iter(programs)
    while some := list(islice(stream, TOGETHER)):
        held = [program.first() for program in some]
        found: dict[int, Numbers] = {}
        while len(found) < len(some):
            left = [place for place in range(len(some)) if place not in found]
            solutions = _highs(peers, [some[n] for n in left], [held[n] for n in left])
            for place, solution in zip(left, solutions, strict=True):
                more = some[place].missed(solution, held[place])
                held[place] = np.append(held[place], more)
                if not more.size:
                    found[place] = solution
        yield from (found[place] for place in range(len(some)))


def _highs(
    peers: Peers, programs: Sequence[Program], held: Sequence[NDArray[np.int64]]
) -> list[Numbers]:
    from scipy.optimize import linprog  # late: it costs more than the rest of an import
    from scipy.sparse import block_diag

    parts = list(zip(programs, held, strict=True))
    equal = [p.equal[None, :] for p in programs if p.equal is not None]
    found = linprog(
        np.concatenate([p.cost for p in programs]),
        A_ub=block_diag([p.limits[rows] for p, rows in parts], format="csc"),
        b_ub=np.concatenate([p.most[rows] for p, rows in parts]),
        A_eq=block_diag(equal, format="csc") if equal else None,
        b_eq=np.ones(len(equal)) if equal else None,
        method="highs",
        options=EXACT,
    )
    if found.x is None:
        what = f"the linear programs were not solved: {found.message}"
        remedy = "normalise to a range such as [1, 100]"
        raise DefinitionError(Problem(peers.node, what, remedy))
    return np.split(found.x, np.cumsum([len(p.cost) for p in programs])[:-1])
