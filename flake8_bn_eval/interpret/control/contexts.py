"""``with``: gradient contexts, home-made context managers, everything else.

A home-made context manager is a generator: its body runs, and at the ``yield`` the body
of the ``with`` statement.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.flow.nodes import Exit
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, Unreachable, gradients_of
from flake8_bn_eval.interpret.records import Misuse
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.lattice import Gradient, Gradients
from flake8_bn_eval.modes.states import LEAVING, State, merge
from flake8_bn_eval.modes.things import (
    Constant,
    External,
    GradientContext,
    ModeContext,
    ObjectId,
    Pending,
)
from flake8_bn_eval.modes.values import NONE, UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Attribute, Call, Enter, Expression, Junction, Name, Place
from flake8_bn_eval.wording import describe

Body = Callable[[State], Exits[State]]
CONTEXT_WORDS = frozenset(
    {"grad", "inference", "infer", "eval", "evaluating", "mode", "predict", "test", "testing",
     "validation", "context", "ctx"}
)  # fmt: skip
SUPPRESSING = "contextlib.suppress"


class Contexts:
    """Enters and leaves ``with`` statements."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def scoped(self, enter: Enter, state: State, body: Body, frame: Frame) -> Exits[State]:
        """Run a body between the entering and the leaving of a context."""
        exits: Exits[list[World]] = {}
        for world in state:
            try:
                value = self.machine.expressions.evaluate(enter.context, world, frame)
            except Unreachable:
                continue
            self._note_junction(enter, world, frame)
            for exit, after in self._enter(enter, value, world, body, frame).items():
                exits.setdefault(exit, []).extend(after)
        return {exit: merge(worlds) for exit, worlds in exits.items() if worlds}

    def _enter(
        self, enter: Enter, value: Value, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        if any(isinstance(each, GradientContext | Pending) for each in value.things):
            if len(value.things) + len(value.objects) > 1:
                return self._in_each(enter, value, world, body, frame)
        thing = value.only_thing
        match thing:
            case GradientContext():
                return self._in_gradient_context(enter, thing, world, body, frame)
            case Pending():
                return self._in_generator(enter, thing, world, body, frame)
            case ModeContext():
                return self._in_mode_context(enter, thing, world, body, frame)
            case External():
                self._note_uncalled(enter, thing)
        identity = value.only_object
        if identity is not None and world.get(identity).class_ is not None:
            return self._in_object(enter, identity, world, body, frame)
        return self._plain(enter, value, world, body, frame)

    def _in_mode_context(
        self, enter: Enter, context: ModeContext, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        if enter.target is not None:
            self.machine.assignments.assign(enter.target, UNKNOWN, world, frame)
        return self.machine.mode_contexts.run(
            context, world, frame, enter.place, lambda inside: body((inside,))
        )

    def _in_each(
        self, enter: Enter, value: Value, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        """One of several contexts, or none: the body runs in each."""
        exits: Exits[list[World]] = {}
        for each in value.alternatives:
            apart = world.fork()
            apart.suppose_all(each.guard)
            for exit, after in self._enter(enter, each, apart, body, frame).items():
                exits.setdefault(exit, []).extend(after)
        return {exit: merge(worlds) for exit, worlds in exits.items()}

    def _plain(
        self, enter: Enter, value: Value, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        """Something else: its own gradient mode ends with it, as that of an ``ExitStack`` does."""
        before = world.gradients
        if enter.target is not None:
            self.machine.assignments.assign(enter.target, value, world, frame)
        unseen = self._may_set_gradients(value, enter.context)
        if unseen:
            world.set_gradients(before.join(gradients_of(Gradient.UNKNOWN)))
        suppressing = self.machine.results.called(value) == SUPPRESSING
        if suppressing:
            exits = self.machine.runner.watching(lambda: body((world,)))
        else:
            exits = body((world,))
        if unseen or self.machine.results.is_stack(value):
            _restore(exits, before)
        if suppressing and Exit.RAISE in exits:
            raised = exits.pop(Exit.RAISE)
            exits[Exit.NEXT] = merge([*exits.get(Exit.NEXT, ()), *raised])
        return exits

    def _may_set_gradients(self, value: Value, context: Expression) -> bool:
        """Whether an unseen context manager is called like one that runs an evaluation."""
        path = self.machine.results.called(value)
        if path is not None:
            name = "" if self.machine.knowledge.callable(path) else path.rpartition(".")[2]
        else:
            name = _method_called(context)
        return mentions(name, CONTEXT_WORDS)

    # Gradient contexts

    def _in_gradient_context(
        self, enter: Enter, context: GradientContext, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        before = world.gradients if context.before is None else context.before
        stored = isinstance(enter.context, Name | Attribute)
        reentered = stored and context in self.machine.active_contexts
        if reentered:
            self.machine.recorder.misuses.add(
                Misuse(enter.place, "re-entered instance", describe(enter.context))
            )
        self.apply(context, world, frame, enter.place)
        self.machine.active_contexts.append(context)
        inside = world.gradients
        try:
            exits = body((world,))
        finally:
            self.machine.active_contexts.pop()
        _restore(exits, before)
        if reentered:
            self.machine.leaking[context] = inside
        elif context in self.machine.leaking:
            _restore(exits, self.machine.leaking.pop(context))
        return exits

    def apply(self, context: GradientContext, world: World, frame: Frame, place: Place) -> None:
        """Put the world in the gradient mode of a context."""
        self.machine.gradient_modes.apply(context, world, place)

    def method(
        self, context: GradientContext, name: str, world: World, frame: Frame, place: Place
    ) -> None:
        """``torch.no_grad().__enter__()``."""
        if name == "__enter__":
            self.apply(context, world, frame, place)
        elif name == "__exit__":
            unknown = gradients_of(Gradient.UNKNOWN)
            world.set_gradients(unknown if context.before is None else context.before)

    # Home-made ones

    def in_generators(
        self, enter: Enter, pending: Pending, state: State, body: Body, frame: Frame
    ) -> Exits[State]:
        """Run a body inside a home-made context manager, in each world."""
        exits: Exits[list[World]] = {}
        for world in state:
            for exit, after in self._in_generator(enter, pending, world, body, frame).items():
                exits.setdefault(exit, []).extend(after)
        return {exit: merge(worlds) for exit, worlds in exits.items() if worlds}

    def _in_generator(
        self, enter: Enter, pending: Pending, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        function, definition = pending.function, pending.function.definition
        arguments = Arguments(pending.arguments, pending.keywords)
        if frame.runs(definition) or self.machine.following.is_cut_off(
            function, arguments, world, frame, pending.place
        ):
            self.machine.unseen_calls.cut_off(function, arguments, world)
            return self._plain(enter, UNKNOWN, world, body, frame)
        inner = frame.enter(
            definition, pending.place, function.receiver, function.owner, frame.inside_forward
        )

        def on_yield(inside: World, value: Value) -> State:
            return self._at_yield(enter, inside, value, body, frame)

        inner.on_yield = on_yield
        exits = self.machine.functions.enter(function, arguments, world, inner, watched=True)
        return sorted_out(exits, definition.scope)

    def _at_yield(
        self, enter: Enter, inside: World, value: Value, body: Body, frame: Frame
    ) -> State:
        """Run the body of the ``with``; keep its ways out apart until the generator ends."""
        inner, self.machine.frame = self.machine.frame, frame
        assert inner.definition is not None
        scope = inner.definition.scope
        apart = inside.suspend(scope)
        try:
            if enter.target is not None:
                self.machine.assignments.assign(enter.target, value, inside, frame)
            exits = body((inside,))
        finally:
            self.machine.frame = inner
        resume(exits, scope, apart)
        raised = exits.pop(Exit.RAISE, None)
        if raised is not None:
            self.machine.runner.may_raise(raised)
        worlds: list[World] = []
        for exit, state in exits.items():
            for world in state:
                world.assumptions.set((LEAVING, Constant.of(exit.value)), True)
                worlds.append(world)
        return merge(worlds)

    def _in_object(
        self, enter: Enter, identity: ObjectId, world: World, body: Body, frame: Frame
    ) -> Exits[State]:
        """An object of a class of the file with ``__enter__`` and ``__exit__``."""
        entered = self._call(identity, "__enter__", Arguments(), world, frame, enter.place)
        if enter.target is not None:
            self.machine.assignments.assign(enter.target, entered, world, frame)
        exits: Exits[State] = {}
        for exit, state in body((world,)).items():
            for after in state:
                arguments = Arguments((NONE, NONE, NONE))
                self._call(identity, "__exit__", arguments, after, frame, enter.place)
            exits[exit] = state
        return exits

    def _call(
        self,
        identity: ObjectId,
        name: str,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        class_ = world.get(identity).class_
        member = None if class_ is None else self.machine.classes.member(class_, name)
        if member is None:
            return UNKNOWN
        return self.machine.classes.call_member(member, identity, arguments, world, frame, place)

    # Misuses

    def _note_uncalled(self, enter: Enter, thing: External) -> None:
        row = self.machine.knowledge.callable(thing.path)
        if row is not None and row.gradient is not None:
            self.machine.recorder.misuses.add(
                Misuse(enter.place, "uncalled context", describe(enter.context))
            )

    def _note_junction(self, enter: Enter, world: World, frame: Frame) -> None:
        """``with no_grad() and autocast()`` enters the last one only."""
        if not isinstance(enter.context, Junction) or not enter.context.conjunctive:
            return
        for operand in enter.context.operands[:-1]:
            value = self.machine.expressions.evaluate(operand, world.fork(), frame)
            if isinstance(value.only_thing, GradientContext):
                subject = describe(operand)
                self.machine.recorder.misuses.add(Misuse(enter.place, "and-ed context", subject))


def _method_called(context: Expression) -> str:
    match context:
        case Call(callee=Attribute(name=name)):
            return name
    return ""


def resume(exits: Exits[State], scope: int, apart: int) -> None:
    """A function that was suspended goes on, whatever happened meanwhile."""
    for state in exits.values():
        for world in state:
            world.resume(scope, apart)


def sorted_out(exits: Exits[State], scope: int, *, closing: bool = False) -> Exits[State]:
    """After a generator has ended, every world leaves by the exit of its consumer's body.

    Where leaving that body is ``closing`` the generator, it is an exception that ends it.
    """
    found: Exits[list[World]] = {}
    for exit, state in exits.items():
        for world in state:
            leaving = _leaving(world)
            way = leaving or Exit.NEXT
            if exit is Exit.RAISE and not (closing and leaving):
                way = Exit.RAISE
            world.unbind_scope(scope)
            found.setdefault(way, []).append(world)
    return {exit: merge(worlds) for exit, worlds in found.items()}


def _leaving(world: World) -> Exit | None:
    """Take the mark of the way out off a world."""
    for question in [each for each in world.assumptions.truths if each[0] == LEAVING]:
        world.assumptions.set(question, None)
        assert question[1] is not None
        return Exit(question[1].value)
    return None


def _restore(exits: Exits[State], gradients: Gradients) -> None:
    for state in exits.values():
        for world in state:
            world.set_gradients(world.lasting(gradients))
