# seeds of XML are one line each
"""Every reader on damaged bytes: SECONDS=600 python benchmarks/fuzz_readers.py [READER ...].

Seeds are valid files; a file is damaged by its bytes, and a workbook or archive by its members as
well. What a reader may do is read or refuse. Counted are crashes (any other exception, or a dead
process), hangs of more than 5 s and more than 500 MB.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rating.definitions.files import load
from rating.errors import RatingError
from rating.inputs.emiss import read_emiss
from rating.inputs.rmsp import read_rmsp
from rating.inputs.tables import read
from tests.inputs import test_emiss as emiss
from tests.inputs import test_rmsp as firms
from tests.inputs.corpus.case import PLAIN, SECTIONS
from tests.inputs.corpus.files import book, parquet

ROOT = Path(__file__).parents[1]
PIECE, HANG, MEGABYTES = 200, 5.0, 500
WORDS = (
    b"<",
    b">",
    b'"',
    b",",
    b"\n",
    b"\x00",
    b"\xff",
    b"]]>",
    b"&a;",
    b"<!DOCTYPE x>",
    b"9" * 400,
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, cut, doubled or put in; of an archive, those of a member at times."""
    if data[:2] == b"PK" and chance.random() < 0.7:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
            hit = chance.choice(old.namelist())
            for name in old.namelist():
                new.writestr(
                    name, damaged(old.read(name), chance) if name == hit else old.read(name)
                )
        return out.getvalue()
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, length = chance.randrange(len(changed) + 1), chance.choice((1, 2, 8, 64, 1000))
        match chance.randrange(5):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length] * chance.choice((1, 2, 50))
            case 3:
                changed[at:at] = chance.choice(WORDS)
            case 4:
                changed[at : at + length] = chance.randbytes(length)
    return bytes(changed)


def table(suffix: str) -> Callable[[Path], object]:
    """Read a folder with one table."""
    return lambda file: read(
        [file.rename(file.with_name(f"region_year.{suffix}"))], SECTIONS["region_year"]
    )


def toml(file: Path) -> object:
    """Read a folder with one definition."""
    return load(str(file.rename(file.with_name("section.toml")).parent))


def seeds(*patterns: str) -> list[bytes]:
    """The valid files of the repository."""
    found = [path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    return [data for data in found if len(data) < 200_000]


READERS: dict[str, tuple[Callable[[], list[bytes]], Callable[[Path], object]]] = {
    "csv": (lambda: [PLAIN.encode(), *seeds("data/open/*.csv")[:4]], table("csv")),
    "xlsx": (lambda: [book()(), *seeds("tests/**/*.xlsx")[:4]], table("xlsx")),
    "parquet": (
        lambda: [parquet(lambda f: f, compression=c)() for c in ("zstd", "uncompressed")],
        table("parquet"),
    ),
    "toml": (lambda: [SECTION], toml),
    "sdmx": (lambda: [sdmx()], read_emiss),
    "rmsp": (lambda: [rmsp()], lambda file: read_rmsp(file, year=2026)),
}
SECTION = b"""id = "t"
name = "T"
[[node]]
id = "index"
[method]
normalise = { name = "minmax", range = [0, 100] }
[input.fig]
grain = "region"
share = { type = "number", min = 0 }
[[input.fig.rule]]
id = "small"
name = "a share is small"
holds = "share <= 100 OR share IS NULL"
[[indicator]]
id = "share_i"
name = "Share"
parent = "index"
reads = ["fig"]
[[indicator.version]]
since = 2000-01-01
value = "round(100 * share / nullif(share + 1, 0), 2)"
"""


def written(write: Callable[[Path], object]) -> bytes:
    """The bytes of a file that a builder of the tests writes."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "seed")
        return (Path(folder) / "seed").read_bytes()


def sdmx() -> bytes:
    """An export of EMISS."""
    return written(lambda path: emiss.export(path, emiss.series(), emiss.series(year="2020")))


def rmsp() -> bytes:
    """A register of small firms."""
    return written(
        lambda path: firms.register(
            path, firms.document(), firms.document(who=firms.person(), kind="2")
        )
    )


def piece(name: str, seed: int, said: Any) -> None:
    """Damage and read PIECE files in a process of its own; each file is said before it is read."""
    given, reader = READERS[name]
    valid, chance = given(), random.Random(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(PIECE):
        data = damaged(chance.choice(valid), chance)
        said.send(("next", data))
        began, what = time.process_time(), "read"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            file.write_bytes(data)
            try:
                reader(file)
            except RatingError:
                what = "refused"
            except BaseException:
                what = traceback.format_exc()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        if time.process_time() - began > HANG:
            what = "slow"
        said.send((what if grown < MEGABYTES else f"{grown:.0f} MB", number))
    said.send(("done", 0))


def fuzz(name: str, seconds: float, out: Path) -> dict[str, int]:
    """How many files were read, refused, or neither; the others are kept in ``out``."""
    counts: dict[str, int] = {"read": 0, "refused": 0, "faults": 0}
    until, seed = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=piece, args=(name, seed, there)
        )
        process.start()
        there.close()
        data, seed = b"", seed + 1
        while True:
            try:
                what, last = here.recv() if here.poll(60) else ("hang", 0)
            except EOFError:
                what = "the process died"
            if what == "next":
                data = last
                continue
            if what in counts:
                counts[what] += 1
            elif what != "done":
                counts["faults"] += 1
                out.mkdir(parents=True, exist_ok=True)
                (out / f"{name}-{seed}-{counts['faults']}").write_bytes(data)
                print(f"{name}: {what}", flush=True)
            if what in ("done", "hang", "the process died") or what.endswith(" MB"):
                break
        process.kill()
        process.join()
    return counts


def main() -> int:
    """Fuzz the readers that are named, or all of them."""
    seconds, faults = float(os.environ.get("SECONDS", "600")), 0
    for name in sys.argv[1:] or READERS:
        counts = fuzz(name, seconds, ROOT / "build" / "fuzz")
        faults += counts["faults"]
        print(f"{name}: {counts}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
