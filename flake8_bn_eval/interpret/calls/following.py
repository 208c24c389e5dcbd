"""Which functions are run where they are called, if not all are: those that may tell anything.

A function of the judged file is always run, while there is time.  One of another file is run
if the names in it speak of modes, gradient modes or modules, or if it is handed a module;
else it is known that it sets nothing, and what it returns is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flake8_bn_eval.flow.nodes import held
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.telling import SETTING, read_in
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.things import Class, External, Function, ObjectId, Thing
from flake8_bn_eval.modes.values import Value, of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    DictDisplay,
    Expression,
    FunctionDefinition,
    Name,
    Place,
    Variable,
    file_of,
)

LOADING = frozenset({"load_state_dict", "DataParallel", "DistributedDataParallel"})
"""Methods and wrappers by which a function shows that it returns a module."""

COMMON = frozenset({"with", "grad"})
"""Names that tell something and that very many functions mention."""


FORWARD = "forward"
CONTAINERS = frozenset({Kind.SEQUENCE, Kind.MAPPING})


class Following:
    """Tells what is worth running, and what a call that is not run returns."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._making: dict[int, bool] = {}
        """The functions that were asked whether they make a module, by their identity."""
        self._reading: dict[int, bool] = {}
        """Those that were asked whether they read a table of classes."""

    def skips(self, function: Function, arguments: Arguments, world: World) -> bool:
        """Whether a call is not worth running."""
        definition = function.definition
        if self.machine.program.has(definition.place) or self._has_module(arguments, world):
            return False
        if self._calls_held_module(function, world) or _has_loss(arguments):
            return False
        if not definition.called_names.isdisjoint(self._telling):
            return False
        if self._hands_on(function, arguments) or self._reads_output(definition, arguments):
            return False
        if self._keeps_functions(function.receiver, world) or _makes_table(definition):
            return False
        return not (self._makes_module(definition) or self._reads_table(definition, world))

    def _hands_on(self, function: Function, arguments: Arguments) -> bool:
        """Whether a call takes or gives a function, as those do that register what is called.

        A file of the project holds functions and classes to choose from.
        """
        if self.machine.telling.inner_functions(function.definition):
            return True
        return any(
            isinstance(thing, Function | Class)
            or isinstance(thing, External)
            and self.machine.links.is_file(thing.path)
            for thing in (each.only_thing for each in arguments)
        )

    def _keeps_functions(self, receiver: ObjectId | None, world: World, depth: int = 3) -> bool:
        """Whether an object keeps in lists or tables what it calls, or makes modules of."""
        state = None if receiver is None else world.shape(receiver)
        if state is None or depth == 0:
            return False
        if state.kind in CONTAINERS:
            things = (thing for each in state.contents for thing in each.things)
            if any(isinstance(each, Function) or self.may_make(each) for each in things):
                return True
        return any(
            self._keeps_functions(identity, world, depth - 1)
            for each in state.contents
            for identity in each.objects
            if world.shape(identity).kind in CONTAINERS
        )

    def _reads_output(self, definition: FunctionDefinition, arguments: Arguments) -> bool:
        """Whether a function reads the numbers of the output that it is given."""
        given = any(each.lineage for each in arguments)
        return given and self.machine.telling.reads_something(definition)

    def _reads_table(self, definition: FunctionDefinition, world: World) -> bool:
        """Whether a function reads a table of classes: ``MODELS[name](...)`` makes a module."""
        known = self._reading.get(id(definition))
        if known is None:
            file = file_of(definition.scope)
            variables = sorted(each for each in read_in(definition) if each[0] == file)
            known = any(self._is_table(variable, world) for variable in variables)
            self._reading[id(definition)] = known
        return known

    def _is_table(self, variable: Variable, world: World) -> bool:
        """Whether a variable of a file holds classes of modules, or functions that make one."""
        links = self.machine.links
        value = links.unassigned(variable)
        tables = [] if value is None else [world.shape(each) for each in value.objects]
        elements = [links.settled(each) for table in tables for each in table.contents]
        return any(self.may_make(thing) for each in elements for thing in each.things)

    def may_make(self, thing: Thing) -> bool:
        """Whether it is a class of modules, or a function that calls what a library makes."""
        if isinstance(thing, Class):
            return self.machine.classes.is_module(thing) is True
        return isinstance(thing, Function) and self._makes_module(thing.definition)

    def _makes_module(self, definition: FunctionDefinition) -> bool:
        """Whether a function calls what is imported from a library and makes a module."""
        known = self._making.get(id(definition))
        if known is None:
            paths = (self._path(call.callee) for call in definition.calls)
            rows = (self.machine.knowledge.callable(path) for path in paths if path is not None)
            known = any(row is not None and row.returns == "module" for row in rows)
            self._making[id(definition)] = known
        return known

    def _path(self, callee: Expression) -> str | None:
        """The dotted path of something imported, as it is written."""
        match callee:
            case Name(variable=variable):
                return self._imported.get(variable)
            case Attribute():
                owner = self._path(callee.value)
                return None if owner is None else f"{owner}.{callee.name}"
        return None

    @cached_property
    def _imported(self) -> dict[Variable, str]:
        return {
            variable: path
            for each in self.machine.telling.imports
            for variable, path in each.bindings
        }

    def is_cut_off(
        self, function: Function, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> bool:
        """Whether a call is too deep or comes too late to be followed."""
        if not frame.too_deep and not self._is_late(function, arguments, world, frame, place):
            return False
        self.machine.recorder.cut_off(function.definition, world.gradients)
        return True

    def _is_late(
        self, function: Function, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> bool:
        """Whether there is no time for a call; where it may tell something, that is reported."""
        machine = self.machine
        if not machine.is_hasty:
            return False
        if self._may_wait(function, arguments, world, frame):
            return True
        if not machine.follows_calls:
            machine.recorder.stop_following(frame.place_in(machine.program, place))
        return not machine.follows_calls

    def _may_wait(
        self, function: Function, arguments: Arguments, world: World, frame: Frame
    ) -> bool:
        """Whether a call tells nothing, of all that is left where there is little time.

        The parts that a constructor makes are in training mode in any case.
        """
        definition, telling = function.definition, self.machine.telling
        if telling.is_worth_running(definition) or telling.sets_mode(definition):
            return False
        if frame.in_constructor:
            return True
        makes_parts = definition.name == "__init__"
        tells = not makes_parts and not definition.called_names.isdisjoint(self._telling)
        if tells or self._has_module(arguments, world):
            return False
        return not self._calls_held_module(function, world)

    def skips_constructor(self, class_: Class, arguments: Arguments, world: World) -> bool:
        """Whether making an object need not be followed: a module that surely has a mode."""
        if self._is_own(class_.definition.place):
            return False
        if self._has_module(arguments, world) or not self.machine.classes.is_module(class_):
            return False
        names = {name for each in self.machine.classes.lineage(class_) for name in _names(each)}
        sets = self.machine.telling.setting_modes | self.machine.telling.freezing
        return names.isdisjoint(sets) and not names.isdisjoint(self._sensitive)

    def _calls_held_module(
        self, function: Function, world: World, asked: frozenset[int] = frozenset()
    ) -> bool:
        """Whether a method calls its module or one that its object holds, or a closure does so.

        It may also do so through another method of the object.
        """
        definition = function.definition
        called = definition.called_names
        if self._is_of_unseen_module(function, world):
            return self.machine.telling.may_call_module(definition)
        held = [value for (_, name), value in function.captured if name in called]
        if FORWARD in called:
            held += [value for _, value in function.captured]
        if function.receiver is not None:
            used = called | _parts_used(definition)
            own_fields = [world.field(function.receiver, f".{name}") for name in sorted(used)]
            held += [each for each in own_fields if each is not None]
            own = {FORWARD, *(parameter.name for parameter in definition.parameters[:1])}
            held += [] if called.isdisjoint(own) else [of_object(function.receiver)]
        if self._has_module(Arguments(tuple(held)), world):
            return True
        asked |= {id(definition)}
        return any(
            id(other.definition) not in asked and self._calls_held_module(other, world, asked)
            for other in self._own_methods(function, world)
        )

    def _is_of_unseen_module(self, function: Function, world: World) -> bool:
        """Whether it is the method of a module whose constructor was not worth following."""
        state = None if function.receiver is None else world.shape(function.receiver)
        return state is not None and state.is_module and not state.seen and state.class_ is not None

    def _own_methods(self, function: Function, world: World) -> Iterator[Function]:
        """The other methods of its object that a method calls."""
        receiver = function.receiver
        class_ = None if receiver is None else world.shape(receiver).class_
        if class_ is None:
            return
        for name in sorted(function.definition.called_names):
            member = self.machine.classes.member(class_, name)
            other = None if member is None else member.only_thing
            if isinstance(other, Function):
                yield replace(other, receiver=receiver)

    def _is_own(self, place: Place) -> bool:
        """Whether something is of the judged file, and there is time for all that is in it."""
        return self.machine.program.has(place) and not self.machine.is_hasty

    def _has_module(self, arguments: Arguments, world: World) -> bool:
        return any(
            self.machine.results.is_like_module(world.shape(identity))
            for argument in arguments
            for identity in argument.objects
        )

    @cached_property
    def _telling(self) -> frozenset[str]:
        classes = self.machine.telling.classes
        modules = {each.name for each in classes if "forward" in each.methods}
        known = self.machine.knowledge.names_of_modules
        made = {name for name in known if name[:1].isupper() or "_" in name}
        makers = {each.name for each in self.machine.telling.functions if self._makes_module(each)}
        return self.machine.telling.spread((SETTING - COMMON) | LOADING | made | modules | makers)

    @cached_property
    def _sensitive(self) -> frozenset[str]:
        return self.machine.telling.spread(self.machine.knowledge.names_of_sensitive)

    def skipped(
        self, function: Function, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """What a call returns that is not run."""
        name = function.definition.name
        return self.machine.results.unknown(name, arguments, world, frame, place, harmless=True)


def _makes_table(definition: FunctionDefinition) -> bool:
    """Whether a constructor makes an empty table, which may be filled with functions or classes."""
    assigned = (each for each in held(definition.body) if isinstance(each, Assign))
    empty = (isinstance(each.value, DictDisplay) and not each.value.items for each in assigned)
    return definition.name == "__init__" and any(empty)


def _has_loss(arguments: Arguments) -> bool:
    """Whether a loss with a graph is handed over, which may be differentiated somewhere."""
    return any(argument.connected and Tag.LOSS in argument.tags for argument in arguments)


def _parts_used(definition: FunctionDefinition) -> set[str]:
    """The attributes of its object whose methods a method calls: ``self.crf.decode(x)``."""
    if not definition.parameters:
        return set()
    own = definition.scope, definition.parameters[0].name
    found = set[str]()
    for call in definition.calls:
        each = call.callee
        while isinstance(each, Attribute):
            if isinstance(each.value, Name) and each.value.variable == own:
                found.add(each.name)
            each = each.value
    return found


def _names(class_: Class) -> frozenset[str]:
    """The names that the methods of a class call."""
    methods = class_.definition.methods.values()
    return frozenset().union(*(method.called_names for method in methods))
