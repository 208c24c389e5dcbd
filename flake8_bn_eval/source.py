"""The text of a file: whether it is worth parsing, its tree, and where its places are.

What this module does not know: what any of the text means.  Before Python 3.12 the
columns of calls inside f-strings are as vague as ``ast`` has them.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Span
from flake8_bn_eval.rules.triggers import Elsewhere, Triggers

if TYPE_CHECKING:
    from flake8_bn_eval.operations import Position

NBQA_SEPARATOR = "# %%NBQA-CELL-SEP"
"""What the comment begins with that nbqa puts before every cell of a notebook."""


MOST_CHARACTERS = 5_000_000
BYTE_ORDER_MARK = "\ufeff"

_LINE_END = re.compile(r"\r\n|\r|\n")


class UnreadableError(Exception):
    """The bytes of a file are no text in its declared encoding."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class UnparsableError(Exception):
    """The text is not parsed: lines from 1, columns from 0."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message


class RefusedByPythonError(UnparsableError):
    """The text is no Python at all, at least not for the Python that is running."""


def may_concern(text: str, groups: Triggers, elsewhere: Callable[[], str] = lambda: "") -> bool:
    """Whether the text has one word of every group; ``elsewhere`` is the text of other files."""
    missing = []
    for group in groups:
        if any(_occurs(word, text) for word in group):
            continue
        if not isinstance(group, Elsewhere):
            return False
        missing.append(group)
    return all(any(_occurs(word, elsewhere()) for word in group) for group in missing)


def _occurs(word: str | re.Pattern[str], text: str) -> bool:
    return word in text if isinstance(word, str) else word.search(text) is not None


def decode(data: bytes) -> str:
    """The text of a Python file as Python reads it: declared encoding, no mark, Unix line ends."""
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(line, f"bytes that are not {encoding}: {error.reason}") from error
    except SyntaxError as error:
        wrong = _undecodable_line(data)
        message = str(error) if wrong is None else "bytes that are not utf-8"
        raise UnreadableError(wrong or 1, message) from error
    text = text.removeprefix(BYTE_ORDER_MARK)
    return "\n".join(split_lines(text)) if "\r" in text else text


def _undecodable_line(data: bytes) -> int | None:
    """The line of the first bytes that are not UTF-8, the encoding of files that declare none."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return None


def split_lines(text: str) -> list[str]:
    """The lines as Python counts them: unlike ``str.splitlines``, a form feed ends none."""
    return _LINE_END.split(text)


def parse(text: str) -> ast.Module:
    """The tree of the text, or an `UnparsableError`."""
    if len(text) > MOST_CHARACTERS:
        raise UnparsableError(1, 0, f"it is longer than {MOST_CHARACTERS:,} characters")
    try:
        return ast.parse(text.removeprefix(BYTE_ORDER_MARK))
    except SyntaxError as error:
        line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
        raise RefusedByPythonError(line, column, error.msg) from error
    except ValueError as error:  # null bytes, lone surrogates
        raise RefusedByPythonError(1, 0, str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise UnparsableError(1, 0, "a statement is too deep for Python's own parser") from error


def depth(tree: ast.Module) -> tuple[int, int]:
    """How many levels deep the tree is, and the line of its deepest node."""
    levels, line = 0, 1
    level: list[ast.AST] = [tree]
    while level:
        levels += 1
        line = getattr(level[0], "lineno", line)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return levels, line


def spans(text: str, positions: Iterable[Position]) -> list[Span]:
    """Where positions of a tree of the text are, in characters."""
    if text.isascii():
        return [Span(*position) for position in positions]
    lines = [line.encode() for line in split_lines(text.removeprefix(BYTE_ORDER_MARK))]

    def column(line: int, in_bytes: int) -> int:
        return len(lines[line - 1][:in_bytes].decode(errors="ignore"))

    return [
        Span(first, column(first, start), last, column(last, end))
        for first, start, last, end in positions
    ]
