"""Lists, tuples, dictionaries and iteration over anything.

Elements are kept one by one while it is known which they are; otherwise their join is
kept as the *rest*.  Sets and iterators are treated as lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flake8_bn_eval.interpret.data.outputs import choice_of
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.lattice import LOST
from flake8_bn_eval.modes.objects import Key, Kind, Object, Sensitivity
from flake8_bn_eval.modes.sequences import MOST_ELEMENTS, without, written
from flake8_bn_eval.modes.things import Constant, ObjectId, Parameters, Ranked, Submodules
from flake8_bn_eval.modes.values import (
    NOTHING,
    UNKNOWN,
    Value,
    of_constant,
    of_object,
    of_thing,
)
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    DictDisplay,
    Display,
    Expression,
    Starred,
)

MOST_PASSES = 12
DEEPEST_CONTENTS = 2
ANY_ELEMENT = "[*]"


class Containers:
    """Makes containers, reads and writes their elements, iterates."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    # Making

    def sequence(self, elements: Sequence[Value], world: World, birth: object) -> Value:
        """A list of known elements."""
        if len(elements) > MOST_ELEMENTS:
            return self.many(join_values(elements), world, birth)
        return self.bear(Kind.SEQUENCE, dict(enumerate(elements)), None, world, birth)

    def of_pairs(self, pairs: Value, world: World, birth: object) -> Value | None:
        """``dict`` and ``OrderedDict`` of a list of pairs with literal keys."""
        items: dict[str, Value] = {}
        for pair in self.known_elements(pairs, world) or ():
            key, *values = self.known_elements(pair, world) or [UNKNOWN]
            if key.constant is None or len(values) != 1:
                return None
            items[str(key.constant.value)] = values[0]
        return self.mapping(items, world, birth) if items else None

    def many(self, element: Value, world: World, birth: object) -> Value:
        """A list of any number of such elements."""
        return self.bear(Kind.SEQUENCE, {}, element, world, birth)

    def mapping(self, items: Mapping[str, Value], world: World, birth: object) -> Value:
        """A dictionary with these string keys."""
        fields: dict[Key, Value] = {key: value for key, value in items.items()}  # noqa: C416
        return self.bear(Kind.MAPPING, fields, None, world, birth)

    def bear(
        self,
        kind: Kind,
        fields: dict[Key, Value],
        rest: Value | None,
        world: World,
        birth: object,
    ) -> Value:
        identity = self.machine.identities.number(kind, birth)
        state = Object(
            kind, "", LOST, LOST, fields=fields, rest=rest, seen=True, sensitive=_of_its_own(rest)
        )
        lineage = [*fields.values(), *([] if rest is None else [rest])]
        return world.bear(identity, state).descending(*lineage)

    def display(self, expression: Display, world: World, frame: Frame) -> Value:
        """``[a, b]``, ``(a, b)``, ``{a, b}``."""
        elements: list[Value] = []
        exact = True
        for each in expression.elements:
            if isinstance(each, Starred):
                value = self.machine.expressions.evaluate(each.value, world, frame)
                known = self.known_elements(value, world)
                exact = exact and known is not None
                elements += [self.element_of(value, world)] if known is None else known
            else:
                elements.append(self._kept(each, world, frame))
        birth = (id(expression), frame.path)
        if exact:
            return self.sequence(elements, world, birth)
        return self.many(join_values(elements), world, birth)

    def _kept(self, expression: Expression, world: World, frame: Frame) -> Value:
        """What goes into a container, which somebody may take out again: it has an identity."""
        value = self.machine.expressions.evaluate(expression, world, frame)
        return self.machine.assignments.settled(value, world)

    def dictionary(self, expression: DictDisplay, world: World, frame: Frame) -> Value:
        """``{key: value, **other}``."""
        fields: dict[Key, Value] = {}
        rest: Value | None = None
        for key, each in expression.items:
            name = None if key is None else self.machine.expressions.evaluate(key, world, frame)
            value = self._kept(each, world, frame)
            literal = None if name is None else name.constant
            if literal is not None:
                fields[literal.value] = value
            elif name is None and self.known_items(value, world) is not None:
                fields |= dict(self.known_items(value, world) or [])
            else:
                rest = value if rest is None else rest.join(value)
        return self.bear(Kind.MAPPING, fields, rest, world, (id(expression), frame.path))

    # Reading

    def known_elements(self, value: Value, world: World) -> list[Value] | None:
        """The elements of a container, if it is known which they are."""
        identity = value.only_object
        if identity is None:
            return None
        state = world.get(identity)
        if state.rest is not None:
            return None
        if state.kind is Kind.SEQUENCE:
            return list(state.fields.values())
        if state.kind is Kind.MAPPING:
            return [of_constant(key) for key in state.fields]
        return None

    def known_items(self, value: Value, world: World) -> list[tuple[str | None, Value]] | None:
        """The items of a dictionary with string keys, if it is known which they are."""
        identity = value.only_object
        if identity is None:
            return None
        state = world.get(identity)
        if state.kind is not Kind.MAPPING or state.rest is not None:
            return None
        return [(str(key), each) for key, each in state.fields.items()]

    def iterated(self, value: Value, world: World) -> list[Value] | None:
        """What an iteration hands out one after the other, if it is known."""
        thing = value.only_thing
        if isinstance(thing, Submodules):
            return self.machine.submodules.elements(thing, world)
        return self.known_elements(value, world)

    def is_sequence(self, value: Value, world: World) -> bool:
        """Whether a value is a list or tuple, perhaps one of several or of unknown length."""
        sequences = all(world.get(each).kind is Kind.SEQUENCE for each in value.objects)
        return bool(value.objects) and sequences

    def element_of(self, value: Value, world: World) -> Value:
        """Any one element of what a value may be."""
        found = NOTHING
        for identity in value.objects:
            found = found.join(self._any_element(identity, world))
        for thing in value.things:
            if isinstance(thing, Submodules):
                found = found.join(self._submodule(thing, world))
            elif isinstance(thing, Parameters):
                found = found.join(of_thing(thing))
            else:
                found = found.join(UNKNOWN)
        return found.descending(value)

    def _submodule(self, thing: Submodules, world: World) -> Value:
        return join_values(self.machine.submodules.elements(thing, world))

    def _any_element(self, identity: ObjectId, world: World) -> Value:
        state = world.get(identity)
        if state.kind is Kind.MAPPING:
            return UNKNOWN
        if state.kind is Kind.SEQUENCE:
            values = state.contents
            return join_values(values) if values else UNKNOWN
        if state.kind is Kind.INSTANCE:
            return UNKNOWN
        return world.child(identity, ANY_ELEMENT)

    def element(self, identity: ObjectId, index: Value, world: World) -> Value:
        """``object[index]``."""
        state = world.get(identity)
        key = index.constant
        if state.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return self.known_element(state, key)
        if state.kind is Kind.INSTANCE:
            return UNKNOWN
        if key is not None:
            return world.child(identity, key.value)
        return world.child(identity, ANY_ELEMENT)

    def sliced(
        self, value: Value, bounds: Sequence[Value | None], world: World, birth: object
    ) -> Value | None:
        """``list[a:b]``; of a container that is a module, a new one over the same layers.

        The mode of the new one itself decides nothing, so it is left open.
        """
        identity = value.only_object
        state = None if identity is None else world.get(identity)
        if identity is None or state is None or state.kind is Kind.INSTANCE:
            return None
        if state.kind is not Kind.SEQUENCE:
            return world.child(identity, ANY_ELEMENT) if state.kind is Kind.UNKNOWN else None
        elements = self.known_elements(value, world)
        limits = [None if each is None else each.constant for each in bounds]
        numbers = [each.value if each and isinstance(each.value, int) else None for each in limits]
        known = all(
            (each is None) == (number is None) for each, number in zip(bounds, numbers, strict=True)
        )
        if elements is None or not known:
            part = self.many(self.element_of(value, world), world, birth)
        else:
            part = self.sequence(elements[slice(*numbers)], world, birth)
        if state.registers and part.only_object is not None:
            inner = world.get(part.only_object)
            new = replace(inner, registers=True, library=state.library, sensitive=state.sensitive)
            world.put(part.only_object, new)
        return part

    def known_element(self, state: Object, key: Constant | None) -> Value:
        if key is not None and key.value in state.fields:
            return state.fields[key.value]
        if state.kind is Kind.SEQUENCE and key is not None and state.rest is None:
            values = list(state.fields.values())
            if isinstance(key.value, int) and -len(values) <= key.value < len(values):
                return values[key.value]
        values = state.contents
        return join_values(values) if values else UNKNOWN

    def unpacked_around(
        self, value: Value, before: int, after: int, world: World, birth: object
    ) -> list[Value]:
        """The values of ``a, *b, c = value``."""
        elements = self.known_elements(value, world)
        if elements is None or len(elements) < before + after:
            some = self.element_of(value, world)
            return [some] * before + [self.many(some, world, birth)] + [some] * after
        end = len(elements) - after
        middle = self.sequence(elements[before:end], world, birth)
        return [*elements[:before], middle, *elements[end:]]

    def unpacked(self, value: Value, count: int, world: World) -> list[Value]:
        """The values of ``a, b = value``, which may be one of several lists."""
        if count == 2 and any(isinstance(thing, Parameters) for thing in value.things):
            return [UNKNOWN, value]
        if count == 2 and Ranked() in value.things:
            return [UNKNOWN.descending(value), choice_of(value)]
        rows = [self._row(each, count, world) for each in sorted(value.objects)]
        if value.things or not rows:
            rows.append([UNKNOWN] * count)
        joined = [join_values(column) for column in zip(*rows, strict=True)]
        if len(rows) == 1 and value.only_object is not None:
            state = world.get(value.only_object)
            if state.kind is Kind.SEQUENCE:
                return joined
        return [each.descending(value) for each in joined]

    def _row(self, identity: ObjectId, count: int, world: World) -> list[Value]:
        elements = self.known_elements(of_object(identity), world)
        if elements is not None and len(elements) == count:
            return elements
        if world.get(identity).kind is Kind.SEQUENCE:
            return [self.element_of(of_object(identity), world)] * count
        if world.get(identity).kind in (Kind.UNKNOWN, Kind.MODULE):
            return [world.child(identity, index) for index in range(count)]
        return [UNKNOWN] * count

    def with_contents(self, value: Value, world: World, depth: int = DEEPEST_CONTENTS) -> Value:
        """A container as it is handed on: it descends from what was put into it since."""
        for identity in value.objects if depth else ():
            state = world.get(identity)
            if state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not state.is_module:
                contents = state.contents
                value = value.descending(
                    *(self.with_contents(each, world, depth - 1) for each in contents)
                )
        return value

    def is_container(self, identity: ObjectId, world: World) -> bool:
        """Whether an object is a list, a tuple or a dictionary."""
        return world.get(identity).kind in (Kind.SEQUENCE, Kind.MAPPING)

    # Writing

    def set_element(self, owner: Value, index: Value, value: Value, world: World) -> None:
        """``object[index] = value``."""
        for identity in owner.objects:
            state = world.get(identity)
            key = index.constant
            if key is not None and owner.only_object is not None:
                if state.kind is Kind.SEQUENCE:
                    world.put(identity, written(state, key.value, value))
                else:
                    world.put(identity, state.with_field(key.value, value))
            elif state.kind in (Kind.SEQUENCE, Kind.MAPPING):
                rest = value if state.rest is None else state.rest.join(value)
                world.put(identity, replace(state, rest=rest))

    def delete_element(self, owner: Value, index: Value, world: World) -> None:
        """``del object[index]``."""
        key = index.constant
        for identity in owner.objects:
            state = world.get(identity)
            if state.kind is Kind.SEQUENCE:
                only = owner.only_object is not None and key is not None
                world.put(identity, without(state, key.value if only and key else None))

    def extend(self, before: Value, added: Value, world: World) -> bool:
        """``list += other``; whether it was a list."""
        identity = before.only_object
        if identity is None or world.get(identity).kind is not Kind.SEQUENCE:
            return False
        self.machine.container_methods.extend(identity, added, ("extend",), world)
        return True

    def concatenate(self, left: Value, right: Value, world: World) -> Value | None:
        """``left + right`` of two lists, ``left * number``."""
        first, second = self.known_elements(left, world), self.known_elements(right, world)
        times = right.constant
        if first is not None and times is not None and isinstance(times.value, int):
            second, first = first * max(times.value - 1, 0), first if times.value > 0 else []
        birth = ("+", left.only_object, right.only_object)
        if first is not None and second is not None:
            return self.sequence([*first, *second], world, birth) if first or second else None
        kinds = {world.get(each).kind for each in left.objects | right.objects}
        if kinds != {Kind.SEQUENCE} or not left.objects or not right.objects:
            return None
        element = self.element_of(left, world).join(self.element_of(right, world))
        return self.many(element, world, birth)

    # Builtins over containers


def join_values(values: Sequence[Value]) -> Value:
    joined = NOTHING
    for value in values:
        joined = joined.join(value)
    return joined


def _of_its_own(rest: Value | None) -> Sensitivity:
    """A plain container reacts to no mode, but nobody knows what all the rest of it may be."""
    return Sensitivity.NO if rest is None or rest.objects else Sensitivity.UNKNOWN
