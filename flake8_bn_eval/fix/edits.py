"""Edits as data: how two texts differ, and a text with edits applied.

A text may have any line ends; lines and columns are those of `Span`.  What this module
does not know: Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from flake8_bn_eval.findings import Edit, Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_LINE_END = re.compile(r"\r\n|\r|\n")


class OverlappingEditsError(ValueError):
    """Two edits change the same piece of text."""


def lines_of(text: str) -> list[str]:
    """The lines with their ends, as Python counts them: a form feed ends none."""
    return _LINE.findall(text)


def edits_between(old: str, new: str) -> tuple[Edit, ...]:
    """The edits that make the new text of the old one; a line moved sideways is moved by itself."""
    before, after = lines_of(old), lines_of(new)
    same = _common(before, after)
    shorter = min(len(before), len(after)) - same
    tail = _common(before[::-1][:shorter], after[::-1][:shorter])
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    contents = _contents(before[same:]), _contents(after[same:])
    matcher = SequenceMatcher(None, *contents, autojunk=False)
    found: list[Edit] = []
    for kind, *ends in matcher.get_opcodes():
        first, last, start, end = (each + same for each in ends)
        if kind == "equal" or last - first == end - start:
            pairs = zip(range(first, last), after[start:end], strict=True)
            found += (
                _edit(number, before[number], line)
                for number, line in pairs
                if before[number] != line
            )
        else:
            found.append(_edit(first, "".join(before[first:last]), "".join(after[start:end])))
    return tuple(found)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items are the same at the beginning of both."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _contents(lines: Sequence[str]) -> list[str]:
    return [line.lstrip(" \t") for line in lines]


def _edit(line: int, old: str, new: str) -> Edit:
    """The difference of two pieces, the old one beginning at a line counted from 0."""
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    rest = shortest - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    start, end = _position(old, head), _position(old, len(old) - tail)
    span = Span(line + 1 + start[0], start[1], line + 1 + end[0], end[1])
    return Edit(span, _LINE_END.sub("\n", new[head : len(new) - tail]))


def _position(text: str, offset: int) -> tuple[int, int]:
    """Lines and columns from the beginning of the text to an offset."""
    parts = _LINE_END.split(text[:offset])
    return len(parts) - 1, len(parts[-1])


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits made; new lines end as the line does at which they are put in.

    Raises `OverlappingEditsError` where two edits change one piece, and ValueError for a span
    that is not in the text.
    """
    lines = lines_of(text)
    starts = _starts(lines)
    ordered = sorted(edits, key=lambda edit: edit.span)
    for one, other in pairwise(ordered):
        if (one.span.end_line, one.span.end_column) > (other.span.line, other.span.column):
            raise OverlappingEditsError(f"{one} and {other}")
    pieces: list[str] = []
    done = 0
    for edit in ordered:
        first, last = _offsets(edit.span, lines, starts)
        ending = _line_end_at(lines, edit.span.line - 1)
        pieces += [text[done:first], edit.replacement.replace("\n", ending)]
        done = last
    return "".join([*pieces, text[done:]])


def moved_line(span: Span, edits: Sequence[Edit]) -> int:
    """The line on which a span begins when edits have been made before it."""
    return span.line + sum(
        edit.replacement.count("\n") - (edit.span.end_line - edit.span.line)
        for edit in edits
        if (edit.span.end_line, edit.span.end_column) <= (span.line, span.column)
    )


def _starts(lines: Sequence[str]) -> list[int]:
    return list(_running(len(line) for line in lines))


def _running(lengths: Iterator[int]) -> Iterator[int]:
    total = 0
    yield total
    for length in lengths:
        total += length
        yield total


def _offsets(span: Span, lines: Sequence[str], starts: Sequence[int]) -> tuple[int, int]:
    def offset(line: int, column: int) -> int:
        inside = line <= len(lines) and column <= len(lines[line - 1])
        if not (1 <= line <= len(starts) and column >= 0 and (inside or column == 0)):
            raise ValueError(f"{span} is not in a text of {len(lines)} lines")
        return starts[line - 1] + column

    return offset(span.line, span.column), offset(span.end_line, span.end_column)


def _line_end_at(lines: Sequence[str], index: int) -> str:
    """The end of a line, of the one before it where it has none, or that of Unix."""
    for line in reversed(lines[: index + 1]):
        if found := _LINE_END.search(line):
            return found[0]
    return "\n"
