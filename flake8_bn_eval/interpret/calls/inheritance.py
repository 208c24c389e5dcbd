"""What abstract classes leave to their subclasses, and what subclasses inherit from them."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.interpret.calls.placeholders import (
    is_placeholder,
    resting_on_subclasses,
    undeclared,
)
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.things import Class, External, Function, ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import FunctionDefinition


class Inheritance:
    """Tells abstract classes from others, and which inherited methods need a subclass."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._abstract: dict[int, tuple[Class, bool]] = {}
        self._undeclared: dict[int, tuple[Class, frozenset[str]]] = {}
        self._entered: set[tuple[int, int]] = set()

    def is_placeholder(self, member: Value) -> bool:
        """Whether a member only says what subclasses define."""
        function = member.only_thing
        return isinstance(function, Function) and is_placeholder(function.definition)

    def is_abstract(self, class_: Class) -> bool:
        """Whether a class leaves methods to its subclasses: nobody makes an object of it."""
        known = self._abstract.get(id(class_.definition))
        if known is None or known[0] is not class_:
            known = class_, self._leaves_methods(class_)
            self._abstract[id(class_.definition)] = known
        return known[1] or bool(self.filled_in(class_))

    def filled_in(self, class_: Class) -> frozenset[str]:
        """What a class calls on its objects, does not declare, and a subclass in sight defines."""
        known = self._undeclared.get(id(class_.definition))
        if known is None or known[0] is not class_:
            known = class_, self._missing(class_)
            self._undeclared[id(class_.definition)] = known
        classes, missing = self.machine.classes, known[1]
        return frozenset(
            name
            for heir in (self.machine.class_cache.values() if missing else ())
            if heir is not class_ and class_ in classes.lineage(heir)
            for name in missing
            if classes.member(heir, name) is not None
        )

    def _missing(self, class_: Class) -> frozenset[str]:
        if self.has_unseen_base(class_):
            return frozenset()
        found = undeclared(each.definition for each in self.machine.classes.lineage(class_))
        known = self.machine.knowledge.method
        return frozenset(name for name in found if known("module", name) is None)

    def _leaves_methods(self, class_: Class) -> bool:
        classes = self.machine.classes
        names = {name for each in classes.lineage(class_) for name in each.definition.methods}
        members = (classes.member(class_, name) for name in names)
        return any(self.is_placeholder(each) for each in members if each is not None)

    def note_entered(
        self, definition: FunctionDefinition, receiver: ObjectId | None, world: World
    ) -> None:
        """Remember that a method was called on an object of some class."""
        class_ = None if receiver is None else world.shape(receiver).class_
        if class_ is not None:
            self._entered.add((id(definition), id(class_.definition)))

    def was_entered(self, definition: FunctionDefinition, class_: Class) -> bool:
        """Whether somebody calls a method on objects of this very class."""
        return (id(definition), id(class_.definition)) in self._entered

    def completed(self, class_: Class) -> Iterator[FunctionDefinition]:
        """Methods of its bases that come to what a class defines in their place."""
        if self.is_abstract(class_):
            return
        for base in self.machine.classes.lineage(class_):
            if base is class_:
                continue
            for each in resting_on_subclasses(base.definition, self.filled_in(base)):
                if self.owner(class_, each) is base:
                    yield each

    def owner(self, class_: Class, definition: FunctionDefinition) -> Class:
        """The class of the lineage that a method is found in."""
        for each in self.machine.classes.lineage(class_):
            if definition.name in each.definition.methods:
                return each
        return class_

    def has_unseen_base(self, class_: Class) -> bool:
        """Whether a base may do anything: none in sight, nor of a file that tells nothing."""
        classes = self.machine.classes
        return any(
            classes.base_is_module(base) is None and not self._tells_nothing(base)
            for each in classes.lineage(class_)
            for base in each.bases
            if not isinstance(base.only_thing, Class)
        )

    def _tells_nothing(self, base: Value) -> bool:
        thing = base.only_thing
        return isinstance(thing, External) and self.machine.links.tells_nothing(thing.path)
