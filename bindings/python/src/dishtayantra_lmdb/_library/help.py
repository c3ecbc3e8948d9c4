"""Where the documentation is, and where in it something is explained."""

from __future__ import annotations

import functools
from pathlib import Path

from .abi import lib

_DIRECTORY = "docs"


@functools.cache
def documentation() -> Path | None:
    """The directory of the pages: in the package, or in the checkout that the package is used from;
    None: nowhere here.
    """
    package = Path(__file__).parents[1]
    for place in (package / _DIRECTORY, *(top / _DIRECTORY for top in package.parents[3:4])):
        if (place / "troubleshooting.md").is_file():
            return place
    return None


def help_of(status: int) -> str:
    """Where a status is explained: a page and what to look for in it."""
    place = str(lib.status_help(status).decode("ascii"))
    found = documentation()
    return place if found is None else f"{found.parent}/{place}"
