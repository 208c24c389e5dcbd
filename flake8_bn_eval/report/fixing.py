"""What has been fixed and what has not, for people at a terminal."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import Fix, Safety
from flake8_bn_eval.fix.edits import lines_of
from flake8_bn_eval.fix.proposals import Declined

NO_LINE_END = "\\ No newline at end of file\n"


@dataclass(slots=True)
class Count:
    """How many findings of a run were fixed, how many not, and in how many files."""

    files: int = 0
    fixed: int = 0
    declined: int = 0
    unsafe: int = 0
    """How many of those that were not can be, with ``--unsafe-fixes``."""


def fix_line(unit: Unit, line: int, fix: Fix) -> str:
    """One fix that was made; the line is that in the text as it is now."""
    unsafe = ", unsafe" if fix.safety is Safety.UNSAFE else ""
    return f"{_place(unit, line)}: {fix.finding.code} fixed{unsafe}: {fix.title}"


def declined_line(unit: Unit, declined: Declined) -> str:
    """One finding that was not fixed, and why."""
    finding = declined.finding
    return f"{_place(unit, finding.span.line)}: {finding.code} not fixed: {declined.reason}"


def _place(unit: Unit, line: int) -> str:
    cell = unit.cell_of(line)
    if cell is None:
        return f"{unit.path}:{line}"
    return f"{unit.path}:cell {cell.number}:{line - cell.first_line + 1}"


def summary(count: Count, *, is_diff: bool = False) -> str:
    """The run in a clause."""
    if not count.fixed and not count.declined:
        return "nothing to fix"
    more = f" ({count.unsafe} can be, with --unsafe-fixes)" if count.unsafe else ""
    if not count.fixed:
        return f"{_number(count.declined, 'finding')} not fixed{more}"
    done = "would be fixed" if is_diff else "fixed"
    told = f"{_number(count.fixed, 'finding')} {done} in {_number(count.files, 'file')}"
    return f"{told}, {count.declined} not{more}" if count.declined else told


def diff_lines(path: str, before: str, after: str) -> Iterator[str]:
    """A unified diff, its lines with their ends."""
    lines: Iterable[str] = difflib.unified_diff(lines_of(before), lines_of(after), path, path)
    for line in lines:
        yield line if line.endswith(("\n", "\r")) else f"{line}\n{NO_LINE_END}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
