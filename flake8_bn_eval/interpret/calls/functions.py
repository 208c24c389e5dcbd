"""Functions of the file: defining them, binding arguments, running their bodies.

A call runs the body with the caller's world, so a summary is never more general than
its use.  Recursion and very deep calls are not followed: their effect is unknown.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.flow.nodes import Exit
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.calls.closures import Captured, cells, closed_over, uncover
from flake8_bn_eval.interpret.calls.summaries import Effects, Summaries, Summary
from flake8_bn_eval.interpret.control.steps import RESULT
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, Unreachable, unset
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.footprints import Footprint
from flake8_bn_eval.modes.holding import sweep
from flake8_bn_eval.modes.identities import about_object
from flake8_bn_eval.modes.lattice import Gradients
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.states import State, join_all
from flake8_bn_eval.modes.things import Function, GradientContext, Pending, Thing
from flake8_bn_eval.modes.values import NONE, UNKNOWN, Value, of_object, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Enter,
    FunctionDefinition,
    Name,
    Opaque,
    Parameter,
    Place,
)

Body = Callable[[State], Exits[State]]


class Functions:
    """Defines, enters and leaves functions."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._summaries = Summaries()
        self._memory: dict[object, Value] = {}
        """Results of calls that changed nothing."""

    def define(self, definition: FunctionDefinition, world: World, frame: Frame) -> Value:
        """The value of a ``def``: its defaults are evaluated now, its decorators applied."""
        function = Function(definition, defaults=self.defaults(definition, world, frame))
        return self.machine.decorators.applied(function, world, frame)

    def defaults(
        self, definition: FunctionDefinition, world: World, frame: Frame
    ) -> tuple[tuple[str, Value], ...]:
        """What the parameters are where no argument is given."""
        return tuple(
            (each.name, self.machine.expressions.evaluate(each.default, world, frame))
            for each in definition.parameters
            if each.default is not None
        )

    # Calls

    def call(
        self, function: Function, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """Call a function of the file; a generator's body waits for somebody who iterates."""
        if function.definition.generator:
            return of_thing(Pending(function, arguments.positional, arguments.keywords, place))
        return self.run(function, arguments, world, frame, place)

    def run(
        self,
        function: Function,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        *,
        inside_forward: bool = False,
    ) -> Value:
        """Run a function's body; the world becomes the one that the caller goes on with."""
        definition = function.definition
        recursive = frame.runs(definition)
        if recursive and frame.runs_function(function):
            self.machine.recorder.unfollowed.add(definition)
            return self.machine.unseen_calls.recursive(function, arguments, world)
        if self.machine.following.skips(function, arguments, world):
            return self.machine.following.skipped(function, arguments, world, frame, place)
        if self.machine.following.is_cut_off(function, arguments, world, frame, place):
            return self.machine.unseen_calls.cut_off(function, arguments, world)
        key = self._memory_key(function, arguments, world, frame)
        known = None if key is None else self._memory.get(key)
        if known is not None and all(each in world.objects for each in known.objects):
            return known
        before = world.version, world.edits
        apart = world.suspend(definition.scope) if recursive else 0
        result = self._summarized(function, arguments, world, frame, place, inside_forward)
        if recursive:
            world.resume(definition.scope, apart)
        if key is not None and (world.version, world.edits) == before:
            self._memory[key] = result
        return result

    def _memory_key(
        self, function: Function, arguments: Arguments, world: World, frame: Frame
    ) -> object:
        """Calls with equal keys do the same; None where that is not sure."""
        for argument in arguments:
            for identity in argument.objects:
                if world.shape(identity).kind in (Kind.SEQUENCE, Kind.MAPPING):
                    return None
        if function.captured or self.machine.runner.watched:
            return None
        assumed = world.assumptions.named
        return function, arguments, world.version, world.edits, frame.inside_forward, assumed

    def _summarized(
        self,
        function: Function,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        inside_forward: bool,
    ) -> Value:
        """Run the body, unless a call on the same way has found the same before."""
        if frame.on_yield is not None:
            result, _ = self._follow(function, arguments, world, frame, place, inside_forward)
            return self._come_back(result)
        watched = self.machine.runner.watched
        way = frame.path, place, *frame.passes.items()
        call = function, arguments, inside_forward or frame.inside_forward, watched
        known = self._summaries.find(call, way, world)
        outer = world.watching
        if known is None:
            entry, footprint = world.fork(), Footprint()
            world.note_reads(footprint)
            result, raised = self._follow(
                function, arguments, world, frame, place, inside_forward, since=entry
            )
            world.note_reads(outer)
            entry.note_reads(None)
            if result is not None:
                sweep(world, entry, result)
            after = None if result is None else Effects.between(entry, world)
            known = Summary.of(
                entry,
                footprint,
                after,
                NONE if result is None else result,
                None if not raised else Effects.between(entry, join_all(raised)),
            )
            self._summaries.keep(call, way, known)
        else:
            if known.raised is not None:
                interrupted = world.fork()
                known.raised.apply(interrupted)
                self.machine.runner.may_raise((interrupted,))
            if known.effects is not None:
                known.effects.apply(world)
        if outer is not None:
            outer.include(known.footprint)
        return self._come_back(None if known.effects is None else known.result)

    def _come_back(self, result: Value | None) -> Value:
        if result is None:
            raise Unreachable
        return result

    def _follow(
        self,
        function: Function,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        inside_forward: bool,
        since: World | None = None,
    ) -> tuple[Value | None, State]:
        """What a body returns, None where it never does, and how it may be left by raising.

        What it has made since an earlier world, an exception leaves half-made to nobody.
        """
        definition = function.definition
        inner = frame.enter(
            definition,
            place,
            function.receiver,
            function.owner,
            inside_forward or frame.inside_forward,
        )
        inner.captured = function.captured
        self.machine.inheritance.note_entered(definition, function.receiver, world)
        edits = world.edits
        exits = self.enter(function, arguments, world, inner)
        raised = exits.get(Exit.RAISE, ())
        self._raise(raised, definition.scope, since)
        result = self._leave(function, exits, inner, world)
        if not inner.reaches_out:
            world.edits = edits
        return result, raised

    def enter(
        self,
        function: Function,
        arguments: Arguments,
        world: World,
        inner: Frame,
        *,
        watched: bool = False,
    ) -> Exits[State]:
        """Bind the arguments and run the body; its exits, with the caller's gradient mode."""
        definition = function.definition
        hidden = {variable: world.names.get(variable) for variable, _ in function.captured}
        captured = cells(function.captured, world)
        world.names.assign_all(captured)
        self.bind(function, arguments, world, inner)
        before = world.gradients
        self.enter_decorators(function, world, inner)
        exits = self._inside_managers(
            list(function.decorators),
            (world,),
            lambda state: self._run_body(definition, state, inner, watched),
            inner,
        )
        if function.decorators:
            _restore(exits, before)
        uncover(hidden, dict(captured), exits)
        return exits

    def _inside_managers(
        self, decorators: list[Thing], state: State, body: Body, frame: Frame
    ) -> Exits[State]:
        """Run a body inside the home-made context managers that decorate its function."""
        managers = [each for each in decorators if isinstance(each, Pending)]
        if not managers:
            return body(state)
        first, *others = managers
        assert frame.definition is not None
        enter = Enter(Opaque([]), None, frame.definition.place)

        def inner(inside: State) -> Exits[State]:
            return self._inside_managers(list(others), inside, body, frame)

        return self.machine.contexts.in_generators(enter, first, state, inner, frame)

    def enter_decorators(self, function: Function, world: World, frame: Frame) -> None:
        """Put the world in the gradient mode that a function's decorators give its body."""
        for context in function.decorators:
            if isinstance(context, GradientContext):
                self.machine.contexts.apply(context, world, frame, function.definition.place)

    def note_returned(self, world: World, scope: int) -> None:
        """What a function returns leaves for a caller that nobody has seen."""
        value = world.names.get((scope, RESULT))
        if value is not None:
            value = self.machine.containers.with_contents(value, world)
            self.machine.recorder.use(value.connected, Use.RETURNED)
            self.machine.recorder.use(value.derived, Use.RETURNED_DATA)
            if value.is_choice:
                self.machine.recorder.use(value.derived, Use.READ)

    def _run_body(
        self, definition: FunctionDefinition, state: State, inner: Frame, watched: bool
    ) -> Exits[State]:
        runner = self.machine.runner
        self.machine.entered.add(id(definition))
        outer, self.machine.frame = self.machine.frame, inner
        try:
            if watched or runner.watched:
                return runner.contained(definition.body, state)
            return runner.run(definition.body, state)
        finally:
            self.machine.frame = outer

    def _raise(self, raised: State, scope: int, since: World | None) -> None:
        for each in raised:
            each.unbind_scope(scope)
            if since is not None:
                sweep(each, since)
        if raised:
            self.machine.runner.may_raise(raised)

    def _leave(
        self, function: Function, exits: Exits[State], inner: Frame, world: World
    ) -> Value | None:
        definition, scope = function.definition, function.definition.scope
        worlds = self._returning(exits, scope)
        yields = [each for each, _ in inner.yielded]
        if not worlds and not yields:
            return None
        after = join_all([*worlds, *yields])
        result = after.names.remove((scope, RESULT)) or NONE
        if definition.generator:
            result = self.machine.comprehensions.generated(inner, after)
        result = closed_over(result, scope, function.captured, after, self.machine.escaped)
        self.let_go(definition, function.captured, after)
        after.unbind_scope(scope)
        world.become(after)
        return result

    def _returning(self, exits: Exits[State], scope: int) -> list[World]:
        worlds: list[World] = []
        for world in exits.get(Exit.NEXT, ()):
            world.names[scope, RESULT] = NONE
            worlds.append(world)
        worlds += exits.get(Exit.RETURN, ())
        return worlds

    def let_go(self, definition: FunctionDefinition, captured: Captured, world: World) -> None:
        """Inner functions that are named and never called in sight: somebody else calls them."""
        for inner in self.machine.telling.inner_functions(definition):
            value = world.names.get((definition.scope, inner.name))
            if value is not None and id(inner) not in self.machine.entered:
                closed_over(value, definition.scope, captured, world, self.machine.escaped)

    def note_yield(self, value: Value, world: World, frame: Frame) -> None:
        """A generator is suspended here; its caller goes on with this world for a while."""
        if len(frame.yielded) < 4:
            frame.yielded.append((world.fork(), value))

    # Parameters

    def bind(self, function: Function, arguments: Arguments, world: World, frame: Frame) -> None:
        """Give the parameters their values in the new frame."""
        scope = function.definition.scope
        given = list(arguments.positional)
        keywords = {name: value for name, value in arguments.keywords if name is not None}
        if function.receiver is not None and function.kind != "static":
            given.insert(0, of_object(function.receiver))
        if function.class_ is not None:
            given.insert(0, of_thing(function.class_))
        defaults = dict(function.defaults)
        for parameter in function.definition.parameters:
            default = defaults.get(parameter.name, UNKNOWN)
            value = self._argument(parameter, default, given, keywords, arguments, world, frame)
            value = self.machine.assignments.settled(value, world)
            world.assign((scope, parameter.name), value)
            literal = value.constant
            if literal is not None and isinstance(literal.value, bool | str):
                frame.literals += ((parameter.name, literal.value),)

    def _argument(
        self,
        parameter: Parameter,
        default: Value,
        given: list[Value],
        keywords: dict[str, Value],
        arguments: Arguments,
        world: World,
        frame: Frame,
    ) -> Value:
        if parameter.kind == "variadic":
            rest, given[:] = tuple(given), []
            return self.machine.containers.sequence(rest, world, (frame.path, "*"))
        if parameter.kind == "mapping":
            rest_of = dict(keywords)
            keywords.clear()
            return self.machine.containers.mapping(rest_of, world, (frame.path, "**"))
        if parameter.kind == "positional" and given:
            return given.pop(0)
        if parameter.name in keywords:
            return keywords.pop(parameter.name)
        return UNKNOWN if arguments.open else default

    def bind_unseen(
        self, definition: FunctionDefinition, receiver: Value | None, world: World, frame: Frame
    ) -> None:
        """Parameters that nobody in sight gives: each comes in from outside."""
        for index, parameter in enumerate(definition.parameters):
            variable = (definition.scope, parameter.name)
            if index == 0 and receiver is not None:
                world.assign(variable, receiver)
            elif parameter.kind in ("positional", "keyword"):
                value = self._unseen(parameter, definition, world)
                world.assign(variable, self.machine.data.named(Name(variable), value))

    def _unseen(self, parameter: Parameter, definition: FunctionDefinition, world: World) -> Value:
        remark = Remark(
            definition.place,
            f"`{parameter.name}` comes in as a parameter of `{definition.name}`",
            "a parameter since",
        )
        identity = self.machine.identities.number("parameter", definition.scope, parameter.name)
        self.machine.parameters.add(about_object(identity))
        modes = unset(remark)
        return world.bear(identity, Object(Kind.UNKNOWN, parameter.name, modes, modes))


def _restore(exits: Exits[State], gradients: Gradients) -> None:
    for state in exits.values():
        for world in state:
            world.set_gradients(world.lasting(gradients))
