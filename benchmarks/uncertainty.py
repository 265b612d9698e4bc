"""What a draw costs, beside what others take: ``python benchmarks/uncertainty.py [--long]``.

CPU seconds are those of the process, the least of several runs; one thread of BLAS, so that the two
sides of a ratio do the same work. Peak memory is that of a process of its own. What is not
installed is left out and named.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import importlib.util
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CASES = ((85, 45, 10_000), (85, 45, 100_000), (2500, 100, 1_000))
# CPU seconds a replication of COINr 1.1.14 on its ASEM example (51 units by 49 indicators), stated
# by whoever measured it on R 4.2.2; used where R is not at hand.
COINR = 0.27


def cpu(run: Callable[[], object], times: int = 5) -> float:
    """The least CPU seconds of some runs, after one to warm up."""
    run()
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


# ------------------------------------------------------------------------------------------ kernel


def flat(indicators: int):
    from rating.analysis.kernel import Branch
    from rating.definitions.aggregations import Arithmetic

    every = np.arange(indicators)
    return (Branch("index", every, every, (), np.array([], np.intp), (Arithmetic(),)),)


def case(regions: int, indicators: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    return random.random((regions, indicators)) * 100, random.dirichlet(np.ones(indicators), draws)


def ours(matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """From weights to the rank-frequency matrix."""
    from rating.analysis import kernel, tally

    branches = flat(matrix.shape[1])
    regions = len(matrix)
    counts = np.zeros((regions, regions), np.int64)
    step = kernel.chunk(regions)
    choices = np.zeros((step, 1), np.int64)
    for start in range(0, len(weights), step):
        part = weights[start : start + step]
        found = kernel.score(branches, matrix, part, choices[: len(part)])
        tally.count(tally.order(found.scores), counts)
    return counts


def bare(matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.sort(weights @ matrix.T, axis=1)


def peak(shape: tuple[int, int, int]) -> float:
    """Megabytes of a process that does the case and nothing else, less those of its imports."""
    code = (
        "import resource, sys; sys.path.insert(0, 'benchmarks'); import uncertainty as u\n"
        "from rating.analysis import kernel, tally\n"
        "rss = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        f"given = u.case{shape}; before = rss(); u.ours(*given); print(rss(), rss() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[0])


def kernel_cases() -> list[float]:
    print("kernel: weights to rank frequencies       seconds   peak MB   ratio to GEMM + sort")
    each = []
    for shape in CASES:
        given = case(*shape)
        mine, theirs = cpu(partial(ours, *given)), cpu(partial(bare, *given))
        regions, indicators, draws = shape
        print(
            f"  {draws:>7,} draws of {regions:>5,} by {indicators:>3}  {mine:17.4f} "
            f"{peak(shape):9.0f} {mine / theirs:22.2f}   (allowed 4)"
        )
        each.append(mine / draws)
    return each


def peers(each: float) -> None:
    """The same weighted sums by pymcdm, called once for each vector of weights."""
    matrix, weights = case(*CASES[0])
    some = weights[:200]
    if importlib.util.find_spec("pymcdm") is None:
        print("pymcdm: not installed, left out")
        return
    from pymcdm.helpers import rrankdata
    from pymcdm.methods import WSM

    method, kinds = WSM(), np.ones(matrix.shape[1])
    spent = cpu(lambda: [rrankdata(method(matrix, w, kinds)) for w in some], 3) / len(some)
    print(
        f"pymcdm weighted sum, a vector of weights at a time: {1e6 * spent:.0f} microseconds each, "
        f"{spent / each:.0f} times ours (at least 300)"
    )


# ------------------------------------------------------------------------------- whole uncertainty


def asem() -> None:
    """COINr's ASEM case: its treatments, scales, weights and means, upstream included."""
    from tests.analysis import test_replay

    if not test_replay.FOLDER.is_dir():
        print("ASEM: its data are not beside the project, left out")
        return
    result = test_replay.asem_rating()
    draws = 10_000
    spent = cpu(lambda: result.uncertainty(draws=draws), 3) / draws
    peer = COINR
    source = "stated for COINr 1.1.14 on R 4.2.2, not run here"
    if shutil.which("Rscript") and _has_coinr():
        peer, source = _run_coinr(), "measured now"
    print(
        f"ASEM, 51 by 49, 10 upstream scenarios: {1e6 * spent:.1f} microseconds of CPU a draw; "
        f"COINr {peer} s ({source}): {peer / spent:,.0f} times less (at least 2,000)"
    )


