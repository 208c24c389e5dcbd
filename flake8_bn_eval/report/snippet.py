"""The line of a span with carets under it, cut to a width, as it looks on a terminal.

Tabs are shown as four columns, characters of East Asia and emoji take two.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size

TAB = "    "
CUT = "..."


@dataclass(frozen=True, slots=True)
class Snippet:
    """A line, and the carets below it."""

    line: str
    marks: str


def snippet(line: str, start: int, end: int, width: int) -> Snippet:
    """The part of a line around the characters from ``start`` to ``end``.

    ``width`` counts columns; it is kept if it is at least 20.
    """
    width = max(width, 20)
    before, marked, after = (_shown(part) for part in (line[:start], line[start:end], line[end:]))
    if cell_len(before) + cell_len(marked) + cell_len(after) > width:
        before, marked, after = _cut(before, marked, after, width)
    marks = " " * cell_len(before) + "^" * max(cell_len(marked), 1)
    return Snippet(f"{before}{marked}{after}".rstrip(), marks)


def _cut(before: str, marked: str, after: str, width: int) -> tuple[str, str, str]:
    """The marked part first, then as much in front of it as behind it."""
    if cell_len(marked) > width - 2 * len(CUT):
        marked, after = _head(marked, width - 2 * len(CUT) - 1), CUT
    room = width - cell_len(marked)
    if cell_len(after) > room // 2 and cell_len(before) > room // 2:
        before = CUT + _tail(before, room // 2 - len(CUT))
    elif cell_len(before) + cell_len(after) > room and cell_len(before) > room // 2:
        before = CUT + _tail(before, room - cell_len(after) - len(CUT))
    if cell_len(before) + cell_len(after) > room:
        after = _head(after, room - cell_len(before) - len(CUT)) + CUT
    return before, marked, after


def _shown(text: str) -> str:
    """Text without what would move the cursor."""
    shown = text.replace("\t", TAB)
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in shown)


def _head(text: str, width: int) -> str:
    kept, used = "", 0
    for each in text:
        used += get_character_cell_size(each)
        if used > width:
            break
        kept += each
    return kept


def _tail(text: str, width: int) -> str:
    kept, used = "", 0
    for each in reversed(text):
        used += get_character_cell_size(each)
        if used > width:
            break
        kept = each + kept
    return kept
