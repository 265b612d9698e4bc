"""Every file of the corpus meets its verdict, in time and in memory."""

from __future__ import annotations

import resource
import time

import pytest

from tests.inputs.corpus import CASES

SECONDS = 5.0
MEGABYTES = 500


def peak() -> float:
    """The most memory that this process ever took, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_file_of_the_corpus_meets_its_verdict(case, tmp_path):
    # The peak never falls, so that what all cases before took counts for nobody twice.
    before, began = peak(), time.process_time()
    case.verify(tmp_path)
    assert time.process_time() - began < SECONDS
    assert peak() - before < MEGABYTES


def test_every_case_has_a_name_of_its_own():
    assert len({case.name for case in CASES}) == len(CASES)
