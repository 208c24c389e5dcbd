"""Where a line is for those who run flake8 through nbqa, which shows cells and their lines.

nbqa hands over a Python file next to the notebook, in which a comment stands before every
cell that it has not left out.  It translates the place of a finding, but not what the text of
the finding says: that has to name cells from the start.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from flake8_bn_eval import source
from flake8_bn_eval.files.units import InputError, read_bytes
from flake8_bn_eval.findings import Note
from flake8_bn_eval.notebooks.reading import cell_texts
from flake8_bn_eval.source import NBQA_SEPARATOR

_FILE = re.compile(r"(.+)[a-z0-9_]{8}_nbqa_ipynb\.py")


def where_for_nbqa(filename: str, lines: Sequence[str]) -> Callable[[Note], str]:
    """What names the place of a note in a notebook: ``cell 2, line 3``.

    Where the notebook is not found, or a cell of the file not in it, the cell has no number.
    """
    starts = [number for number, line in enumerate(lines, 1) if line.startswith(NBQA_SEPARATOR)]
    ends = [*(start - 1 for start in starts[1:]), len(lines)]
    handed = [_content(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
    numbers = list(_numbers(handed, _written(filename)))

    def where(note: Note) -> str:
        index = bisect_right(starts, note.span.line) - 1
        if note.path or index < 0:
            return note.where
        line = note.span.line - starts[index]
        number = numbers[index]
        return f"line {line} of its cell" if number is None else f"cell {number}, line {line}"

    return where


def _written(filename: str) -> list[list[str]]:
    """The code cells of the notebook that a file was made of."""
    found = _FILE.fullmatch(Path(filename).name)
    if found is None:
        return []
    notebook = str(Path(filename).with_name(f"{found[1]}.ipynb"))
    try:
        texts = cell_texts(notebook, read_bytes(notebook))
    except InputError:
        return []
    return [_content(source.split_lines(text)) for text in texts]


def _content(lines: Sequence[str]) -> list[str]:
    """The lines without their ends, up to the last one that is not blank."""
    found = [line.rstrip() for line in lines]
    while found and not found[-1]:
        found.pop()
    return found


def _numbers(handed: Sequence[list[str]], written: Sequence[list[str]]) -> Iterator[int | None]:
    """The number of each cell that was handed over: the next one that it may be made of."""
    done = 0
    for cell in handed:
        number = next(
            (n for n, lines in enumerate(written, 1) if n > done and _is_made_of(cell, lines)),
            None,
        )
        done = number or done
        yield number


def _is_made_of(cell: list[str], written: list[str]) -> bool:
    """Whether all but the magics of a cell stand in it as they were written."""
    if len(cell) != len(written):
        return False
    return any(one and one == other for one, other in zip(cell, written, strict=True))
