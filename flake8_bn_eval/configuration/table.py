"""``[tool.bn-eval]`` of the nearest ``pyproject.toml`` that has it.

Looked for in a folder and in those above.  flake8 does this in every process: a file without
the words is not parsed, and what reads one is imported when there is one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flake8_bn_eval.configuration.section import NAME

if TYPE_CHECKING:
    from flake8_bn_eval.configuration.reading import Table

FILE = "pyproject.toml"


def table_above(folder: str) -> Table | None:
    """The table that counts in a folder, None if there is none.

    Raises `ConfigurationError` for one with a mistake.
    """
    home = os.path.expanduser("~")
    while True:
        path = os.path.join(folder, FILE)
        found = read_table(path) if os.path.isfile(path) else None
        if found is not None:
            return found
        above = os.path.dirname(folder)
        if above in (folder, home):
            return None
        folder = above


def read_table(path: str) -> Table | None:
    """The table of a file, None if it has none."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if NAME.encode() not in data:
        return None
    from flake8_bn_eval.configuration.reading import table_in  # noqa: PLC0415

    return table_in(path, data)
