"""Comments that say that a mode is meant: ``# training mode on purpose``.

Only a comment on the line of a statement or right above it counts, and only if it
speaks both of a mode and of intention.
"""

from __future__ import annotations

import re

import libcst as cst

MODE = re.compile(r"\b(train(ing)?|eval(uation)?|mode|batch[ -]?norm|batch statistics|dropout)\b")
INTENTION = re.compile(
    r"on purpose|intention|deliberate|needs?\b|always|must|should|keep|stay|want|because|so that"
    r"|not eval|train(ing)?=true"
)


def explains_mode(statement: cst.SimpleStatementLine) -> bool:
    """Whether a statement's comment tells why a module is in a mode."""
    comments = [line.comment for line in statement.leading_lines]
    comments.append(statement.trailing_whitespace.comment)
    return any(_explains(comment.value.lower()) for comment in comments if comment is not None)


def _explains(comment: str) -> bool:
    return MODE.search(comment) is not None and INTENTION.search(comment) is not None
