"""``python -m rating`` is the command line."""

from rating.cli import main

main()
