"""What is reported of one file: everything that a format may print."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flake8_bn_eval import source
from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import Finding, Fix, Note, Span
from flake8_bn_eval.lazily import cached_property


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span is for its readers: lines and columns from 1, in a cell if there are any."""

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None

    def __str__(self) -> str:
        """``3:1``, or ``cell 2:3:1``."""
        inside = f"{self.line}:{self.column}"
        return inside if self.cell is None else f"cell {self.cell}:{inside}"


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding, what stays the same of it when lines move, and how to repair it."""

    finding: Finding
    fingerprint: str
    fix: Fix | None = None


@dataclass(frozen=True)
class FileResult:
    """The findings of a file in the order of the text, and what of it was not looked at.

    ``root`` is the directory from which notes name other files.
    """

    unit: Unit
    reported: tuple[Reported, ...] = ()
    problems: tuple[str, ...] = ()
    root: str = ""

    @property
    def path(self) -> str:
        """What the user calls the file."""
        return self.unit.path

    @property
    def findings(self) -> list[Finding]:
        """The findings alone."""
        return [each.finding for each in self.reported]

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return source.split_lines(self.unit.shown)

    def place(self, span: Span) -> Place:
        """Where a span of the text is in the file."""
        cell = self.unit.cell_of(span.line)
        before = 0 if cell is None else cell.first_line - 1
        return Place(
            span.line - before,
            span.column + 1,
            span.end_line - before,
            span.end_column + 1,
            None if cell is None else cell.number,
        )

    def place_of_note(self, note: Note) -> Place:
        """Where a note is, in the file that it names."""
        if not note.path:
            return self.place(note.span)
        span = note.span
        return Place(span.line, span.column + 1, span.end_line, span.end_column + 1)

    def headline(self, finding: Finding) -> str:
        """The headline of a finding, with the lines that the file has."""
        return finding.headline_with(self.where)

    def where(self, note: Note) -> str:
        """``line 3``, ``other.py:3``, or ``cell 2, line 3``."""
        place = self.place_of_note(note)
        return note.where if place.cell is None else f"cell {place.cell}, line {place.line}"

    def path_of_note(self, note: Note) -> str:
        """The file of a note, as it is called from the working directory."""
        if not note.path:
            return self.path
        return os.path.relpath(Path(self.root, note.path)) if self.root else note.path


def uri_of(path: str) -> str:
    """A relative reference to a file below the working directory, or the URI of another one."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - `..` is to go
    try:
        inner = absolute.relative_to(Path.cwd())
    except ValueError:
        return f"file://{quote(os.fsencode(absolute.as_posix()))}"
    return quote(os.fsencode(inner.as_posix()))
