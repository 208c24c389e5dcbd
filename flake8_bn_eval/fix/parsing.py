"""The libcst tree of a text, which keeps every space and comment: what rewriting needs."""

from __future__ import annotations

import re

import libcst

from flake8_bn_eval import source

MOST_LEVELS = 1_000
_ERROR_AT = re.compile(r"error at (\d+):(\d+)")


def parse(text: str) -> libcst.Module:
    """The libcst tree of the text, or a `source.UnparsableError`.

    libcst takes cubic time for long chains of operators, attributes and calls, so their
    length is bounded before: it is the depth of Python's own tree.
    """
    levels, line = source.depth(source.parse(text))
    if levels > MOST_LEVELS:
        message = f"a statement is more than {MOST_LEVELS:,} levels deep"
        raise source.UnparsableError(line, 0, message)
    text = text.removeprefix(source.BYTE_ORDER_MARK)
    try:
        return libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        raise _refusal(text, error) from error
    except RecursionError as error:
        raise source.UnparsableError(1, 0, "nested too deeply for the parser") from error


def _refusal(text: str, error: libcst.ParserSyntaxError) -> source.UnparsableError:
    """What libcst says, at the line it means; "expected one of" may list 40 tokens."""
    line, column = error.raw_line, error.raw_column
    detail = error.message.partition("expected one of")[0].strip()
    exact = _ERROR_AT.search(detail)
    if exact:
        line, column = int(exact[1]), int(exact[2])
        detail = detail[exact.end() :]
    last = len(source.split_lines(text.rstrip()))
    message = f"libcst refuses it here: {detail.strip(': ')}".rstrip(": ")
    return source.UnparsableError(min(max(line, 1), last), max(column, 0), message)
