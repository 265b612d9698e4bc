"""What must be true of an indicator, and its check.

``check`` is exported as ``rating.check``; ``frames`` makes data from a declaration and ``of`` gives
pytest one case a law.
"""

from rating.laws.cases import of
from rating.laws.worlds import frames

__all__ = ["frames", "of"]
