"""What an editor has open: a file, or a notebook whose cells are documents of their own."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.workspace import PositionCodec

from flake8_bn_eval import source
from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import Edit, Span
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.notebooks.program import Program, program_of
from flake8_bn_eval.notebooks.reading import unit_of
from flake8_bn_eval.notebooks.rewriting import edits_by_cell, rewritten


@dataclass(frozen=True, slots=True)
class Part:
    """A text with an address: a file, or a code cell.  The version is the editor's count."""

    uri: str
    text: str
    version: int | None = None


@dataclass(frozen=True)
class Document:
    """What is analysed as one: the address of the file, its path, and its parts in order."""

    uri: str
    path: str
    parts: tuple[Part, ...]
    is_notebook: bool = False

    @cached_property
    def program(self) -> Program | None:
        """The program of a notebook."""
        return program_of([part.text for part in self.parts]) if self.is_notebook else None

    @cached_property
    def unit(self) -> Unit:
        """The text that is analysed."""
        return self.unit_with(None)

    def unit_with(self, text: str | None) -> Unit:
        """The unit if its text were another one; an `UnwritableError` if that cannot be."""
        if self.program is None:
            written = self.parts[0].text if text is None else text
            return Unit(self.path, "\n".join(source.split_lines(written)))
        if text is None:
            return unit_of(self.path, self.program)
        return unit_of(self.path, program_of(rewritten(self.program, text)))

    def part_of(self, span: Span) -> tuple[Part, int]:
        """The part that a span of the text begins in, and how many lines stand before the part."""
        cell = self.unit.cell_of(span.line)
        if cell is None:
            return self.parts[0], 0
        return self.parts[cell.number - 1], cell.first_line - 1

    def part_at(self, uri: str) -> tuple[Part, int] | None:
        """The part with an address, and how many lines stand before it."""
        for index, part in enumerate(self.parts):
            if part.uri == uri:
                cells = self.unit.cells
                return part, cells[index].first_line - 1 if cells else 0
        return None

    def edits(self, edits: tuple[Edit, ...]) -> list[tuple[Part, list[Edit]]]:
        """Edits of the text as edits of the parts."""
        if self.program is None:
            return [(self.parts[0], list(edits))]
        by_cell = edits_by_cell(self.program, edits)
        return [(self.parts[index], found) for index, found in by_cell.items()]


def range_in(text: str, span: Span, codec: PositionCodec, lines_before: int = 0) -> types.Range:
    """A span as the editor counts: lines from 0, columns in the units that were agreed upon.

    A place behind the last line is the end of the text.
    """
    lines = source.split_lines(text)

    def position(line: int, column: int) -> types.Position:
        number = line - 1 - lines_before
        if number >= len(lines):
            number, column = len(lines) - 1, len(lines[-1])
        return codec.position_to_client_units(lines, types.Position(number, column))

    return types.Range(position(span.line, span.column), position(span.end_line, span.end_column))


def touches(first: types.Range, second: types.Range) -> bool:
    """Whether two ranges of one text have a place in common."""
    return _key(first.start) <= _key(second.end) and _key(second.start) <= _key(first.end)


def _key(position: types.Position) -> tuple[int, int]:
    return position.line, position.character
