"""Prints a C header with its comments as Doxygen reads them: the four parts of each function, line for line.

`scripts/c_comments.py HEADER`; `scripts/docs.sh` gives it to Doxygen.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PARAMETERS = re.compile(r"^( \* )- ((?:`[a-z][a-z0-9_]*`(?:, )?)+): ", re.MULTILINE)
# A comment and the name of the function that it stands before.
FUNCTION = re.compile(r"/\*\*(?:(?!\*/).)*?\*/\n(?=[\w ]+[ *]dy_lmdb_\w+\()", re.DOTALL)


def of_function(comment: str) -> str:
    """A function's comment, its parts as commands."""

    def parameters(match: re.Match[str]) -> str:
        return f"{match[1]}@param {match[2].replace('`', '').replace(' ', '')} "

    comment = PARAMETERS.sub(parameters, comment)
    comment = re.sub(r"^ \* Returns ", " * @returns ", comment, flags=re.MULTILINE)
    return re.sub(r"^ \* (Memory|Threads): ", lambda match: f" * @{match[1].lower()} ", comment, flags=re.MULTILINE)


def of_header(header: str) -> str:
    """The whole header; its first comment becomes the first page."""
    header = FUNCTION.sub(lambda match: of_function(match[0]), header)
    return "/** @file */ " + header.replace("/*\n * lib", "/** @mainpage notitle\n * lib", 1)


if __name__ == "__main__":
    sys.stdout.write(of_header(Path(sys.argv[1]).read_text()))
