"""The shapes of control flow: a body is a tree of these few nodes.

The leaves are operations, which this package never looks into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Exit(Enum):
    """The ways to leave a node; a node's result has at most one state for each."""

    NEXT = "next"
    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"
    RAISE = "raise"

    __hash__ = object.__hash__


class Node:
    """Base of the flow nodes."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Step(Node):
    """One operation."""

    operation: object


@dataclass(slots=True, eq=False)
class Jump(Node):
    """An operation (or none) after which control leaves by ``exit``."""

    exit: Exit
    operation: object | None = None


@dataclass(slots=True, eq=False)
class Sequence(Node):
    nodes: list[Node]


@dataclass(slots=True, eq=False)
class Branch(Node):
    """Two ways, chosen by a condition that the domain decides."""

    condition: object
    then: Node
    otherwise: Node


@dataclass(slots=True, eq=False)
class Loop(Node):
    """The header says whether there is another pass; ``otherwise`` runs when there is none."""

    header: object
    body: Node
    otherwise: Node


@dataclass(slots=True, eq=False)
class Try(Node):
    """``catches_all`` tells that no exception gets past the handlers."""

    body: Node
    handlers: list[Node]
    otherwise: Node
    final: Node
    catches_all: bool


@dataclass(slots=True, eq=False)
class Scope(Node):
    """``with``: enter, body, and a leaving on every way out of the body."""

    enter: object
    body: Node


EMPTY = Sequence([])


def inner(node: Node) -> list[Node]:
    """The nodes that a node is made of, in the order of the text."""
    match node:
        case Sequence():
            return node.nodes
        case Branch():
            return [node.then, node.otherwise]
        case Loop():
            return [node.body, node.otherwise]
        case Scope():
            return [node.body]
        case Try():
            return [node.body, *node.handlers, node.otherwise, node.final]
    return []


def held(node: Node) -> Iterator[object]:
    """Every operation that a node and those inside it hold, in the order of the text."""
    pending = [node]
    while pending:
        node = pending.pop()
        match node:
            case Step(operation=operation) | Jump(operation=operation) if operation is not None:
                yield operation
            case Branch(condition=header) | Loop(header=header) | Scope(enter=header):
                yield header
        pending.extend(reversed(inner(node)))
