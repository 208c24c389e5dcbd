"""What the methods and builtins of containers do: `append`, `items`, `zip` and the like."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.data.containers import join_values
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.objects import Key, Kind, Object
from flake8_bn_eval.modes.sequences import backwards, blurred, inserted, reordered, without
from flake8_bn_eval.modes.things import Constant, Function, GradientContext, ObjectId
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_constant, of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Place,
)


class ContainerMethods:
    """Calls on containers."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def method(
        self, identity: ObjectId, name: str, arguments: Arguments, world: World, place: Place
    ) -> Value | None:
        """A method of a container; None if it is none of the usual ones."""
        state = world.get(identity)
        given = arguments.get(0, None)
        match name:
            case "append" | "add" | "appendleft" if given is not None:
                self.append(identity, given, ("append", place), world)
                return UNKNOWN
            case "insert" | "reverse" | "sort" | "remove" | "pop" | "popleft" | "clear" if (
                state.kind is Kind.SEQUENCE
            ):
                return self._rearranged(identity, name, arguments, world, place)
            case "extend" if given is not None:
                self.extend(identity, given, ("extend", place), world)
                return UNKNOWN
            case "values":
                return self._view(list(state.fields.values()), state, world, (identity, name))
            case "keys":
                return of_object(identity)
            case "items":
                return self._items(identity, state, world)
            case "get" | "pop" | "setdefault" if state.kind is Kind.MAPPING and given is not None:
                found = self.machine.containers.known_element(state, given.constant)
                return found if len(arguments) < 2 else found.join(arguments.positional[1])
            case "update" if given is not None and state.kind is Kind.MAPPING:
                world.put(identity, self._updated(state, given, world))
                return UNKNOWN
            case "update" if given is None and state.kind is Kind.MAPPING:
                named: dict[Key, Value] = {
                    key: value for key, value in arguments.keywords if key is not None
                }
                world.put(identity, replace(state, fields={**state.fields, **named}))
                return UNKNOWN
            case "copy":
                birth = ("copy", identity, place)
                return self.machine.containers.bear(
                    state.kind, state.fields, state.rest, world, birth
                )
            case "_replace" | "_asdict" if state.class_ is not None:
                return self.machine.holders.tuple_method(identity, name, arguments, world, place)
        return None

    def _updated(self, state: Object, given: Value, world: World) -> Object:
        """A dictionary to which another is added; one that is unknown may have any key."""
        rest = UNKNOWN if state.rest is None else state.rest.join(UNKNOWN)
        items = self.machine.containers.known_items(given, world)
        if items is None:
            fields = {key: value.join(UNKNOWN) for key, value in state.fields.items()}
        else:
            fields = {**state.fields, **dict(items)}
        return replace(state, fields=fields, rest=rest)

    def _rearranged(
        self, identity: ObjectId, name: str, arguments: Arguments, world: World, place: Place
    ) -> Value:
        """A method of a list after which other elements are at other places."""
        state, first = world.get(identity), arguments.get(0, None)
        index = None if first is None or first.constant is None else first.constant.value
        result = UNKNOWN
        match name:
            case "insert" if len(arguments) == 2:
                changed = inserted(state, index, ("insert", place), arguments.positional[-1])
            case "reverse":
                changed = backwards(state)
            case "pop" | "popleft":
                end = 0 if name == "popleft" else -1
                at = Constant.of(end) if first is None else first.constant
                result = self.machine.containers.known_element(state, at)
                changed = without(state, None if at is None else at.value)
            case "clear":
                changed = replace(reordered(state, []), rest=None)
            case _:
                changed = blurred(state)
        world.put(identity, changed)
        return result

    def extend(self, identity: ObjectId, added: Value, key: tuple[Key, ...], world: World) -> None:
        """Append what a value hands out."""
        elements = self.machine.containers.known_elements(added, world)
        if elements is None:
            elements = [self.machine.containers.element_of(added, world)]
        for number, each in enumerate(elements):
            self.append(identity, each, (*key, number), world)

    def append(self, identity: ObjectId, value: Value, key: Key, world: World) -> None:
        """Append once per place is a known element; again at the same place it is any number."""
        self.machine.recorder.use(value.lineage, Use.KEPT)
        value = self.machine.assignments.settled(value, world)
        state = world.get(identity)
        telling = value.objects or any(
            isinstance(thing, Function | GradientContext) for thing in value.things
        )
        known = state.fields.get(key)
        if telling and known is None and state.rest is None:
            world.put(identity, state.with_field(key, value))
        elif known is None or known.join(value) != known:
            rest = value if state.rest is None else state.rest.join(value)
            world.put(identity, replace(state, rest=rest))

    def _view(self, elements: list[Value], state: Object, world: World, birth: object) -> Value:
        if state.rest is None:
            return self.machine.containers.sequence(elements, world, birth)
        return self.machine.containers.many(join_values([*elements, state.rest]), world, birth)

    def _items(self, identity: ObjectId, state: Object, world: World) -> Value:
        pairs = [
            self.machine.containers.sequence(
                [of_constant(key), value], world, ("item", identity, key)
            )
            for key, value in state.fields.items()
        ]
        if state.rest is not None:
            pairs.append(
                self.machine.containers.sequence([UNKNOWN, state.rest], world, ("item", identity))
            )
            return self.machine.containers.many(join_values(pairs), world, ("items", identity))
        return self.machine.containers.sequence(pairs, world, ("items", identity))

    def builtin(self, name: str, arguments: Arguments, world: World, birth: object) -> Value | None:
        """``list``, ``enumerate``, ``zip`` and their like; None for any other builtin."""
        given = arguments.get(0, None)
        if given is None:
            return self.machine.containers.sequence([], world, birth) if name == "list" else None
        match name:
            case "list" | "tuple" | "set" | "sorted" | "reversed" | "iter" | "tqdm":
                return self._relisted(name, given, world, birth)
            case "enumerate":
                return self._paired([None, given], world, birth)
            case "zip":
                return self._paired(list(arguments.positional), world, birth)
        return None

    def _relisted(self, name: str, given: Value, world: World, birth: object) -> Value | None:
        elements = self.machine.containers.known_elements(given, world)
        if elements is not None:
            ordered = elements[::-1] if name == "reversed" else elements
            return self.machine.containers.sequence(ordered, world, birth)
        if self.machine.containers.is_sequence(given, world):
            element = self.machine.containers.element_of(given, world)
            return self.machine.containers.many(element, world, birth)
        return given if given.objects or given.things - UNKNOWN.things else None

    def _paired(self, columns: list[Value | None], world: World, birth: object) -> Value | None:
        known = [
            self.machine.containers.known_elements(each, world)
            for each in columns
            if each is not None
        ]
        lengths = {len(each) for each in known if each is not None}
        exact = None not in known and len(lengths) == 1
        rows = range(lengths.pop()) if exact else range(1)
        pairs: list[Value] = []
        for row in rows:
            cells = [self._cell(each, row, world) for each in columns]
            pairs.append(self.machine.containers.sequence(cells, world, (birth, row)))
        if exact:
            return self.machine.containers.sequence(pairs, world, birth)
        return self.machine.containers.many(join_values(pairs), world, birth)

    def _cell(self, column: Value | None, row: int, world: World) -> Value:
        if column is None:
            return UNKNOWN
        elements = self.machine.containers.known_elements(column, world)
        if elements is None or row >= len(elements):
            return self.machine.containers.element_of(column, world)
        return elements[row]
