"""What is written in a file, in its order, whether or not it is ever run.

The interpreter knows what operations do; these walks know only that they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType

from flake8_bn_eval.flow.nodes import Branch, Jump, Loop, Node, Scope, Sequence, Step, Try
from flake8_bn_eval.operations import Clause, Expression, Operation


def operations(node: Node) -> Iterator[Operation]:
    """Every operation of a body, in the order of the text; none of the functions inside it."""
    pending = [node]
    while pending:
        node = pending.pop()
        match node:
            case Step(operation=operation) | Jump(operation=operation):
                if isinstance(operation, Operation):
                    yield operation
            case Branch(condition=header) | Loop(header=header) | Scope(enter=header):
                assert isinstance(header, Operation)
                yield header
        pending.extend(reversed(_inner(node)))


def _inner(node: Node) -> list[Node]:
    match node:
        case Sequence():
            return list(node.nodes)
        case Branch():
            return [node.then, node.otherwise]
        case Loop():
            return [node.body, node.otherwise]
        case Scope():
            return [node.body]
        case Try():
            return [node.body, *node.handlers, node.otherwise, node.final]
    return []


def branches(node: Node) -> Iterator[Branch]:
    """Every branch in a body, the outer before the inner."""
    if isinstance(node, Branch):
        yield node
    for each in _inner(node):
        yield from branches(each)


def expressions(record: Operation | Expression | Clause) -> Iterator[Expression]:
    """Every expression in an operation or expression, the outer before the inner."""
    pending: list[object] = [record]
    while pending:
        part = pending.pop()
        if type(part) in PLAIN:
            continue
        if isinstance(part, list | tuple):
            pending.extend(reversed(part))
        elif isinstance(part, Operation | Expression | Clause):
            if isinstance(part, Expression):
                yield part
            pending.extend([getattr(part, slot) for slot in reversed(_slots(type(part)))])


PLAIN = frozenset({str, int, bool, NoneType, float})
_SLOTS: dict[type, tuple[str, ...]] = {}


def _slots(kind: type) -> tuple[str, ...]:
    known = _SLOTS.get(kind)
    if known is None:
        known = _SLOTS[kind] = tuple(kind.__slots__)  # type: ignore[attr-defined]
    return known
