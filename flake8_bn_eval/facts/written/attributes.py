"""Assignments to attributes and calls of methods, as they are written.

What the owner of an attribute *is* is not known here: see `natures`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.written.listing import operations
from flake8_bn_eval.flow.nodes import Node
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Assign,
    Attribute,
    Call,
    Constant,
    Expression,
    FunctionDefinition,
    Name,
    Place,
    Program,
)
from flake8_bn_eval.wording import describe


@dataclass(frozen=True, slots=True, eq=False)
class AttributeAssignment:
    """``owner.name = value``, or ``setattr(owner, "name", value)``, in a function or outside."""

    place: Place
    owner: Expression
    name: str
    value: Expression
    function: FunctionDefinition | None

    @property
    def subject(self) -> str:
        """The owner as it is written."""
        return describe(self.owner)

    @property
    def literal(self) -> object:
        """The literal that is assigned; Ellipsis if it is none."""
        return self.value.value if isinstance(self.value, Constant) else ...


@dataclass(frozen=True, slots=True, eq=False)
class MethodCall:
    """``owner.name(...)``, in a function or outside."""

    call: Call
    owner: Expression
    name: str
    function: FunctionDefinition | None

    @property
    def subject(self) -> str:
        """The owner as it is written."""
        return describe(self.owner)


class Attributes:
    """What one program does with attributes."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._assignments: dict[str, list[AttributeAssignment]] = defaultdict(list)
        bodies: list[tuple[FunctionDefinition | None, Node]] = [(None, program.body)]
        bodies += [(None, each.body) for each in program.classes]
        bodies += [(each, each.body) for each in program.functions]
        for function, body in bodies:
            for operation in operations(body):
                if isinstance(operation, Assign):
                    self._gather_assignment(operation, function)
        for call, function in self._written_calls("setattr"):
            self._gather_setattr(call, function)

    def _written_calls(
        self, name: str | None = None
    ) -> Iterator[tuple[Call, FunctionDefinition | None]]:
        """Every call with its function, or those in functions that call something so named."""
        for call in self._program.calls:
            yield call, None
        for function in self._program.functions:
            if name is None or name in function.called_names:
                for call in function.calls:
                    yield call, function

    @property
    def written_calls(self) -> Iterator[Call]:
        """Every call of the file, but for those in lambdas."""
        return (call for call, _ in self._written_calls())

    @cached_property
    def called(self) -> frozenset[str]:
        """Everything that is called, as it is written."""
        return frozenset(describe(call.callee) for call, _ in self._written_calls())

    @cached_property
    def _calls(self) -> dict[str, list[MethodCall]]:
        found: dict[str, list[MethodCall]] = defaultdict(list)
        for call, function in self._written_calls():
            if isinstance(call.callee, Attribute):
                name = call.callee.name
                found[name].append(MethodCall(call, call.callee.value, name, function))
        return found

    def _gather_assignment(self, operation: Assign, function: FunctionDefinition | None) -> None:
        for target in operation.targets:
            if isinstance(target, Attribute):
                self._note(operation.place, target.value, target.name, operation.value, function)

    def _gather_setattr(self, call: Call, function: FunctionDefinition | None) -> None:
        match call:
            case Call(
                callee=Name(variable=(scope, "setattr")),
                arguments=[owner, Constant(value=str() as name), value],
            ) if scope == BUILTIN_SCOPE:
                self._note(call.place, owner, name, value, function)

    def _note(
        self,
        place: Place,
        owner: Expression,
        name: str,
        value: Expression,
        function: FunctionDefinition | None,
    ) -> None:
        assignment = AttributeAssignment(place, owner, name, value, function)
        self._assignments[name].append(assignment)

    def assignments(self, *names: str) -> Iterator[AttributeAssignment]:
        """The assignments to attributes of these names."""
        for name in names:
            yield from self._assignments.get(name, ())

    @property
    def all_assignments(self) -> Iterator[AttributeAssignment]:
        """Every assignment to an attribute."""
        for found in self._assignments.values():
            yield from found

    def owner_at(self, place: Place, name: str) -> str | None:
        """On what a method of this name is called at a place, as it is written."""
        found = (each for each in self._calls.get(name, ()) if each.call.place == place)
        return next((each.subject for each in found), None)

    def methods_of(self, subject: str) -> set[str]:
        """The methods that are called on what is written so, anywhere in the file."""
        prefix = f"{subject}."
        found = (each.removeprefix(prefix) for each in self.called if each.startswith(prefix))
        return {each for each in found if "." not in each}

    def calls(self, *names: str) -> Iterator[MethodCall]:
        """The calls of methods of these names."""
        for name in names:
            yield from self._calls.get(name, ())
