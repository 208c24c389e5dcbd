"""What the things are that names and attributes hold: by how they were made.

This is read off what is written, wherever it stands: it does not ask whether the assignment
was run before.  Several assignments that make different things make something unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from flake8_bn_eval.facts.written.attributes import AttributeAssignment, Attributes
from flake8_bn_eval.facts.written.bindings import Meaning
from flake8_bn_eval.facts.written.classes import Classes, ClassFact
from flake8_bn_eval.facts.written.listing import operations
from flake8_bn_eval.interpret.calls.types import MODULE
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    ClassDefinition,
    Conditional,
    Constant,
    Expression,
    FunctionDefinition,
    Name,
    Return,
)

DEEPEST = 8
SAME_MODULE = frozenset({"self", "eval", "train", "freeze", "apply"})
"""Effects of methods that return the module itself."""


class Nature(Enum):
    """What a thing is, as far as its mode goes."""

    LEAF = "a module without children"
    COMPOSITE = "a module with children"
    UNSEEN = "an object of a class that nobody has seen"
    OTHER = "no module"
    UNKNOWN = "unknown"


MODULES = frozenset({Nature.LEAF, Nature.COMPOSITE})


class Natures:
    """Tells what things are."""

    def __init__(self, classes: Classes, attributes: Attributes, knowledge: Knowledge) -> None:
        self._classes = classes
        self._attributes = attributes
        self._knowledge = knowledge
        self._of_class: dict[int, Nature] = {}

    def of(self, expression: Expression, function: FunctionDefinition | None) -> Nature:
        """What an expression in a function is."""
        return self._of(expression, function, DEEPEST)

    def _of(
        self, expression: Expression, function: FunctionDefinition | None, depth: int
    ) -> Nature:
        if depth == 0:
            return Nature.UNKNOWN
        match expression:
            case Name() | Attribute():
                return self._of_name(expression, function, depth)
            case Call():
                return self._of_call(expression, function, depth)
            case Conditional():
                return self._common(
                    [expression.then, expression.otherwise], function, depth
                )
            case Constant():
                return Nature.OTHER
        return Nature.UNKNOWN

    def _common(
        self, values: list[Expression], function: FunctionDefinition | None, depth: int
    ) -> Nature:
        """What all of these are; a None among them is nothing yet."""
        wanted = [each for each in values if not isinstance(each, Constant)]
        found = {self._of(each, function, depth - 1) for each in wanted}
        return found.pop() if len(found) == 1 else Nature.UNKNOWN

    def _of_name(
        self, name: Name | Attribute, function: FunctionDefinition | None, depth: int
    ) -> Nature:
        owner = self.instance(name, function)
        if owner is not None:
            return self.of_class(owner)
        if isinstance(name, Attribute):
            made = self.assigned(name, function)
            return self._common_where_made(made, depth)
        values = self._classes.bindings.values(name.variable)
        if not values or not all(isinstance(each, Expression) for each in values):
            return Nature.UNKNOWN
        made_here = [each for each in values if isinstance(each, Expression)]
        return self._common(made_here, function, depth)

    def _common_where_made(
        self, made: list[tuple[Expression, FunctionDefinition | None]], depth: int
    ) -> Nature:
        found = {
            self._of(value, function, depth - 1)
            for value, function in made
            if not isinstance(value, Constant)
        }
        return found.pop() if len(found) == 1 else Nature.UNKNOWN

    def instance(
        self, expression: Expression, function: FunctionDefinition | None
    ) -> ClassFact | None:
        """The class of the file whose instance an expression is, if it is a method's ``self``."""
        if not isinstance(expression, Name) or function is None:
            return None
        return self._classes.instance(expression.variable)

    def assigned_to(self, name: Name) -> list[Expression | None]:
        """Everything that a name is given; None stands for what is no expression."""
        values = self._classes.bindings.values(name.variable)
        return [each if isinstance(each, Expression) else None for each in values]

    def assigned(
        self, attribute: Attribute, function: FunctionDefinition | None
    ) -> list[tuple[Expression, FunctionDefinition | None]]:
        """What the methods of a class assign to an attribute of its instance."""
        class_ = self.instance(attribute.value, function)
        if class_ is None:
            return []
        found = []
        for assignment in self._attributes.assignments(attribute.name):
            owner = self.instance(assignment.owner, assignment.function)
            if owner is not None and (
                owner.definition in class_.lineage or class_.definition in owner.lineage
            ):
                found.append((assignment.value, assignment.function))
        return found

    def _of_call(self, call: Call, function: FunctionDefinition | None, depth: int) -> Nature:
        callee = call.callee
        if isinstance(callee, Attribute):
            row = self._knowledge.method("module", callee.name)
            if row is not None and row.effect in SAME_MODULE:
                return self._of(callee.value, function, depth - 1)
        found = {
            self._made_by(each, call, function, depth)
            for each in self._classes.bindings.meanings(callee)
        }
        return found.pop() if len(found) == 1 else Nature.UNKNOWN

    def _made_by(
        self, maker: Meaning, call: Call, function: FunctionDefinition | None, depth: int
    ) -> Nature:
        match maker:
            case ClassDefinition():
                return self.of_class(self._classes.of(maker))
            case FunctionDefinition():
                returned = list(_returned(maker))
                return self._common_where_made([(each, maker) for each in returned], depth)
            case str():
                row = self._knowledge.callable(maker)
                if row is None:
                    return self._unseen(maker)
                if row.returns in ("argument", "copy") and call.arguments:
                    return self._of(call.arguments[0], function, depth - 1)
                return _of_row(row)
        return Nature.UNKNOWN

    def _unseen(self, path: str) -> Nature:
        name = path.rpartition(".")[2]
        if not name[:1].isupper() or name.isupper():
            return Nature.UNKNOWN
        single = mentions(name, self._knowledge.vocabulary.single_layers)
        return Nature.UNKNOWN if single else Nature.UNSEEN

    def of_class(self, class_: ClassFact) -> Nature:
        """What the instances of a class of the file are."""
        key = id(class_.definition)
        if key not in self._of_class:
            self._of_class[key] = Nature.UNKNOWN
            self._of_class[key] = self._judge(class_)
        return self._of_class[key]

    def _judge(self, class_: ClassFact) -> Nature:
        if class_.is_module is False:
            return Nature.OTHER
        if class_.is_module is None:
            return Nature.UNKNOWN
        held = {self.of(each.value, each.function) for each in self.fields(class_)}
        if held & MODULES:
            return Nature.COMPOSITE
        bases = [each for each in class_.outside if each not in MODULE]
        rows = [None if each is None else self._knowledge.callable(each) for each in bases]
        if Nature.UNSEEN in held or any(row is None or not row.is_single_layer for row in rows):
            return Nature.UNKNOWN
        return Nature.LEAF

    def fields(self, class_: ClassFact) -> Iterator[AttributeAssignment]:
        """The assignments to attributes of its instances."""
        for assignment in self._attributes.all_assignments:
            owner = self.instance(assignment.owner, assignment.function)
            if owner is not None and owner.definition in class_.lineage:
                yield assignment


def _returned(function: FunctionDefinition) -> Iterator[Expression]:
    for operation in operations(function.body):
        if isinstance(operation, Return) and operation.value is not None:
            yield operation.value


def _of_row(row: CallableRow) -> Nature:
    if row.returns != "module":
        return Nature.UNKNOWN if row.returns == "unknown" else Nature.OTHER
    return Nature.LEAF if row.is_single_layer else Nature.COMPOSITE
