"""What a module has to learn: whether any parameter in it may ask for a gradient.

Without any, calling the module records nothing that its inputs do not ask for: a transform of
signals, a quantiser, a filter that is fixed on purpose.  What is not in sight may learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.interpret.calls.types import PLAIN_BASES
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.objects import Key, Kind, Object
from flake8_bn_eval.modes.things import Class, External, ObjectId, Result, Symbol, Thing, Unknown
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import BUILTIN_SCOPE, Attribute, FunctionDefinition, Name, file_of
from flake8_bn_eval.wording import identifiers

MAKING = frozenset({"Parameter", "ParameterList", "ParameterDict"})
"""Names by which a method makes parameters, which the fields show once it has run."""
REGISTERING = "register_parameter"
"""The name by which one gives its module a parameter that is no field."""


@dataclass(frozen=True, slots=True)
class Called:
    """What the methods of a class call: the words of it, or any element and local name."""

    words: frozenset[str]
    anything: bool

    def has(self, key: Key) -> bool:
        """Whether what a field holds may be called."""
        return self.anything or str(key).removeprefix(".") in self.words


class Weights:
    """Answers what may learn."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._called: dict[int, Called] = {}

    def may_learn(self, identity: ObjectId, world: World) -> bool:
        """Whether a parameter of a module, or of anything that hangs on it, may need a gradient."""
        return self._may_learn(identity, world, set(), is_called=True)

    def is_parameter(self, value: Value) -> bool:
        """Whether a value is a parameter that was made in sight and needs a gradient."""
        thing = value.only_thing
        return isinstance(thing, Result) and self._of_thing(thing, is_called=False)

    def _may_learn(
        self, identity: ObjectId, world: World, visited: set[ObjectId], *, is_called: bool
    ) -> bool:
        state = world.get(identity)
        if identity in visited or state.frozen or state.kind is Kind.OPTIMIZER:
            return False
        visited.add(identity)
        if state.class_ is not None:
            if self._has_own(state, state.class_):
                return True
        elif state.library is not None and not state.registers:
            return self._of_library(state, world)
        elif state.kind is Kind.UNKNOWN:
            # What comes in from outside may be anything, also a number that nobody calls.
            return is_called
        return any(
            self._of_value(value, world, visited, is_called=each_is_called)
            for value, each_is_called in self._parts(state, is_called)
        )

    def _parts(self, state: Object, is_called: bool) -> Iterator[tuple[Value, bool]]:
        """What an object holds, and whether that is called as a module may be."""
        called = Called(frozenset(), is_called or state.registers)
        if state.class_ is not None:
            called = self._called_by(state.class_)
        yield from ((value, called.has(key)) for key, value in state.fields.items())
        if state.rest is not None:
            yield state.rest, called.anything

    def _of_value(
        self, value: Value, world: World, visited: set[ObjectId], *, is_called: bool
    ) -> bool:
        if Tag.DIFFERENTIATED in value.tags:
            return True
        return any(self._of_thing(thing, is_called=is_called) for thing in value.things) or any(
            self._may_learn(child, world, visited, is_called=is_called) for child in value.objects
        )

    def _of_thing(self, thing: Thing, *, is_called: bool) -> bool:
        if isinstance(thing, Result):
            row = self.machine.knowledge.callable(thing.path)
            if row is not None and row.returns == "other":
                return row.parameter
        return is_called and isinstance(thing, Result | Symbol | Unknown)

    def _of_library(self, state: Object, world: World) -> bool:
        """A layer or model of a library, unless its weight was made one that stays as it is."""
        row = self.machine.knowledge.callable(str(state.library))
        if row is not None and row.weightless:
            return False
        weight = state.fields.get(".weight")
        if weight is None or Tag.DIFFERENTIATED in weight.tags:
            return True
        learns = any(self._of_thing(thing, is_called=False) for thing in weight.things)
        return learns or not all(world.get(each).frozen for each in weight.objects)

    def _has_own(self, state: Object, class_: Class) -> bool:
        """Whether a class may give its objects parameters that none of their fields shows."""
        classes = self.machine.classes
        if not state.seen and classes.is_module(class_) is not False:
            return True
        if any(self._may_bring(base) for each in classes.lineage(class_) for base in each.bases):
            return True
        entered = self.machine.entered
        return any(
            REGISTERING in method.called_names
            or id(method) not in entered
            and not method.called_names.isdisjoint(MAKING)
            for method in self._methods(class_)
        )

    def _may_bring(self, base: Value) -> bool:
        """Whether a base may have parameters."""
        match base.only_thing:
            case Class():
                return False
            case External(path=path):
                knowledge = self.machine.knowledge
                if path in PLAIN_BASES or knowledge.is_module_class(path) is False:
                    return False
                row = knowledge.callable(path)
                return row is None or not row.weightless
        return True

    def _called_by(self, class_: Class) -> Called:
        known = self._called.get(id(class_.definition))
        if known is None:
            methods = list(self._methods(class_))
            words = frozenset().union(*map(self._words, methods))
            known = Called(words, any(map(_calls_local, methods)))
            self._called[id(class_.definition)] = known
        return known

    def _methods(self, class_: Class) -> Iterator[FunctionDefinition]:
        for each in self.machine.classes.lineage(class_):
            yield from each.definition.methods.values()

    def _words(self, method: FunctionDefinition) -> set[str]:
        """The words of what a method calls, but not of data of which it calls a tensor's method."""
        words: set[str] = set()
        for call in method.calls:
            callee = call.callee
            name = callee.name if isinstance(callee, Attribute) else ""
            is_data = self.machine.knowledge.method("tensor", name) is not None
            words |= {name} if is_data else identifiers(callee)
        return words


def _calls_local(method: FunctionDefinition) -> bool:
    """Whether a method calls what a name of its own holds: an element, or what it was given."""
    scopes = [call.callee.variable[0] for call in method.calls if isinstance(call.callee, Name)]
    return any(scope not in (BUILTIN_SCOPE, file_of(scope)) for scope in scopes)
