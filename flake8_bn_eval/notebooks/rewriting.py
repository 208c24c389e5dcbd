"""From a changed program back to the cells: what a fix has changed, where it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flake8_bn_eval.files.units import Cell
from flake8_bn_eval.findings import Edit
from flake8_bn_eval.fix.edits import apply_edits, edits_between
from flake8_bn_eval.fix.trial import UnwritableError
from flake8_bn_eval.notebooks.magics import NOTHING
from flake8_bn_eval.notebooks.program import Program, program_of


def edits_by_cell(program: Program, edits: Sequence[Edit]) -> dict[int, list[Edit]]:
    """Edits of the program's text as edits of its cells, which count from 0, as their lines do not.

    What is put in where a magic of the whole cell stands comes behind it.  Raises
    `UnwritableError` for an edit of several cells.
    """
    found: dict[int, list[Edit]] = {}
    for edit in edits:
        cell = _cell_of(program, edit)
        moved = _moved(edit, 1 - cell.first_line)
        found.setdefault(cell.number - 1, []).append(_behind_magics(program, cell, moved))
    return found


def rewritten(program: Program, text: str) -> list[str]:
    """The texts of the cells for a changed text of the program.

    Raises `UnwritableError` if there are none: it changes what only stands for a magic, or
    what lies in several cells.
    """
    cells = ["\n".join(cell.written) for cell in program.cells]
    for index, edits in edits_by_cell(program, edits_between(program.text, text)).items():
        try:
            changed = apply_edits(f"{cells[index]}\n", edits)
        except ValueError as error:
            raise UnwritableError("it would change a magic of the notebook") from error
        cells[index] = changed.removesuffix("\n")
    after = program_of(cells)
    if _code(after.text) != _code(text) or _magics(after) != _magics(program):
        raise UnwritableError("it would change a magic of the notebook")
    return cells


def _code(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _magics(program: Program) -> list[str]:
    """What runs elsewhere, wherever it stands."""
    return [
        written.strip()
        for cell in program.cells
        for line, written in zip(cell.lines, cell.written, strict=True)
        if line != written and line.strip() in ("", NOTHING)
    ]


def _cell_of(program: Program, edit: Edit) -> Cell:
    """The cell in which all that an edit touches lies; behind the last line it is the last cell."""
    span = edit.span
    ends_before = span.end_column == 0 and span.end_line > span.line
    last = span.end_line - 1 if ends_before else span.end_line
    starts = program.starts
    found = [cell for cell in starts if cell.first_line <= span.line]
    if len(found) < len(starts) and starts[len(found)].first_line <= last:
        raise UnwritableError("it would change several cells of the notebook at once")
    return found[-1]


def _moved(edit: Edit, lines: int) -> Edit:
    span = edit.span
    moved = replace(span, line=span.line + lines, end_line=span.end_line + lines)
    return replace(edit, span=moved)


def _behind_magics(program: Program, cell: Cell, edit: Edit) -> Edit:
    written = program.cells[cell.number - 1].written
    is_insertion = edit.span.line == edit.span.end_line and edit.span.end_column == 0
    while is_insertion and _is_above_code(written, edit.span.line):
        edit = _moved(edit, 1)
    return edit


def _is_above_code(written: Sequence[str], line: int) -> bool:
    """Whether a magic of the whole cell stands at a line or follows it."""
    below = [each for each in written[line - 1 :] if each.strip()]
    return bool(below) and below[0].startswith("%%")
