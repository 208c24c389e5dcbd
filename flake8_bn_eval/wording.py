"""How a program calls its expressions: in a text for a reader, and by which words."""

from __future__ import annotations

from flake8_bn_eval.operations import (
    Attribute,
    Await,
    Call,
    Constant,
    Display,
    Expression,
    Name,
    Starred,
    Subscript,
)


def describe(expression: Expression) -> str:
    """An expression as a reader would call it: ``self.net``, ``nets[0]``, ``build(...)``."""
    match expression:
        case Name():
            return expression.variable[1]
        case Attribute():
            return f"{describe(expression.value)}.{expression.name}"
        case Subscript(index=Constant(value=index)):
            return f"{describe(expression.value)}[{index!r}]"
        case Subscript():
            return f"{describe(expression.value)}[...]"
        case Call():
            return f"{describe(expression.callee)}(...)"
        case Await():
            return describe(expression.value)
    return "..."


def identifiers(expression: Expression) -> set[str]:
    """Every name, attribute and string literal by which an expression calls its subject."""
    parts: list[Expression] = []
    match expression:
        case Name(variable=(_, word)) | Constant(value=str() as word):
            return {word}
        case Attribute():
            return identifiers(expression.value) | {expression.name}
        case Subscript():
            parts = [expression.value, expression.index]
        case Call():
            parts = [expression.callee, *expression.arguments]
        case Starred() | Await():
            parts = [expression.value]
        case Display():
            parts = expression.elements
    return set().union(*(identifiers(part) for part in parts))
