"""``[tool.bn-eval]`` of the nearest ``pyproject.toml`` that has it.

Looked for in a folder and in those above.  flake8 does this in every process: a file without
the words is not parsed, and what reads one is imported when there is one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FILE = "pyproject.toml"
NAME = "bn-eval"


class ConfigurationError(Exception):
    """A mistake in the table; the message names the file, its line and what would be right."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file sets.

    ``options`` are those of `Options`, by their keys there, files as they lie from the
    working folder; the rest is named as flake8 names it.
    """

    path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    baseline: str | None = None
    cache_dir: str | None = None
    all_files: bool = False


NOTHING = Table()


def table_above(folder: str) -> Table:
    """The table that counts in a folder; a `ConfigurationError` for one with a mistake."""
    home = os.path.expanduser("~")
    while True:
        path = os.path.join(folder, FILE)
        found = read_table(path) if os.path.isfile(path) else None
        if found is not None:
            return found
        above = os.path.dirname(folder)
        if above in (folder, home):
            return NOTHING
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