def _has_coinr() -> bool:
    code = 'q(status = if (requireNamespace("COINr", quietly = TRUE)) 0 else 1)'
    return subprocess.run(["Rscript", "-e", code], capture_output=True).returncode == 0


def _run_coinr(replications: int = 20) -> float:
    """CPU seconds a replication of ``get_sensitivity`` with the same four assumptions."""
    code = f"""
    suppressMessages(library(COINr))
    coin <- suppressMessages(build_example_coin())
    weights <- get_noisy_weights(coin$Meta$Weights$Original,
      noise_specs = data.frame(Level = c(2, 3), NoiseFactor = c(0.25, 0.25)), Nrep = 100)
    specs <- list(
      winmax = list(Address = "$Log$Treat$global_specs$f1_para$winmax", Distribution = 1:5,
        Type = "discrete"),
      weights = list(Address = "$Log$Aggregate$w", Distribution = weights, Type = "discrete"))
    spent <- system.time(suppressMessages(get_sensitivity(coin, SA_specs = specs,
      N = {replications}, SA_type = "UA", dset = "Aggregated", iCode = "Index", quietly = TRUE)))
    cat((spent[["user.self"]] + spent[["sys.self"]]) / {replications})
    """
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True)
    return float(done.stdout.strip().split()[-1])


def shipped() -> None:
    import rating

    section = rating.load("hitech_open")
    result = rating.rate(section, rating.read(ROOT / "data" / "open", section), edition=2019)
    spent = cpu(lambda: result.uncertainty(draws=10_000), 5)
    print(f"hitech_open, 10,000 draws, warm: {spent:.2f} s of CPU (at most 4)")
    spent = cpu(lambda: result.sensitivity(draws=1024), 2)
    print(f"hitech_open, sensitivity of 1,024 rows: {spent:.2f} s of CPU")


def long(draws: int = 10_000_000) -> None:
    code = (
        "import resource, rating\n"
        "section = rating.load('hitech_open')\n"
        "result = rating.rate(section, rating.read('data/open', section), edition=2019)\n"
        "rss = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "import time, json\n"
        "result.uncertainty(draws=10_000); before = rss(); start = time.process_time()\n"
        f"sure = result.uncertainty(draws={draws})\n"
        "print(json.dumps([time.process_time() - start, before, rss(), sure.failed]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    spent, before, after, failed = json.loads(done.stdout.splitlines()[-1])
    print(
        f"hitech_open, {draws:,} draws: {spent:.0f} s of CPU, peak {after:.0f} MB "
        f"({before:.0f} MB after 10,000), {failed} failed"
    )


# --------------------------------------------------------------------------------- confidence sets


def coverage(runs: int = 1000, many: int = 20, level: float = 0.95) -> None:
    """How often the sets hold all true ranks, and how wide they are."""
    from rating.analysis.confidence import rank_sets

    random = np.random.default_rng(3)
    truths = {
        "all equal": np.zeros(many),
        "evenly apart": np.arange(many) * 0.5,
        "two levels": np.repeat([0.0, 2.0], many // 2),
    }
    for name, theta in truths.items():
        ranks = np.array([1 + (theta > own).sum() for own in theta])
        held = top = 0
        width = 0.0
        for seed in range(runs):
            estimates = theta + random.standard_normal(many) * 0.5
            found = rank_sets(estimates, np.full(many, 0.5), level=level, draws=400, seed=seed)
            held += bool(((found.low <= ranks) & (ranks <= found.high)).all())
            top += bool(found.top(5)[ranks <= 5].all())
            width += float((found.high - found.low + 1).mean())
        print(
            f"confidence sets, {many} regions {name}: hold all ranks in {held / runs:.1%}, the top "
            f"five in {top / runs:.1%} of {runs} simulations (nominal {level:.0%}), "
            f"mean width {width / runs:.1f} ranks"
        )


def main() -> None:
    print(f"numpy {np.__version__}, {os.cpu_count()} processors, one thread of BLAS")
    each = kernel_cases()
    peers(each[0])
    asem()
    shipped()
    coverage()
    if "--long" in sys.argv[1:]:
        long()
    print(
        f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


if __name__ == "__main__":
    main()
