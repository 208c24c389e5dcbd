"""What is written in a file, in its order, whether or not it is ever run.

The interpreter knows what operations do; these walks know only that they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType

from flake8_bn_eval.flow.nodes import Branch, Node, held, inner
from flake8_bn_eval.operations import Clause, Expression, Operation


def operations(node: Node) -> Iterator[Operation]:
    """Every operation of a body, in the order of the text; none of the functions inside it."""
    for operation in held(node):
        assert isinstance(operation, Operation)
        yield operation


def branches(node: Node) -> Iterator[Branch]:
    """Every branch in a body, the outer before the inner."""
    if isinstance(node, Branch):
        yield node
    for each in inner(node):
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
