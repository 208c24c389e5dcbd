"""Where the project of a file begins, and what the file is called from there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", ".flake8", ".git", ".hg")
"""A directory that has one of these is the root of a project."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file of a project: the root, absolute, and the path from there, with ``/``."""

    root: str
    path: str


def placed(filename: str, root: str = "") -> Placed | None:
    """The place of a file in its project; None for what is no file, such as standard input.

    The root is the nearest directory with one of `MARKERS`, or the one that is given if the
    file lies in it.  A file without any belongs to the directory that the linter was started
    in, or else to its own directory.
    """
    if not filename.endswith((".py", ".pyi", ".ipynb")):
        return None
    path = os.path.abspath(filename)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        return None
    found = os.path.abspath(root) if root else _root_of(folder, os.getcwd())
    if not path.startswith(found.rstrip(os.sep) + os.sep):
        return None
    return Placed(found, os.path.relpath(path, found).replace(os.sep, "/"))


@lru_cache(maxsize=4096)
def _root_of(folder: str, started_in: str) -> str:
    above = folder
    while True:
        if any(os.path.lexists(os.path.join(above, marker)) for marker in MARKERS):
            return above
        if above == os.path.dirname(above):
            break
        above = os.path.dirname(above)
    inside = folder == started_in or folder.startswith(started_in.rstrip(os.sep) + os.sep)
    return started_in if inside else folder
