"""Comments that say that a mode is meant: ``# training mode on purpose``.

Only a comment on the line of a statement or right above it counts, and only if it speaks both
of a mode and of intention.  A string that stands there as a statement is a comment, too.
"""

from __future__ import annotations

import re

import libcst as cst

MODE = re.compile(
    r"\b(train(ing)?|eval(uation)?|inference|mode|batch[ -]?norm|batch statistics|dropout)\b"
)
INTENTION = re.compile(
    r"on purpose|intention|deliberate|needs?\b|always|must|should|keep|stay|want|because|so that"
    r"|(n't|\bnot|\bnever)\b(?! forget)|train(ing)?=true"
)


def explains_mode(statement: cst.SimpleStatementLine, above: cst.CSTNode | None) -> bool:
    """Whether a statement's comment, or the string right above it, tells why a mode is meant."""
    comments = [line.comment for line in statement.leading_lines]
    comments.append(statement.trailing_whitespace.comment)
    written = [comment.value for comment in comments if comment is not None]
    return any(_explains(each.lower()) for each in [*written, *_string_of(above)])


def _string_of(statement: cst.CSTNode | None) -> list[str]:
    """The text of a statement that is nothing but a string."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString(value=text))]):
            return [text]
    return []


def _explains(comment: str) -> bool:
    return MODE.search(comment) is not None and INTENTION.search(comment) is not None
