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
from rating.definitions.sector import Sector
from rating.definitions.table import Column, Input
from rating.errors import DataError, DefinitionError, RatingError, UsageError
from rating.inputs.coinr import from_coinr
from rating.inputs.emiss import read_emiss
from rating.inputs.extract import read_extract
from rating.inputs.reading import Reading
from rating.inputs.rmsp import read_rmsp
from rating.inputs.rosstat import read_rosstat
from rating.inputs.tables import Data, read
from rating.laws.check import check
from rating.rate import panel, rate
from rating.resources import VERSION
from rating.result import Panel, Rating
from rating.text import Text

__all__ = [
    "Column",
    "Data",
    "DataError",
    "DefinitionError",
    "Edition",
    "Indicator",
    "Input",
    "Method",
    "Node",
    "Panel",
    "Rating",
    "RatingError",
    "Reading",
    "Section",
    "Sector",
    "Source",
    "Text",
    "UsageError",
    "check",
    "from_coinr",
    "load",
    "panel",
    "rate",
    "read",
    "read_emiss",
    "read_extract",
    "read_rmsp",
    "read_rosstat",
]
__version__ = VERSION
