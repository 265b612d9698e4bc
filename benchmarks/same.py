"""What the shipped sections give, as plain files, so that two checkouts can be held side by side.

``python benchmarks/same.py FOLDER`` writes ranks, scores, values, manifests, explanations, audits,
draws, and the text of report, workbook and explorer; ``--fast`` leaves the books out. ``python
benchmarks/same.py FOLDER --with OTHER`` says which files differ and shows the first line that does.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl

import rating

ROOT = Path(__file__).parents[1]
SECTIONS = (
    ("hitech_open", "open", 2019, None),
    ("hitech_open_2022", "innovation_2022", 2022, None),
    ("hitech", "demo", 2026, "translational_medicine"),
)
# What names the version of the library, and so differs whenever a line does.
VERSIONS = {"library", "sha256_of_library", "version", "versions"}


def write(folder: Path, books: bool) -> None:
    """Write all that is compared."""
    for name, data, edition, sector in SECTIONS:
        out = folder / name
        out.mkdir(parents=True, exist_ok=True)
        section = rating.load(name)
        tables = rating.read(ROOT / "data" / data, section)
        result = rating.rate(section, tables, edition=edition, sector=sector)
        _frames(out, result)
        for region in result.ranks["region"]:
            text = json.dumps(result.explain(region).rows.to_dicts(), ensure_ascii=False, indent=1)
            _put(out / "explain" / f"{region}.json", text)
        _put(out / "audit.html", result.audit()._repr_html_())
        if section.uncertainty is not None and section.uncertainty.assumption:
            sure = result.uncertainty(draws=2000, seed=1)
            _put(out / "draws.csv", sure.ranks.write_csv())
            _put(out / "sensitivity.html", result.sensitivity(draws=64, seed=1)._repr_html_())
        _published(out, result, books)


def _frames(out: Path, result: rating.Rating) -> None:
    result.save(out / "saved")
    manifest = json.loads((out / "saved" / "manifest.json").read_text("utf8"))
    kept = {key: value for key, value in manifest.items() if key not in VERSIONS}
    _put(out / "saved" / "manifest.json", json.dumps(kept, ensure_ascii=False, indent=1))
    for name, frame in vars(result).items():
        if isinstance(frame, pl.DataFrame):
            _put(out / "frames" / f"{name}.ndjson", frame.write_ndjson())


def _published(out: Path, result: rating.Rating, books: bool) -> None:
    for lang in ("en", "ru"):
        _put(out / f"workbook-{lang}.txt", _workbook(result.to_xlsx(out / "book.xlsx", lang=lang)))
        (out / "book.xlsx").unlink()
        result.to_html(out / f"explorer-{lang}.html", lang=lang)
        regions = result.ranks["region"].head(40).to_list()
        for region in [None] if books else regions[::13]:
            pdf = result.to_pdf(out / "book.pdf", lang=lang, region=region)
            told = subprocess.run(
                ["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True
            )
            _put(out / f"book-{lang}-{region or 'whole'}.txt", told.stdout.decode())
            pdf.unlink()


def _workbook(path: Path) -> str:
    """The sheets as XML, a line an element: texts, numbers and formulas."""
    with zipfile.ZipFile(path) as book:
        parts = sorted(name for name in book.namelist() if re.search(r"sheet|shared", name))
        return "\n".join(
            f"{name}\n" + book.read(name).decode().replace("><", ">\n<") for name in parts
        )


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf8")


def compare(one: Path, other: Path) -> int:
    """Print what differs; the count of it."""
    names = sorted(
        {p.relative_to(root).as_posix() for root in (one, other) for p in root.rglob("*.*")}
    )
    differing = 0
    for name in names:
        files = [root / name for root in (one, other)]
        if not all(file.exists() for file in files):
            differing += 1
            print(f"{name}: only in {next(f for f in files if f.exists()).parents[0]}")
            continue
        texts = [file.read_text("utf8").splitlines() for file in files]
        if texts[0] != texts[1]:
            differing += 1
            pairs = zip(*texts, strict=False)
            at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(map(len, texts)))
            shown = [text[at][:160] if at < len(text) else "(ends)" for text in texts]
            print(f"{name}: line {at + 1}\n  - {shown[0]}\n  + {shown[1]}")
    print(f"{len(names)} files, {differing} differ")
    return differing


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--with", dest="other", type=Path)
    parser.add_argument("--fast", action="store_true")
    given = parser.parse_args()
    if given.other:
        sys.exit(compare(given.folder, given.other) > 0)
    write(given.folder, not given.fast)
