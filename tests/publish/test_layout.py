"""Books read as a proof-reader would: a few here, the whole grid by ``make layout``."""

from __future__ import annotations

import os

import pytest

from tests.publish.books import Case, grid, proof_of
from tests.publish.layout import Proof

WHOLE = os.environ.get("LAYOUT") == "grid"
SAMPLE = [
    Case("en", 5, 1, 1),
    Case("ru", 6, 9, 9, draws=True, long=True, aside=True),
]


def named(case: Case) -> str:
    """A case in a few words."""
    said = [case.lang, f"{case.regions}x{case.indicators}x{case.parts}"]
    said += [key for key in ("draws", "long", "aside") if getattr(case, key)]
    return "-".join([*said, *([f"top{case.top}"] if case.top else [])])


@pytest.mark.parametrize("case", grid() if WHOLE else SAMPLE, ids=named)
def test_no_page_of_a_book_has_a_fault(case):
    assert proof_of(case).faults == []


def test_the_grid_has_every_option_in_many_combinations():
    cases = grid()
    assert len(set(cases)) == len(cases) >= 60
    assert {case.lang for case in cases} == {"en", "ru"}
    assert {case.regions for case in cases} >= {5, 170}
    assert {case.indicators for case in cases} >= {1, 60}
    assert {case.parts for case in cases} >= {1, 9}


def test_the_proof_sees_every_kind_of_fault():
    import weasyprint

    words = "Konzentration " * 3
    html = f"""<style>@page {{ size: 100mm 100mm; margin: 10mm }} table {{ table-layout: fixed;
      width: 80mm; border-collapse: collapse }} p {{ margin: 0 }}</style>
      <p>full</p><p style="break-after: page">near empty</p>
      <table><thead><tr><th style="width: 12mm; overflow-wrap: anywhere">{words}</th><th></th></tr>
      </thead><tbody><tr><td>Unbreakablewordthatislongerthanitscell</td><td>x</td></tr></tbody>
      </table><p style="position: relative; top: -3mm">Over the cell of the table it stands</p>"""
    found = Proof()
    found.read(weasyprint.HTML(string=html).render().pages)
    assert set(found.kinds) == {"empty", "head", "broken", "beyond", "overlap"}
