"""What a module is made of, and what that says of its mode."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Kind, Object, Sensitivity
from flake8_bn_eval.modes.things import Constant, ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World


class Makeup:
    """Answers what is inside a module."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def family(self, identity: ObjectId, world: World) -> set[ObjectId]:
        """An object and everything that hangs on it."""
        members: set[ObjectId] = set()
        waiting = [identity]
        while waiting:
            each = waiting.pop()
            if each not in members:
                members.add(each)
                state = world.objects.get(each)
                if state is None:
                    continue
                values = state.contents
                waiting += [child for value in values for child in value.objects]
        return members

    def may_hold_module(self, state: Object, attribute: str) -> bool:
        """Whether an attribute that nobody has assigned may be a module, and no number."""
        if attribute in self.machine.knowledge.vocabulary.number_attributes:
            return False
        row = self.machine.knowledge.callable(state.library) if state.library else None
        return row is None or not row.is_single_layer

    def sensitivity(self, identity: ObjectId, world: World) -> Sensitivity:
        """Whether a module, with everything below it, reacts to its mode."""
        return self._sensitivity(identity, world, set())

    def _sensitivity(
        self, identity: ObjectId, world: World, visited: set[ObjectId], *, is_called: bool = True
    ) -> Sensitivity:
        if identity in visited:
            return Sensitivity.NO
        visited.add(identity)
        state = world.get(identity)
        verdicts = {self._own_sensitivity(state, world)}
        for value, each_is_called in self._parts(state, is_called):
            for child in value.objects:
                if each_is_called or world.get(child).kind is not Kind.UNKNOWN:
                    verdicts.add(
                        self._of_child(
                            child,
                            world,
                            visited,
                            layer=state.registers,
                            is_called=each_is_called,
                        )
                    )
        if Sensitivity.YES in verdicts:
            return Sensitivity.YES
        return Sensitivity.UNKNOWN if Sensitivity.UNKNOWN in verdicts else Sensitivity.NO

    def _own_sensitivity(self, state: Object, world: World) -> Sensitivity:
        """Whether a module reacts to its own flag, as far as it is seen what it is."""
        if self._is_steady(state, world):
            return Sensitivity.NO
        return state.sensitive if state.seen else _at_least_unknown(state)

    def _is_steady(self, state: Object, world: World) -> bool:
        """Whether something hangs on a child of a library's model of which nothing has a mode."""
        while state.origin is not None:
            name, holder = str(state.origin.key).removeprefix("."), world.get(state.origin.parent)
            row = self.machine.knowledge.callable(holder.library) if holder.library else None
            if row is not None and any(
                each.name == name and each.sensitive == "no" for each in row.children
            ):
                return True
            state = holder
        return False

    def _parts(self, state: Object, is_called: bool) -> Iterator[tuple[Value, bool]]:
        """What an object holds, and whether its class may call it: elements as what holds them."""
        if state.class_ is None:
            plain = state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not state.registers
            yield from ((value, is_called or not plain) for value in state.contents)
            return
        called = self.machine.called_parts.of(state.class_)
        yield from ((value, called.has(key)) for key, value in state.fields.items())

    def reached(self, identity: ObjectId, world: World) -> set[ObjectId]:
        """What runs when a module is called: it, and what is below what its ``forward`` calls.

        A class in sight reacts to its own flag only where it reads that.
        """
        state, parts = world.get(identity), self.machine.called_parts
        called = None if state.class_ is None else parts.by_forward(state.class_)
        if called is None:
            return self.family(identity, world)
        members = {identity} if state.sensitive is Sensitivity.YES else set[ObjectId]()
        for key, value in state.fields.items():
            if called.has(key):
                members |= {each for child in value.objects for each in self.family(child, world)}
        return members or self.family(identity, world)

    def modes_of_reacting(
        self, family: set[ObjectId], world: World
    ) -> frozenset[frozenset[Mode]]:
        """The modes of each of some modules that may react to its own flag."""
        states = map(world.get, family)
        return frozenset(
            state.modes.members
            for state in states
            if state.may_be_module and self._own_sensitivity(state, world) is not Sensitivity.NO
        )

    def _of_child(
        self,
        child: ObjectId,
        world: World,
        visited: set[ObjectId],
        *,
        layer: bool,
        is_called: bool,
    ) -> Sensitivity:
        """What a part brings in; a container of layers holds nothing but layers."""
        state = world.get(child)
        if state.kind in (Kind.INSTANCE, Kind.OPTIMIZER):
            return Sensitivity.NO
        if state.kind is Kind.UNKNOWN and not layer and not self._may_hold_layers(state, child):
            return Sensitivity.NO
        return self._sensitivity(child, world, visited, is_called=is_called)

    def _may_hold_layers(self, state: Object, identity: ObjectId) -> bool:
        """An attribute that comes in from outside matters only if it is used like a module."""
        methods_used = self.machine.recorder.methods_used
        original = self.machine.copies.of_attributes.get(identity)
        if state.origin is None and original is None:
            return True
        used = methods_used.get(identity, set()) | methods_used.get(original or identity, set())
        return "<call>" in used or bool(used & {"eval", "train"})

    def words(self, value: Value, world: World) -> set[str]:
        """The possible modes of a value, in the words of a test."""
        if value.guards:
            return set().union(*(self._words_where(each, world) for each in value.cases))
        words: set[str] = set()
        for identity in value.objects:
            state = world.get(identity)
            if state.may_be_module:
                words |= {mode.value for mode in state.modes}
            else:
                words.add("not a module")
        for thing in value.things:
            words.add("not a module" if isinstance(thing, Constant) else "unknown")
        return words


    def _words_where(self, alternative: Value, world: World) -> set[str]:
        """The modes of one of several alternatives, where it is that one."""
        there = world.fork()
        there.suppose_all(alternative.guard)
        return self.words(alternative.unguarded(), there)


def _at_least_unknown(state: Object) -> Sensitivity:
    return Sensitivity.YES if state.sensitive is Sensitivity.YES else Sensitivity.UNKNOWN
