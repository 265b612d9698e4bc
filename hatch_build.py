"""Puts the files that the library reads at run time into the wheel, beside the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RESOURCES = ("indicators", "data", "reports")


class ResourcesHook(BuildHookInterface[Any]):
    """Maps indicators/, data/ and reports/ to rating/_resources/ in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the folders to a wheel; an editable install reads them from the checkout."""
        # A file of rating/ placed in site-packages would hide the modules of the checkout.
        if version == "editable":
            return
        for name in RESOURCES:
            folder = Path(self.root, name)
            if not folder.is_dir():
                raise FileNotFoundError(f"{folder}: the wheel needs this folder")
            build_data["force_include"][str(folder)] = f"rating/_resources/{name}"
