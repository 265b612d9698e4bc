"""The counts of draws as they grow, and their checkpoint on disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rating.analysis.design import Floats, Ints
from rating.analysis.drawing import Drawing
from rating.analysis.plan import Plan
from rating.errors import Problem, UsageError

FILE = "counts.npz"


@dataclass(eq=False)
class State:
    """What has been counted after so many blocks; whole numbers, so that their order is nothing.

    Attributes:
        counts: regions by ranks.
        crossed: cuts by regions: how often a region was in the group of a cut or a better one.
        scenarios: of each scenario, draws, places moved and regions that moved them.
        options: the same of each assumption's options.
        failures: draws by what failed.
        blocks: how many blocks are counted.
        nominal: the published ranks.
    """

    counts: Ints
    crossed: Ints
    scenarios: Ints
    options: dict[str, Ints]
    nominal: Floats
    failures: Counter[int] = field(default_factory=Counter)
    blocks: int = 0
    counted: int = 0

    @classmethod
    def of(cls, plan: Plan, cuts: int) -> State:
        """Nothing counted yet."""
        regions = len(plan.regions)
        return cls(
            counts=np.zeros((regions, regions), np.int64),
            crossed=np.zeros((cuts, regions), np.int64),
            scenarios=np.zeros((len(plan.scenarios.matrices), 3), np.int64),
            options={
                f.assumption.id: np.zeros((len(f.options), 3), np.int64)
                for f in plan.factors
                if f.options
            },
            nominal=plan.nominal(),
        )

    def add_shift(
        self, scenario: int, options: Mapping[str, Ints], moved: Ints, counted: Ints
    ) -> None:
        """Add the places that the regions of some draws moved, by what the draws took."""
        self.counted += len(moved)
        self.scenarios[scenario] += (len(moved), moved.sum(), counted.sum())
        for id, taken in options.items():
            table = self.options[id]
            for column, sums in enumerate((None, moved, counted)):
                table[:, column] += np.bincount(taken, sums, minlength=len(table)).astype(np.int64)

    def keep(self, folder: Path, key: str) -> None:
        """Write the counts, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        codes = sorted(self.failures)
        failures = np.array([(c, self.failures[c]) for c in codes], np.int64).reshape(-1, 2)
        arrays: dict[str, Any] = {
            "key": np.array(key),
            "counts": self.counts,
            "crossed": self.crossed,
            "scenarios": self.scenarios,
            "failures": failures,
            "so_far": np.array([self.blocks, self.counted]),
            **{f"option_{id}": table for id, table in self.options.items()},
        }
        np.savez(content, **arrays)
        arriving = folder / f".{FILE}"
        with arriving.open("wb") as file:
            file.write(content.getvalue())
            file.flush()
            os.fsync(file.fileno())
        arriving.replace(folder / FILE)

    def resumed(self, folder: Path, key: str) -> State:
        """The counts kept in a folder; this state itself if it holds none.

        Raises:
            UsageError: the folder holds the counts of other draws.
        """
        path = folder / FILE
        if not path.exists():
            return self
        with np.load(path, allow_pickle=False) as held:
            if str(held["key"]) != key:
                raise UsageError(
                    Problem(
                        str(folder),
                        "it holds the counts of another rating, seed or design",
                        "choose an empty folder",
                    )
                )
            self.counts, self.crossed = held["counts"], held["crossed"]
            self.scenarios = held["scenarios"]
            self.options = {id: held[f"option_{id}"] for id in self.options}
            self.failures = Counter({int(code): int(many) for code, many in held["failures"]})
            self.blocks, self.counted = (int(number) for number in held["so_far"])
        return self


def key_of(drawing: Drawing, draws: int) -> str:
    """One number for everything that the counts depend on."""
    plan = drawing.plan
    content = json.dumps(
        [
            plan.rating.digest,
            plan.rating.section.model_dump_json(),
            [factor.assumption.model_dump_json() for factor in plan.factors],
            drawing.kind,
            drawing.seed,
            draws,
            np.__version__,
        ]
    )
    return hashlib.sha256(content.encode()).hexdigest()
