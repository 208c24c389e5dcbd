"""What the modules of a file are there for: parts of others, networks, or what only trains one."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts.written.attributes import Attributes, MethodCall
from flake8_bn_eval.facts.written.classes import Classes, ClassFact
from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.facts.written.natures import Nature, Natures
from flake8_bn_eval.interpret.calls.types import MODULE
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.operations import Call, ClassDefinition, Expression, Name

CALLED = frozenset({"forward", "__call__"})
"""What a class has whose objects are called as networks are."""


class Roles:
    """Tells what the module classes of one file are there for."""

    def __init__(
        self, classes: Classes, attributes: Attributes, natures: Natures, knowledge: Knowledge
    ) -> None:
        self._classes = classes
        self._attributes = attributes
        self._natures = natures
        self._knowledge = knowledge

    def is_part(self, class_: ClassFact) -> bool:
        """Whether its objects are parts of other modules."""
        return self._is_layer(class_) or self._is_child(class_.definition)

    def only_trains(self, class_: ClassFact) -> bool:
        """Whether it is a module by its base alone, whose mode is nobody's business: a trainer.

        It is not called as networks are, makes no layers for the networks that it is handed, and
        nothing in the file puts it in a mode.
        """
        if any(class_.method(name) is not None for name in CALLED):
            return False
        if class_.method("__init__") is None or any(each not in MODULE for each in class_.outside):
            return False
        if self._natures.of_class(class_) is Nature.COMPOSITE or self.is_part(class_):
            return False
        return not any(self._is_of(call, class_) for call in self._attributes.calls("eval"))

    def _is_of(self, call: MethodCall, class_: ClassFact) -> bool:
        """Whether a method is called on an object of a class: its own, or one made in the file."""
        own = self._natures.instance(call.owner, call.function)
        if own is not None:
            return class_.definition in own.lineage or own.definition in class_.lineage
        made = self._natures.assigned_to(call.owner) if isinstance(call.owner, Name) else []
        return any(each is not None and self._makes(each, class_.definition) for each in made)

    def _is_layer(self, class_: ClassFact) -> bool:
        """A variant of a single layer, which is a part of something wherever it is used."""
        bases = [each for each in class_.outside if each is not None and each not in MODULE]
        rows = map(self._knowledge.callable, bases)
        return any(row is not None and row.is_single_layer for row in rows)

    def _is_child(self, definition: ClassDefinition) -> bool:
        """Whether a module of the file keeps instances of a class, or a container holds some."""
        kept = (
            assignment.value
            for class_ in self._classes.modules()
            for assignment in self._natures.fields(class_)
        )
        return any(self._makes(each, definition) for each in (*kept, *self._contained()))

    def _makes(self, value: Expression, definition: ClassDefinition) -> bool:
        return any(
            isinstance(call, Call) and self._classes.bindings.meaning(call.callee) is definition
            for call in expressions(value)
        )

    def _contained(self) -> Iterator[Expression]:
        """What is given to ``Sequential`` and its like."""
        for call in self._attributes.written_calls:
            meaning = self._classes.bindings.meaning(call.callee)
            row = self._knowledge.callable(meaning) if isinstance(meaning, str) else None
            if row is not None and row.registers:
                yield from call.arguments
