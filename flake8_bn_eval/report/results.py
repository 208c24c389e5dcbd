"""What is reported of one file: everything that a format may print."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flake8_bn_eval import source
from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import Finding, Note, Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span is for its readers: lines from 1, in a cell if the file has any."""

    line: int
    end_line: int
    cell: int | None = None

    def __str__(self) -> str:
        """``3``, or ``cell 2:3``."""
        return str(self.line) if self.cell is None else f"cell {self.cell}:{self.line}"


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding, and what stays the same of it when lines move."""

    finding: Finding
    fingerprint: str


@dataclass(frozen=True)
class FileResult:
    """The findings of a file in the order of the text, and what of it was not looked at."""

    unit: Unit
    reported: tuple[Reported, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """What the user calls the file."""
        return self.unit.path

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return source.split_lines(self.unit.text)

    def place(self, span: Span) -> Place:
        """Where a span of the text is in the file."""
        cell = self.unit.cell_of(span.line)
        if cell is None:
            return Place(span.line, span.end_line)
        before = cell.first_line - 1
        return Place(span.line - before, span.end_line - before, cell.number)

    def headline(self, finding: Finding) -> str:
        """The headline of a finding, with the lines that the file has."""
        return finding.headline_with(self.where)

    def where(self, note: Note) -> str:
        """``line 3``, ``other.py:3``, or ``cell 2, line 3``."""
        cell = None if note.path else self.unit.cell_of(note.span.line)
        if cell is None:
            return note.where
        return f"cell {cell.number}, line {note.span.line - cell.first_line + 1}"
