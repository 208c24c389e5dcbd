"""The ``with`` statements and loops around each call, within its own function."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.flow.nodes import Branch, Jump, Loop, Node, Scope, Sequence, Step, Try
from flake8_bn_eval.operations import (
    Call,
    Clause,
    Comprehension,
    Enter,
    Expression,
    Iterate,
    Operation,
    Program,
)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """What stands around a statement, the outermost first."""

    contexts: tuple[Enter, ...] = ()
    loops: tuple[Operation | Clause, ...] = ()

    @property
    def loop(self) -> Operation | Clause | None:
        """The innermost loop."""
        return self.loops[-1] if self.loops else None


OUTSIDE = Region()


class Regions:
    """Finds what is around the calls of a program."""

    def __init__(self, program: Program) -> None:
        self._known: dict[int, Region] = {}
        bodies = [program.body, *(each.body for each in program.classes)]
        for body in (*bodies, *(each.body for each in program.functions)):
            self._node(body, OUTSIDE)

    def of(self, call: Call) -> Region:
        """What is around a call."""
        return self._known.get(id(call), OUTSIDE)

    def _node(self, node: Node, region: Region) -> None:
        match node:
            case Step(operation=operation) | Jump(operation=operation):
                self._operation(operation, region)
            case Sequence():
                for each in node.nodes:
                    self._node(each, region)
            case Branch():
                self._operation(node.condition, region)
                self._node(node.then, region)
                self._node(node.otherwise, region)
            case Loop():
                self._operation(node.header, region)
                assert isinstance(node.header, Operation)
                inside = Region(region.contexts, (*region.loops, node.header))
                self._node(node.body, inside)
                self._node(node.otherwise, region)
            case Scope():
                self._operation(node.enter, region)
                inside = region
                if isinstance(node.enter, Enter):
                    inside = Region((*region.contexts, node.enter), region.loops)
                self._node(node.body, inside)
            case Try():
                for each in (node.body, *node.handlers, node.otherwise, node.final):
                    self._node(each, region)

    def _operation(self, operation: object, region: Region) -> None:
        if isinstance(operation, Operation):
            self._expressions(operation, region)

    def _expressions(self, part: Operation | Expression | Clause, region: Region) -> None:
        for expression in expressions(part):
            if isinstance(expression, Call):
                self._known.setdefault(id(expression), region)
            elif isinstance(expression, Comprehension):
                inside = Region(region.contexts, (*region.loops, *expression.clauses))
                for element in expression.elements:
                    self._elements(element, inside)

    def _elements(self, element: Expression, region: Region) -> None:
        for expression in expressions(element):
            if isinstance(expression, Call):
                self._known.setdefault(id(expression), region)


def iterated(loop: Operation | Clause | None) -> Expression | None:
    """What a loop goes through."""
    return loop.iterable if isinstance(loop, Iterate | Clause) else None
