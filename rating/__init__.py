"""Regional ratings from declared indicators: values and scores in DuckDB, reports in PDF.

>>> import rating
>>> section = rating.load("hitech_open")
>>> section.root.id
'index'
"""

from rating.definitions.files import load
from rating.definitions.methods import Method
from rating.definitions.model import Edition, Indicator, Node, Source
from rating.definitions.section import Section
from rating.errors import DataError, DefinitionError, RatingError, UsageError
from rating.inputs.tables import Data, read
from rating.rate import rate
from rating.result import Rating
from rating.text import Text

__all__ = [
    "Data",
    "DataError",
    "DefinitionError",
    "Edition",
    "Indicator",
    "Method",
    "Node",
    "Rating",
    "RatingError",
    "Section",
    "Source",
    "Text",
    "UsageError",
    "load",
    "rate",
    "read",
]
__version__ = "0.1.0"
