"""What the arguments of a call choose in its row: a literal that has a row of its own, a flag."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import CallableRow, Flag, Starts


def row_for(row: CallableRow, arguments: Arguments, knowledge: Knowledge) -> CallableRow:
    """The row that counts for a call with these arguments."""
    literal = arguments.literal(row.argument, row.keyword)
    if literal is not None and isinstance(literal.value, str):
        row = knowledge.given(row, literal.value)
    if row.flag is None:
        return row
    chosen = _chosen(row.flag, arguments)
    return replace(row, starts=chosen) if row.sets is None else replace(row, sets=chosen)


def _chosen(flag: Flag, arguments: Arguments) -> Starts:
    value = arguments.get(flag.position, flag.parameter)
    if value is None and not arguments.open:
        return flag.true if flag.default else flag.false
    constant = None if value is None else value.constant
    if constant is None:
        return flag.true if flag.true == flag.false else "unknown"
    return flag.true if constant.value else flag.false
