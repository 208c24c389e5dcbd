"""Comments that say that a mode is meant: ``# training mode on purpose``.

Only a comment on the line of a statement or right above it counts, and only if it speaks both
of a mode and of intention.  A string that stands there as a statement is a comment, too.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

MODE = re.compile(
    r"\b(train(ing)?|eval(uation)?|inference|mode|batch[ -]?norm|batch statistics|dropout)\b"
)
INTENTION = re.compile(
    r"on purpose|intention|deliberate|needs?\b|always|must|should|keep|stay|want|because|so that"
    r"|to use\b|(n't|\bnot|\bnever)\b(?! forget)|train(ing)?=true"
)
COMMENT = re.compile("#.*")
LINE_ENDS = {tokenize.NL, tokenize.NEWLINE}
LAYOUT = {*LINE_ENDS, tokenize.INDENT, tokenize.DEDENT}


def explained_lines(text: str) -> frozenset[int]:
    """The lines beside or right below a comment that tells why a mode is meant.

    A comment that stands deeper than what is below it belongs to the block that ends there.
    """
    if not any(map(_explains, COMMENT.findall(text))):
        return frozenset()
    lines: set[int] = set()
    waiting: list[int] = []
    """The columns of comments that stand alone, since the last line of code."""
    in_line = False
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line, column = token.start
        if token.type == tokenize.COMMENT:
            if in_line and _explains(token.string):
                lines.add(line)
            elif _explains(token.string):
                waiting.append(column)
        elif token.type in LAYOUT:
            in_line = in_line and token.type not in LINE_ENDS
        else:
            if any(above <= column for above in waiting):
                lines.add(line)
            waiting, in_line = [], True
    return frozenset(lines)


def explains_mode(statement: ast.stmt | None) -> bool:
    """Whether a statement is nothing but a string, which tells why a mode is meant."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return _explains(text)
    return False


def _explains(comment: str) -> bool:
    comment = comment.lower()
    return MODE.search(comment) is not None and INTENTION.search(comment) is not None
