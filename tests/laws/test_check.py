import subprocess
import sys
from pathlib import Path

import rating

ROOT = Path(__file__).parents[2]


def test_check_is_part_of_the_library_and_loads_nothing_that_is_late():
    code = (
        "import rating, sys; rating.check; "
        "print([m for m in ('hypothesis', 'scipy', 'weasyprint') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_name_that_is_not_there_is_an_attribute_error():
    assert not hasattr(rating, "chekc")


def test_an_indicator_shows_every_law_and_a_section_what_does_not_hold(declare, section):
    assert "example 1" in str(rating.check(declare()))
    assert str(rating.check(section("a"))) == "s: everything holds (1 indicator, 1 example)"


def test_every_example_is_a_row_of_its_own(declare):
    given = declare().example[0].model_dump()
    report = rating.check(declare(example=[given, {**given, "expect": {"A": 9}}]))
    laws = report.rows.filter(report.rows["law"].str.starts_with("example"))
    assert laws["law"].to_list() == ["example 1", "example 2"]
    assert laws["holds"].to_list() == [True, False]


def test_an_indicator_below_a_node_with_its_own_method_is_checked_alone(declare):
    band = declare(
        direction="band", method={"normalise": {"name": "goalposts", "points": [0, 1, 2, 3]}}
    )
    assert rating.check(band).ok
