"""``for`` loops: how often they run, over what, and what is true when they are over.

A loop over a list of unknown length runs once for each object that stands for some of
its elements.  Inside, that object is the one element of the pass; after the loop every
element has had its pass.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.data.containers import MOST_PASSES
from flake8_bn_eval.interpret.data.outputs import OF_DATA
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.joins import join_objects
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.states import State, merge
from flake8_bn_eval.modes.things import (
    Constant,
    Function,
    GradientContext,
    Lazy,
    Mapped,
    ObjectId,
    Parameters,
    Submodules,
    Unknown,
)
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Attribute,
    Call,
    DictDisplay,
    Display,
    Expression,
    Iterate,
    Name,
    Variable,
)

LITERAL_ITERATORS = frozenset({"enumerate", "zip", "reversed", "list", "tuple", "sorted", "iter"})
LITERAL_VIEWS = frozenset(
    {"items", "values", "keys", "modules", "named_modules", "children", "named_children"}
)
MOST_PHASES = 4
"""More literals than these name no phases, but files or classes or the like."""
PASSING_ON = frozenset({"enumerate", "reversed", "list", "tuple", "sorted", "iter"})


class Loops:
    """Iterates."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def literal_passes(self, header: Iterate, world: World, frame: Frame) -> int | None:
        """How many elements a loop runs over, where it is worth telling them apart."""
        if not _may_be_literal(header.iterable):
            return None
        peeked = self.machine.splitting.peek(header.iterable, world)
        if peeked is None:
            return None
        value, scratch = peeked
        elements = self.machine.containers.iterated(value, scratch)
        if elements is None or len(elements) > MOST_PASSES:
            return None
        if not elements and not isinstance(header.iterable, Display):
            return None
        if len(elements) > MOST_PHASES and all(each.constant is not None for each in elements):
            return None
        return len(elements) if all(_telling(each) for each in elements) else None

    def named_list(self, header: Iterate, world: World) -> ObjectId | None:
        """The list that a loop over a name or an attribute runs over, and others may add to."""
        if not isinstance(header.iterable, Name | Attribute):
            return None
        peeked = self.machine.splitting.peek(header.iterable, world)
        identity = None if peeked is None else peeked[0].only_object
        state = None if identity is None else world.objects.get(identity)
        return identity if state is not None and state.kind is Kind.SEQUENCE else None

    def next_element(self, header: Iterate, world: World, frame: Frame, index: int | None) -> Value:
        """The element that a pass of a loop takes."""
        if index:
            waiting = world.names.remove(_waiting(header, frame, index))
            if waiting is not None:
                return waiting
        value = self.machine.expressions.evaluate(header.iterable, world, frame)
        value = self._begun(value, world, frame)
        if index is not None:
            elements = self.machine.containers.iterated(value, world)
            if elements is not None and index < len(elements):
                # What is iterated is evaluated once, whatever the passes do to its names.
                for later in range(index + 1, len(elements)):
                    world.names[_waiting(header, frame, later)] = elements[later]
                return elements[index]
        tags = self.machine.data.tags_of(header.iterable)
        if value.tags & OF_DATA:
            tags = ()
        is_data = tags or value.tags & OF_DATA or isinstance(header.target, Display)
        if is_data and not self._holds_known(value, world):
            return self.machine.data.handed_out(value, tags)
        element = self.machine.containers.element_of(value, world)
        return UNKNOWN.descending(element) if _is_one_of_literals(element) else element

    def _begun(self, value: Value, world: World, frame: Frame) -> Value:
        """All that a lazy value yields; in a pass of the loop some of it is still to come."""
        is_lazy = isinstance(value.only_thing, Lazy | Mapped)
        before = world.fork() if is_lazy else None
        elements = self.machine.generators.consumed(value, world, frame)
        if before is not None and before.version != world.version:
            world.become(world.fork().join(before))
        return elements

    def _holds_known(self, value: Value, world: World) -> bool:
        kinds = {world.get(identity).kind for identity in value.objects}
        if kinds and kinds <= {Kind.SEQUENCE, Kind.MAPPING}:
            return True
        return any(isinstance(thing, Submodules | Parameters) for thing in value.things)

    # Loops of unknown length

    def each_of(self, header: Iterate, world: World, frame: Frame) -> list[ObjectId]:
        """The objects that stand for the elements of a list of unknown length."""
        if not isinstance(header.target, Name) or not _may_be_literal(header.iterable):
            return []
        peeked = self.machine.splitting.peek(header.iterable, world)
        if peeked is None:
            return []
        value, scratch = peeked
        identity = value.only_object
        state = None if identity is None else scratch.get(identity)
        if state is None or state.kind is not Kind.SEQUENCE or state.rest is None:
            return []
        values = [*state.fields.values(), state.rest]
        objects = sorted({each for value in values for each in value.objects})
        modules = all(each in world.objects and world.get(each).may_be_module for each in objects)
        return objects if modules and not any(value.things for value in values) else []

    def focus(self, identity: ObjectId, world: World) -> None:
        """In this pass an object is the one element that the pass is about."""
        for each in self.machine.makeup.family(identity, world):
            state = world.get(each)
            if state.many:
                world.objects[each] = replace(state, many=False)

    def left(self, header: Iterate, state: State, passes: list[State], frame: Frame) -> State:
        """After the last pass: every element has had one."""
        if not passes:
            return state
        objects = self.each_of(header, state[0], frame)
        # Where a loop over the indices of a list does not run, there is no element to speak of.
        if header.indexes or self.runs_once(header.iterable, state[0], frame):
            after = merge([world for each in passes for world in each])
        else:
            after = state
        if len(objects) == len(passes):
            for identity, last in zip(objects, passes, strict=True):
                for world in after:
                    self._finish(identity, last, state[0], world)
        return after

    def _finish(self, element: ObjectId, last: State, entry: World, world: World) -> None:
        for each in self.machine.makeup.family(element, last[0]):
            done: Object | None = None
            for other in last:
                mine = other.objects.get(each)
                if mine is not None:
                    done = mine if done is None else join_objects(done, mine)
            known = entry.objects.get(each)
            if done is not None:
                many = known is not None and known.many
                world.put(each, replace(done, many=many))

    def interrupted(self, header: Iterate, entry: State, state: State, frame: Frame) -> State:
        """After a ``break``: some elements have had no pass."""
        for element in self.each_of(header, entry[0], frame):
            for world in state:
                for each in self.machine.makeup.family(element, world):
                    known = entry[0].objects.get(each)
                    if known is not None:
                        world.put(each, join_objects(known, world.get(each)))
        return state

    def runs_once(self, iterable: Expression, world: World, frame: Frame) -> bool:
        """Whether there surely is an element."""
        match iterable:
            case Call(callee=Attribute(name="parameters" | "named_parameters")):
                # A module without any is nothing that anybody freezes or trains.
                return True
            case Call(callee=Name(variable=(scope, "range"))) if scope == BUILTIN_SCOPE:
                peeked = [self.machine.splitting.peek(each, world) for each in iterable.arguments]
                values = [None if each is None else each[0].constant for each in peeked]
                numbers = [each.value for each in values if each and isinstance(each.value, int)]
                return 0 < len(numbers) == len(values) < 3 and bool(range(*numbers))
            case Call(callee=Name(variable=(scope, name)), arguments=[first, *_]):
                if scope == BUILTIN_SCOPE and name in PASSING_ON or name == "tqdm":
                    return self.runs_once(first, world, frame)
        return False


def _telling(value: Value) -> bool:
    """Whether it matters which element it is: a module, or a literal that names a phase."""
    if value.objects:
        return True
    constant = value.constant
    if constant is not None:
        return isinstance(constant.value, str | bool)
    return any(isinstance(thing, Function | GradientContext) for thing in value.things)


def _is_one_of_literals(value: Value) -> bool:
    """Whether it is a flag: tests of it answer each other, as those of an unknown value do."""
    literal = all(isinstance(thing, Constant | Unknown) for thing in value.things)
    return literal and len(value.things) > 1 and not value.objects


def _waiting(header: Iterate, frame: Frame, index: int) -> Variable:
    """The name under which an element waits for its pass."""
    scope = 0 if frame.definition is None else frame.definition.scope
    return scope, f"<element {index} of {header.place}>"


def _may_be_literal(expression: Expression) -> bool:
    match expression:
        case Name() | Attribute() | Display() | DictDisplay():
            return True
        case Call(callee=Name(variable=(scope, name))):
            return scope == BUILTIN_SCOPE and name in LITERAL_ITERATORS
        case Call(callee=Attribute(name=name)):
            return name in LITERAL_VIEWS
    return False
