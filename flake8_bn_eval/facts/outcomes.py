"""Which outcomes of tests lead to a place of a body, as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.written.listing import branches, expressions, operations
from flake8_bn_eval.flow.nodes import Branch, Node
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Check,
    Comparison,
    Constant,
    Expression,
    Junction,
    Name,
    Negation,
    Place,
)
from flake8_bn_eval.variables import assigned
from flake8_bn_eval.wording import describe


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A test, and whether it has to come out true."""

    check: Check
    truth: bool

    def is_of(self, subject: str) -> bool:
        """Whether it only says that something is there: ``if net is not None``, ``if net``."""
        match self.check.condition:
            case Comparison(operator=operator, left=left, right=Constant(value=None)):
                return describe(left) == subject and self.truth is (operator in ("is not", "!="))
            case Negation(operand=operand):
                return describe(operand) == subject and not self.truth
        return describe(self.check.condition) == subject and self.truth

    def is_repeated_in(self, later: Outcome, body: Node) -> bool:
        """Whether another test asks the same again, and must come out alike.

        Of two operands of an ``and`` that holds both do; nothing they ask about is assigned anew.
        """
        here, there = self.check.place, later.check.place
        if here == there:
            return self.truth is later.truth
        asked = [_form(each) for each in _operands(later)]
        forms = [_form(each) for each in _operands(self)]
        if not all(form in asked for form in forms):
            return False
        variables = {each.variable for each in expressions(self.check) if isinstance(each, Name)}
        fields = {describe(each) for each in expressions(self.check) if isinstance(each, Attribute)}
        return not any(
            variables & assigned(each) or fields & _fields_assigned(each)
            for each in operations(body)
            if here < _place_of(each) <= there
        )


def outcomes_around(body: Node, place: Place) -> Iterator[Outcome]:
    """The outcomes of tests of a body on which it depends whether something is called."""
    for branch in branches(body):
        truth = side_of(branch, place)
        if isinstance(branch.condition, Check) and truth is not None:
            yield Outcome(branch.condition, truth)


def side_of(branch: Branch, place: Place) -> bool | None:
    """Whether something is called where the condition of a branch holds, or where it does not."""
    for truth, node in ((True, branch.then), (False, branch.otherwise)):
        written = (each for operation in operations(node) for each in expressions(operation))
        if any(isinstance(each, Call) and each.place == place for each in written):
            return truth
    return None


def _operands(outcome: Outcome) -> list[tuple[Expression, bool]]:
    """What holds, or does not, where a test comes out so."""
    found: list[tuple[Expression, bool]] = []
    waiting = [(outcome.check.condition, outcome.truth)]
    while waiting:
        condition, truth = waiting.pop()
        match condition:
            case Negation(operand=operand):
                waiting.append((operand, not truth))
            case Junction(conjunctive=conjunctive, operands=operands) if conjunctive is truth:
                waiting += [(each, truth) for each in operands]
            case _:
                found.append((condition, truth))
    return found


def _form(asked: tuple[Expression, bool]) -> tuple[object, ...]:
    """What is written, whoever reads it and wherever it stands."""
    condition, truth = asked
    parts: list[object] = [truth]
    for each in expressions(condition):
        told = [getattr(each, slot, None) for slot in ("variable", "name", "value", "operator")]
        parts.append((type(each), *(it for it in told if not isinstance(it, Expression))))
    return tuple(map(repr, parts))


def _fields_assigned(operation: object) -> set[str]:
    targets = [*getattr(operation, "targets", ()), getattr(operation, "target", None)]
    return {describe(each) for each in targets if isinstance(each, Attribute)}


def _place_of(operation: object) -> Place:
    place: Place = getattr(operation, "place", -1)
    return place
