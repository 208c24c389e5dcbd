"""What is analysed at once: the text of one file, with the way back to where it stands there.

Every front end reads files through `read_unit`.  The text of a Python file is the file; of
another kind of file a reader makes one Python text and tells by `Cell` where its lines come
from.  A reader is a function from the path and the bytes to a `Unit`, named in `READERS`.
"""

from __future__ import annotations

import importlib
import sys
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from flake8_bn_eval import source

STDIN = "-"

READERS: dict[str, str] = {".ipynb": "flake8_bn_eval.notebooks.reading:read_notebook"}
"""The module and function that reads files with an ending, such as ``.ipynb``: ``module:name``.

Imported when such a file comes.
"""


class InputError(Exception):
    """Something the user named cannot be used; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a file: its number as its readers count, and its first line in the text."""

    number: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Unit:
    """The Python text of a file.

    ``path`` is what the user calls it.  ``problems`` are said, as ``file:line: message``, and
    make the run fail; the text holds what is left without them.
    """

    path: str
    text: str
    cells: tuple[Cell, ...] = ()
    problems: tuple[str, ...] = ()
    written: str | None = None
    """What the user has written in the lines of the text, where that is no Python."""

    @property
    def shown(self) -> str:
        """The lines of the text as they are shown."""
        return self.text if self.written is None else self.written

    def cell_of(self, line: int) -> Cell | None:
        """The cell that a line of the text, from 1, comes from; None in a file without cells."""
        index = bisect_right([cell.first_line for cell in self.cells], line)
        return self.cells[index - 1] if index else None


def read_unit(path: str, data: bytes) -> Unit:
    """The unit of a file's bytes; an `InputError` if they are no text of its kind."""
    reader = READERS.get(Path(path).suffix)
    if reader is not None:
        module, _, name = reader.partition(":")
        unit: Unit = getattr(importlib.import_module(module), name)(path, data)
        return unit
    try:
        return Unit(path, source.decode(data))
    except source.UnreadableError as error:
        raise InputError(f"{path}:{error.line}: {error.message}") from error


def read_bytes(path: str) -> bytes:
    """The bytes of a file, or of standard input; an `InputError` if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
