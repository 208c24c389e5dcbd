"""A program as a tree of statements, so that it can be written, counted and shrunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Block = list["Statement"]


@dataclass(slots=True, eq=False)
class Statement:
    """One line, or the headers of a compound statement with a block below each.

    A header may have decorators above it, as lines of their own.

    ``optional`` counts the parts at the end that Python allows to leave out (else, finally).
    """

    line: str = ""
    parts: list[tuple[str, Block]] = field(default_factory=list)
    optional: int = 0

    @property
    def is_compound(self) -> bool:
        return bool(self.parts)


def simple(line: str) -> Statement:
    """A statement of one line."""
    return Statement(line)


def compound(header: str, body: Block, *more: tuple[str, Block]) -> Statement:
    """A statement with blocks; the parts after the first may be left out."""
    return Statement(parts=[(header, body), *more], optional=len(more))


def render(block: Block, indentation: str = "") -> str:
    """The text of a block."""
    return "".join(f"{indentation}{line}\n" for line in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    for statement in block:
        if not statement.is_compound:
            yield statement.line
        for header, body in statement.parts:
            yield from header.splitlines()
            for line in _lines(body) if body else ["pass"]:
                yield f"    {line}"
