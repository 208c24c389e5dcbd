"""Generators: nothing runs until somebody iterates.

A loop over a generator of the file runs the generator, and its own body at every
``yield``; whatever else takes one, or a ``map`` or a generator expression, consumes it.
What is suspended and iterated twice is taken to run twice.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.flow.nodes import Exit
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.control.contexts import resume, sorted_out
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, Unreachable
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.states import LEAVING, State, merge
from flake8_bn_eval.modes.things import Constant, Lazy, Mapped, Pending
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Attribute, Call, Expression, Iterate, Name

Body = Callable[[State], Exits[State]]
MOST_ROUNDS = 3


class Generators:
    """Runs generators where they are iterated."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def driven(
        self, header: Iterate, state: State, body: Body, frame: Frame
    ) -> Exits[State] | None:
        """A loop over a generator of the file; None for any other loop."""
        if not all(self._is_generator(header.iterable, world, frame) for world in state):
            return None
        exits: Exits[list[World]] = {}
        for world in state:
            try:
                value = self.machine.expressions.evaluate(header.iterable, world, frame)
            except Unreachable:
                continue
            pending = value.only_thing
            assert isinstance(pending, Pending)
            for exit, after in self._drive(header, pending, world, body, frame).items():
                exits.setdefault(exit, []).extend(after)
        return {exit: merge(worlds) for exit, worlds in exits.items() if worlds}

    def _is_generator(self, iterable: Expression, world: World, frame: Frame) -> bool:
        match iterable:
            case Name(variable=variable):
                known = world.names.get(variable)
                thing = None if known is None else known.only_thing
            case Call(callee=Name(variable=(_, name)) | Attribute(name=name)):
                if name not in self._names:
                    return False
                peeked = self.machine.splitting.peek(iterable, world)
                thing = None if peeked is None else peeked[0].only_thing
            case _:
                return False
        if not isinstance(thing, Pending) or thing.function.kind == "context":
            return False
        runs = frame.runs_function(thing.function) or frame.too_deep
        return not runs and self.machine.follows_calls

    @cached_property
    def _names(self) -> frozenset[str]:
        functions = self.machine.telling.functions
        return frozenset(each.name for each in functions if each.generator)

    def _drive(
        self, header: Iterate, pending: Pending, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        outside = world.gradients
        scope = pending.function.definition.scope

        def on_yield(inside: World, value: Value) -> State:
            suspended = inside.gradients
            if pending.function.decorators:
                inside.set_gradients(outside)
            inner, self.machine.frame = self.machine.frame, frame
            apart = inside.suspend(scope)
            try:
                self.machine.assignments.assign(header.target, value, inside, frame)
                exits = body((inside,))
            finally:
                self.machine.frame = inner
            resume(exits, scope, apart)
            going = self._go_on(exits)
            if pending.function.decorators:
                for each in going:
                    each.set_gradients(suspended)
            return going

        exits = self._run(pending, world, frame, on_yield)
        return sorted_out(exits, scope, closing=True)

    def _run(
        self,
        pending: Pending,
        world: World,
        frame: Frame,
        on_yield: Callable[[World, Value], State],
    ) -> Exits[State]:
        function = pending.function
        inner = frame.enter(
            function.definition,
            pending.place,
            function.receiver,
            function.owner,
            frame.inside_forward,
        )
        inner.on_yield = on_yield
        arguments = Arguments(pending.arguments, pending.keywords)
        return self.machine.functions.enter(function, arguments, world, inner, watched=True)

    def _go_on(self, exits: Exits[State]) -> State:
        """The states in which the generator is asked for more; it is closed by the others."""
        runner = self.machine.runner
        for exit in (Exit.BREAK, Exit.RETURN):
            for world in exits.get(exit, ()):
                world.assumptions.set((LEAVING, Constant.of(exit.value)), True)
                world.changed()
                runner.may_raise((world,))
        if Exit.RAISE in exits:
            runner.may_raise(exits[Exit.RAISE])
        return merge([*exits.get(Exit.NEXT, ()), *exits.get(Exit.CONTINUE, ())])

    def delegate(self, value: Value, world: World, frame: Frame) -> State:
        """``yield from value``: everything that it yields goes to the consumer."""
        assert frame.on_yield is not None
        pending = value.only_thing
        if isinstance(pending, Pending) and not frame.runs_function(pending.function):
            scope = pending.function.definition.scope
            exits = sorted_out(self._run(pending, world, frame, frame.on_yield), scope)
            if Exit.RAISE in exits:
                self.machine.runner.may_raise(exits[Exit.RAISE])
            return exits.get(Exit.NEXT, ())
        element = self.machine.containers.element_of(value, world)
        state: State = (world,)
        for _ in range(MOST_ROUNDS):
            more = [after for each in state for after in frame.on_yield(each.fork(), element)]
            state = merge([*state, *more])
        return state

    # Consuming

    def consumed(self, value: Value, world: World, frame: Frame) -> Value:
        """All that a lazy value yields, as a list; any other value as it is."""
        match value.only_thing:
            case Pending() as pending if pending.function.kind != "context":
                arguments = Arguments(pending.arguments, pending.keywords)
                return self.machine.functions.run(
                    pending.function, arguments, world, frame, pending.place
                )
            case Lazy(expression=expression, iterable=iterable):
                return self.machine.comprehensions.evaluate(expression, world, frame, iterable)
            case Mapped() as mapped:
                return self._mapped(mapped, world, frame)
        return value

    def _mapped(self, mapped: Mapped, world: World, frame: Frame) -> Value:
        containers = self.machine.containers
        elements = containers.iterated(mapped.iterable, world)
        birth = ("map", mapped.place, frame.path)
        if elements is not None:
            results = [self._call(mapped, each, world, frame) for each in elements]
            return containers.sequence(results, world, birth)
        skipped = world.fork()
        result = self._call(mapped, containers.element_of(mapped.iterable, world), world, frame)
        world.become(world.fork().join(skipped))
        return containers.many(result, world, birth)

    def _call(self, mapped: Mapped, element: Value, world: World, frame: Frame) -> Value:
        arguments = Arguments((element,))
        return self.machine.calls.call_value(mapped.callee, arguments, world, frame, mapped.place)
