"""Bad and odd files, written when they are asked for: what a user may send, and what must be said.

A case is a folder of files, a verdict and the words that must be told:

- ``reject``: the read ends in an error, or a row is refused; all the words stand in it;
- ``warn``: the table is read, and a remark holds all the words;
- ``accept``: nothing is refused or remarked, and the tables equal those of the plain twin.
"""

from tests.inputs.corpus import figures, files
from tests.inputs.corpus.case import Case

SOURCES = (figures, files)
CASES: tuple[Case, ...] = tuple(case for source in SOURCES for case in source.CASES)
