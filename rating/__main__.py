"""``python -m rating`` is the command ``rating``."""

from rating.cli import main

if __name__ == "__main__":
    main()
