"""What the linter says: findings with the notes that explain them.

A rule yields a `Report`, whose subjects are *places* (numbers of calls and
statements).  The composition turns it into a `Finding`, whose subjects are spans
of the text.  Both are plain data: they compare, sort, pickle and print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of text: lines from 1, columns from 0, both in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What happened at a place; ``short`` stands in front of the line number in a headline."""

    place: int
    message: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One sentence about a place, with the remarks that led to it."""

    place: int
    message: str
    remarks: tuple[Remark, ...] = ()
    help: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """What happened at a span, in the order in which it happened.

    ``path`` names the file if it is another one, from the root of the project.
    """

    span: Span
    message: str
    short: str = ""
    path: str = ""

    @property
    def where(self) -> str:
        """``line 3``, or ``other.py:3``."""
        return f"{self.path}:{self.span.line}" if self.path else f"line {self.span.line}"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A report at its place in the text.

    ``message`` is one sentence without advice; ``notes`` tell how the program came
    there, the origin first; ``help`` is the advice.
    """

    span: Span
    code: str
    rule: str
    message: str
    notes: tuple[Note, ...] = ()
    help: str | None = None

    @property
    def headline(self) -> str:
        """The message with the line that explains it: what flake8 prints after the code."""
        return self.headline_with(where_in_file)

    def headline_with(self, where: Callable[[Note], str]) -> str:
        """The headline where notes are to be named otherwise than by their line."""
        for note in self.notes:
            if note.short:
                return f"{self.message} ({note.short} {where(note)})"
        return self.message

    def advised(self, where: Callable[[Note], str]) -> str:
        """The headline with the advice as its last clause."""
        advice = f"; {self.help}" if self.help else ""
        return f"{self.headline_with(where)}{advice}"


def where_in_file(note: Note) -> str:
    """Where a note is in a file without cells."""
    return note.where


def flake8_texts(
    findings: Iterable[Finding], where: Callable[[Note], str] = where_in_file
) -> Iterator[str]:
    """What flake8 prints behind the place of each finding of a file: the advice is a clause.

    The first finding of a rule tells where more is said about it.
    """
    told: set[str] = set()
    for finding in findings:
        more = "" if finding.code in told else f" [more: bn-eval explain {finding.code}]"
        yield f"{finding.code} {finding.advised(where)}{more}"
        told.add(finding.code)


class Safety(Enum):
    """What a fix may be done without: a look at it, or no look."""

    SAFE = "safe"
    """It does what the program says already, or what it cannot but mean."""
    UNSAFE = "unsafe"
    """What is computed changes: somebody who knows what was meant has to look."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A piece of text and what stands there instead; an empty span is an insertion.

    Lines of the replacement end as in Unix: whoever applies it writes those of the file.
    """

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """How to repair a finding: all edits together, in the order of the text, none overlapping."""

    finding: Finding
    title: str
    safety: Safety
    edits: tuple[Edit, ...]
