"""Calls of builtins that need more than their arguments' values: `super`, `next`, `getattr`."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.namespaces import AS_TABLE
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import recording
from flake8_bn_eval.modes.things import External, Namespace, Super
from flake8_bn_eval.modes.values import NONE, UNKNOWN, Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import BUILTIN_SCOPE, Call, Expression, Name, Place


class BuiltinCalls:
    """Builtins that look at the frame or at names."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def builtin(self, name: str, expression: Call, world: World, frame: Frame) -> Value | None:
        match name:
            case "super":
                return self._super(expression, world, frame)
            case "reveal_mode" | "reveal_grad":
                self._reveal(name, expression, world, frame)
                return UNKNOWN
            case "iter":
                return self._iter(expression, world, frame)
            case "next":
                return self._next(expression, world, frame)
            case "vars":
                return self._vars(expression, world, frame)
            case "globals":
                return of_thing(Namespace(frame.file))
            case "eval":
                return self._eval(expression, world, frame)
            case "getattr":
                return self._getattr(expression, world, frame)
            case "setattr":
                return self._setattr(expression, world, frame)
        return None

    def _super(self, expression: Call, world: World, frame: Frame) -> Value:
        self.machine.calls.arguments(expression, world, frame)
        if frame.receiver is None:
            return UNKNOWN
        return of_thing(Super(frame.receiver, frame.owner))

    def _iter(self, expression: Call, world: World, frame: Frame) -> Value:
        """An iterator: nobody keeps count of what it has handed out."""
        value = self.machine.calls.arguments(expression, world, frame).get(0, None)
        return self._handed_out(value, expression)

    def _next(self, expression: Call, world: World, frame: Frame) -> Value:
        """The first element, where the iterator is a new one."""
        match expression.arguments:
            case [Call(callee=Name(variable=(scope, "iter"))) as new] if scope == BUILTIN_SCOPE:
                iterating = new
            case [Call()]:
                iterating = expression
            case _:
                return self._iter(expression, world, frame)
        value = self.machine.calls.arguments(iterating, world, frame).get(0, None)
        first = None if value is None else self._first(value, world)
        return self._handed_out(value, expression) if first is None else first

    def _first(self, value: Value, world: World) -> Value | None:
        """The first element of something, or any of a list of unknown length."""
        elements = self.machine.containers.iterated(value, world)
        if elements:
            return elements[0]
        if self.machine.containers.is_sequence(value, world):
            return self.machine.containers.element_of(value, world)
        return None

    def _handed_out(self, value: Value | None, expression: Call) -> Value:
        """What an iterator over something unseen gives."""
        if value is None:
            return UNKNOWN
        return self.machine.data.handed_out(value, self.machine.data.tags_of(expression))

    def _vars(self, expression: Call, world: World, frame: Frame) -> Value:
        """``vars(models)``: the table of what is defined in something imported."""
        owner = self.machine.calls.arguments(expression, world, frame).get(0, None)
        thing = None if owner is None else owner.only_thing
        if not isinstance(thing, External):
            return UNKNOWN if owner is None else UNKNOWN.descending(owner)
        return of_thing(External(thing.path + AS_TABLE))

    def _eval(self, expression: Call, world: World, frame: Frame) -> Value | None:
        """``eval(args.arch)(10)``: something of the file, where the text speaks of networks."""
        namespaces = self.machine.namespaces
        match expression.arguments:
            case [text] if not expression.keywords and namespaces.is_named_for_networks(text):
                name = self.machine.expressions.evaluate(text, world, frame).constant
                return namespaces.chosen(Namespace(frame.file), text, name, world)
        return None

    def _getattr(self, expression: Call, world: World, frame: Frame) -> Value | None:
        arguments = self.machine.calls.arguments(expression, world, frame)
        name = arguments.literal(1, None)
        owner = arguments.get(0, None)
        library = None if owner is None else owner.only_thing
        if name is None and len(arguments) == 2 and isinstance(library, External | Namespace):
            return self.machine.namespaces.chosen(library, expression.arguments[1], name, world)
        if owner is None or name is None or not isinstance(name.value, str):
            return self._any_module_of(owner, world, frame).descending(*arguments)
        return self.machine.expressions.attribute(owner, name.value, world, frame)

    def _any_module_of(self, owner: Value | None, world: World, frame: Frame) -> Value:
        """``getattr(self, "net" + name).eval()``: what modes are set of may be any module here."""
        identity = None if owner is None else owner.only_object
        definition = frame.definition
        if identity is None or definition is None:
            return UNKNOWN
        if not any(map(self.machine.steps.names_mode, definition.called_names)):
            return UNKNOWN
        held = frozenset().union(*(value.objects for value in world.get(identity).contents))
        modules = frozenset(each for each in held if world.shape(each).is_module)
        return replace(UNKNOWN, objects=modules) if modules else UNKNOWN

    def _setattr(self, expression: Call, world: World, frame: Frame) -> Value:
        arguments = self.machine.calls.arguments(expression, world, frame)
        owner, name, value = (arguments.get(index, None) for index in range(3))
        if owner is None or name is None or value is None:
            return UNKNOWN
        return self.set_attribute(owner, name, value, world, frame, expression.place)

    def set_attribute(
        self, owner: Value, name: Value, value: Value, world: World, frame: Frame, place: Place
    ) -> Value:
        """A name that is not literal is some attribute: a module is registered all the same."""
        literal = name.constant
        for identity in owner.objects:
            if literal is not None and isinstance(literal.value, str):
                weak = owner.only_object is None
                self.machine.classes.set_attribute(
                    identity, literal.value, value, world, frame, weak=weak
                )
            else:
                self.machine.modules.register(identity, place, value, world)
        return NONE

    def _reveal(self, name: str, expression: Call, world: World, frame: Frame) -> None:
        if name == "reveal_grad":
            words = {member.value for member in recording(world.gradients)}
            self.machine.recorder.reveal(expression.place, " | ", words)
            return
        arguments: list[Expression] = expression.arguments
        value = self.machine.expressions.evaluate(arguments[0], world, frame)
        self.machine.recorder.reveal(
            expression.place, " | ", self.machine.makeup.words(value, world)
        )
