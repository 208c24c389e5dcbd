"""Expressions put in the place of others, and arguments of calls."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from flake8_bn_eval.fix.tree import DeclinedError, Rewrite

_ATOMS = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.BaseNumber, cst.List, cst.Dict)


def replaced(old: cst.CSTNode, new: cst.BaseExpression) -> Mapping[cst.CSTNode, Rewrite]:
    """Put an expression in the place of another one."""
    return {old: lambda _: new}


def enclosed(expression: cst.BaseExpression) -> cst.BaseExpression:
    """An expression that can be an operand: in parentheses, if it is not one name or call."""
    if expression.lpar or isinstance(expression, _ATOMS):
        return expression
    return expression.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def argument_at(call: cst.Call, name: str, position: int | None) -> cst.Arg | None:
    """The argument of a name, or at a position from 0; none if it is not passed.

    Raises `DeclinedError` where it may be among ``*arguments``.
    """
    if any(argument.star for argument in call.args):
        raise DeclinedError("what stars pass may hold that argument")
    for number, argument in enumerate(call.args):
        if argument.keyword is None and number == position:
            return argument
        if argument.keyword is not None and argument.keyword.value == name:
            return argument
    return None


def with_argument(call: cst.Call, name: str, value: cst.BaseExpression) -> cst.Call:
    """A call with one more argument by name, laid out as the last one is."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    new = cst.Arg(value, keyword=cst.Name(name), equal=equal)
    if not call.args:
        return call.with_changes(args=[new])
    *others, last = call.args
    between = _space_between(call)
    if isinstance(last.comma, cst.Comma):
        space = last.comma.whitespace_after
        end = last.comma.with_changes(whitespace_after=_without_comment(space))
        new = new.with_changes(comma=end)
    else:
        space = last.whitespace_after_arg
        new = new.with_changes(whitespace_after_arg=_without_comment(space))
    comma = cst.Comma(whitespace_after=_with_comment_of(between, space))
    bare = cst.SimpleWhitespace("")
    last = last.with_changes(comma=comma, whitespace_after_arg=bare)
    return call.with_changes(args=[*others, last, new])


def without_argument(call: cst.Call, gone: cst.Arg) -> cst.Call:
    """A call without one of its arguments."""
    rest = [argument for argument in call.args if argument is not gone]
    if rest and gone is call.args[-1]:
        layout = {"comma": gone.comma, "whitespace_after_arg": gone.whitespace_after_arg}
        rest[-1] = rest[-1].with_changes(**layout)
    return call.with_changes(args=rest)


def _space_between(call: cst.Call) -> cst.BaseParenthesizableWhitespace:
    """What stands before an argument of a call that is not the first, without a comment."""
    if len(call.args) > 1 and isinstance(call.args[-2].comma, cst.Comma):
        return _without_comment(call.args[-2].comma.whitespace_after)
    if isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        return _without_comment(call.whitespace_before_args)
    return cst.SimpleWhitespace(" ")


def _without_comment(
    space: cst.BaseParenthesizableWhitespace,
) -> cst.BaseParenthesizableWhitespace:
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    return space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())


def _with_comment_of(
    space: cst.BaseParenthesizableWhitespace, other: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """A space with the comment that ends the line of another one."""
    if not isinstance(other, cst.ParenthesizedWhitespace) or other.first_line.comment is None:
        return space
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return other
    return space.with_changes(first_line=other.first_line, empty_lines=other.empty_lines)
