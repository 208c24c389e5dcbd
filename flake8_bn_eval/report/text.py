"""Findings for people: flake8's line, then what led to it, then the advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from flake8_bn_eval.findings import Finding, Span
from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult
from flake8_bn_eval.report.snippet import snippet

WIDEST = 160
"""Columns of a line of code where nobody tells how wide the page is."""

_MARGIN = 9


class Kind(Enum):
    """What a line of the report is."""

    HEADLINE = "headline"
    CODE = "code"
    MARKS = "marks"
    MARKS_OF_NOTE = "marks of a note"
    NOTE = "note"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Line:
    """One line, of any length but for code; ``head`` of its characters say where."""

    kind: Kind
    text: str
    head: int = 0


class Text(Format):
    """The report without colours, for files and pipes."""

    def of_file(self, result: FileResult) -> str:
        """The findings of a file."""
        return "".join(
            f"{line.text}\n" for it in result.findings for line in finding_lines(result, it)
        )


def finding_lines(result: FileResult, finding: Finding, width: int = WIDEST) -> Iterator[Line]:
    """One finding with its notes; ``width`` is that of the page, in columns."""
    place = f"{result.path}:{result.place(finding.span)}:"
    headline = f"{place} {finding.code} {result.headline(finding)}"
    yield Line(Kind.HEADLINE, headline, len(place))
    yield from _marked(result, finding.span, Kind.MARKS, width)
    for note in finding.notes:
        where = f"  {result.where(note)}:"
        yield Line(Kind.NOTE, f"{where} {note.message}", len(where))
        if not note.path:
            yield from _marked(result, note.span, Kind.MARKS_OF_NOTE, width)
    if finding.help is not None:
        yield Line(Kind.HELP, f"  help: {finding.help}", len("  help:"))


def _marked(result: FileResult, span: Span, marks: Kind, width: int) -> Iterator[Line]:
    """The line of a span with carets under it; of a longer piece only its first line."""
    lines = result.lines
    if not 0 < span.line <= len(lines) or not lines[span.line - 1].strip():
        return
    line = lines[span.line - 1].rstrip()
    end = span.end_column if span.end_line == span.line else len(line)
    cut = snippet(line, span.column, end, width - _MARGIN)
    yield Line(Kind.CODE, f"{result.place(span).line:6} | {cut.line}", _MARGIN)
    yield Line(marks, f"{'':6} | {cut.marks}", _MARGIN)
