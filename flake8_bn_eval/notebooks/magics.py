"""A cell as Python: what IPython adds to the language gives way, every line stays where it is.

Source: https://ipython.readthedocs.io/en/stable/interactive/python-ipython-diff.html and the
pages of the magics.  Code that a magic runs in the notebook's own namespace is kept, in the
columns where it stands; what runs elsewhere is not part of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.notebooks.statements import Reader

RUNS_CELL = frozenset({"capture", "debug", "memit", "prun", "time", "timeit", "wandb"})
"""Cell magics whose cell runs in the notebook's namespace."""

RUNS_LINE = frozenset({"memit", "prun", "time", "timeit"})
"""Line magics whose line is Python that runs there."""

AUTOMATIC = frozenset(
    "cat cd clear conda cp env ldir less ll ls lx mamba man mkdir more mv pip pwd rm rmdir "
    "uv".split()
)
"""Magics that are understood without ``%``, where the line is no Python."""

NOTHING = "pass"
UNKNOWN = "_"
"""A value that nothing is known of: what IPython has printed last."""

_ESCAPES = ("%", "!", "?", "/", ",", ";")
_NAME = re.compile(r"%(\w+)")
_TIMED = re.compile(r"%(\w+)((?:\s+-\w+(?:\s+\d+)?)*\s+)(?=\S)")
_HELP = re.compile(r"%{0,2}[^\W\d][\w.*]*(?:\[[^\]]*\])?\?\??\s*")
_ASSIGNED = re.compile(r"([^=!%#'\"]*[\w\])]\s*=\s*)([!%].*)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell is no Python: the line from 1 and the column from 0, in the cell."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class PythonCell:
    """The lines of a cell as Python, all empty where it is none, and as they were written."""

    lines: tuple[str, ...]
    written: tuple[str, ...]
    refusal: Refusal | None = None


def python_cell(text: str) -> PythonCell:
    """A cell as Python, line by line."""
    written = tuple(source.split_lines(text))
    refusal = _refusal(written)
    if refusal is None:
        return PythonCell(written, written)
    lines = tuple(_replaced(written))
    if lines != written:
        refusal = _refusal(lines)
    if refusal is not None:
        lines = ("",) * len(written)
    return PythonCell(lines, written, refusal)


def _refusal(lines: Sequence[str]) -> Refusal | None:
    try:
        source.parse("\n".join(lines))
    except source.UnparsableError as error:
        return Refusal(error.line, error.column, error.message)
    return None


def _replaced(written: Sequence[str]) -> Iterator[str]:
    """The lines, without magics of the whole cell."""
    first = next((number for number, line in enumerate(written) if line.strip()), 0)
    if not written[first].startswith("%%"):
        yield from _without_line_magics(written)
        return
    yield from ("" for _ in written[: first + 1])
    rest = written[first + 1 :]
    magic = re.match(r"%%(\w+)", written[first])
    if magic is not None and magic[1] in RUNS_CELL:
        yield from _replaced(rest) if any(line.strip() for line in rest) else rest
    else:
        yield from ("" for _ in rest)


def _without_line_magics(written: Sequence[str]) -> Iterator[str]:
    reader = Reader()
    goes_on = False
    for line in written:
        if goes_on:  # a magic ends where no backslash is
            goes_on = line.endswith("\\")
            yield ""
            continue
        replaced = _line(line) if reader.is_between else line
        goes_on = replaced != line and line.endswith("\\")
        reader.read(replaced)
        yield replaced


def _line(line: str) -> str:
    """A line at which a statement begins."""
    code = line.lstrip(" \t")
    indentation = line[: len(line) - len(code)]
    if code.startswith(_ESCAPES):
        return indentation + (_timed(code, "None;") or NOTHING)
    assigned = _ASSIGNED.fullmatch(code)
    if assigned is not None:
        return indentation + assigned[1] + (_timed(assigned[2], "") or UNKNOWN)
    if _HELP.fullmatch(code):
        return indentation + NOTHING
    if code.partition(" ")[0] in AUTOMATIC and _refusal([code]) is not None:
        return indentation + NOTHING
    return line


def _timed(code: str, first: str) -> str | None:
    """The code that a magic times, behind ``first`` and blanks, so that its columns stay."""
    name = _NAME.match(code)
    timed = _TIMED.match(code)
    if name is None or timed is None or name[1] not in RUNS_LINE:
        return None
    replaced = first.ljust(timed.end()) + code[timed.end() :]
    return replaced if _refusal([replaced.strip()]) is None else None
