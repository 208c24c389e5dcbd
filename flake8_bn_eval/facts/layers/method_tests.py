"""Tests of the methods that set the mode, as if they told it: ``if self.train:``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.written.attributes import Attributes
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.natures import MODULES, Natures
from flake8_bn_eval.operations import (
    Attribute,
    Check,
    Conditional,
    Expression,
    FunctionDefinition,
    Junction,
    Negation,
    Operation,
    Place,
    Program,
)
from flake8_bn_eval.wording import describe

MODE_METHODS = frozenset({"train", "eval"})


@dataclass(frozen=True, slots=True)
class MethodTest:
    """``subject`` is a method, and it is tested for being true, which it always is."""

    place: Place
    subject: str


class MethodTests:
    """Finds them in one file."""

    def __init__(self, program: Program, attributes: Attributes, natures: Natures) -> None:
        self._program = program
        self._attributes = attributes
        self._natures = natures

    def found(self) -> Iterator[MethodTest]:
        """Every such test of a module of which nobody has replaced the method."""
        for function in (None, *self._program.functions):
            body = self._program.body if function is None else function.body
            for operation in operations(body):
                for tested in _tested(operation):
                    if self._is_method(tested, function):
                        yield MethodTest(getattr(operation, "place", 0), describe(tested))

    def _is_method(self, tested: Expression, function: FunctionDefinition | None) -> bool:
        if not isinstance(tested, Attribute) or tested.name not in MODE_METHODS:
            return False
        if any(True for _ in self._attributes.assignments(tested.name)):
            return False
        class_ = self._natures.instance(tested.value, function)
        if class_ is None:
            return self._natures.of(tested.value, function) in MODULES
        own = class_.method(tested.name)
        return class_.is_module is True and (own is None or not own.decorators)


def _tested(operation: Operation) -> Iterator[Expression]:
    """What an operation asks whether it is true."""
    if isinstance(operation, Check):
        yield from _parts(operation.condition)
    for each in expressions(operation):
        if isinstance(each, Conditional):
            yield from _parts(each.test)


def _parts(condition: Expression) -> Iterator[Expression]:
    match condition:
        case Negation(operand=operand):
            yield from _parts(operand)
        case Junction(operands=operands):
            for each in operands:
                yield from _parts(each)
        case _:
            yield condition
