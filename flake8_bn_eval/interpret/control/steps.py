"""The domain of the flow runner: operations on states, loops and assignments.

An operation is done in each world of a state, of which there is mostly one.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.flow.liveness import live_at_heads
from flake8_bn_eval.flow.nodes import Loop
from flake8_bn_eval.interpret.machine import Machine, Unreachable
from flake8_bn_eval.interpret.records import Misuse
from flake8_bn_eval.modes.ageing import retire_all
from flake8_bn_eval.modes.holding import sweep
from flake8_bn_eval.modes.joining import gather
from flake8_bn_eval.modes.lattice import Mode, Modes
from flake8_bn_eval.modes.states import State, leave_alike, merge, stable, turns_flag
from flake8_bn_eval.modes.things import GradientContext, Lazy, ObjectId
from flake8_bn_eval.modes.values import NONE, UNKNOWN, of_object, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    AugmentedAssign,
    Call,
    Check,
    Comprehension,
    DefineClass,
    DefineFunction,
    Delete,
    Enter,
    Evaluate,
    Expression,
    FunctionDefinition,
    Import,
    Iterate,
    Operation,
    Place,
    Program,
    Raise,
    Return,
    Subscript,
    Variable,
    Yield,
)
from flake8_bn_eval.variables import assigned, used
from flake8_bn_eval.wording import describe

RESULT = "<return>"


class Steps:
    """Does operations; implements ``flow.runner.Domain`` for states."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._live: dict[int, dict[int, frozenset[Variable]]] = {}
        """Of each body: what is live at the heads of its loops."""

    # The domain

    def fork(self, state: State) -> State:
        return tuple(world.fork() for world in state)

    def join(self, first: State, second: State) -> State:
        return merge([*first, *second])

    def gather(self, gathered: State, last: State, state: State) -> State:
        single = len(gathered) == len(last) == len(state) == 1
        if single and leave_alike((*gathered, *last, *state)):
            return (gather(gathered[0], last[0], state[0]),)
        return self.join(gathered, self.fork(state))

    def signature(self, state: State) -> object:
        return tuple((id(world), world.version, world.edits) for world in state)

    def stable(self, before: State, after: State) -> bool:
        return stable(before, after)

    def context(self) -> object:
        frame = self.machine.frame
        return frame.path, *frame.passes.items()

    def widen(self, state: State) -> State:
        for world in state:
            world.forget_modes(Modes.only(Mode.UNKNOWN))
            world.drop_guards()
            world.assumptions.clear()
        return merge(list(state))

    def step(self, operation: object, state: State) -> State | None:
        assert isinstance(operation, Operation)
        after: list[World] = []
        for world in state:
            after += self._in_world(operation, world)
        return merge(after) or None

    def decide(self, condition: object, state: State) -> tuple[State | None, State | None]:
        assert isinstance(condition, Check)
        holds, fails = self.machine.conditions.divide(
            condition.condition, state, self.machine.frame
        )
        return holds or None, fails or None

    def literal_passes(self, header: object, state: State) -> int | None:
        if not isinstance(header, Iterate):
            return None
        passes = {
            self.machine.loops.literal_passes(header, world, self.machine.frame) for world in state
        }
        return passes.pop() if len(passes) == 1 else None

    def iterated(self, header: object, state: State) -> frozenset[ObjectId]:
        assert isinstance(header, Iterate)
        lists = (self.machine.loops.named_list(header, world) for world in state)
        return frozenset(each for each in lists if each is not None)

    def has_grown(self, iterated: object, state: State, passes: int) -> bool:
        assert isinstance(iterated, frozenset)
        lists = [world.objects.get(each) for world in state for each in iterated]
        return any(
            each is not None and (each.rest is not None or len(each.fields) > passes)
            for each in lists
        )

    def take(self, header: object, state: State, index: int) -> State | None:
        assert isinstance(header, Iterate)
        self.machine.frame.passes[header.place] = index
        taken: list[World] = []
        for world in state:
            taken += self._take(header, world, index)
        return merge(taken) or None

    def take_some(self, header: object, state: State, way: int | None) -> State | None:
        if isinstance(header, Check):
            return self.decide(header, state)[0]
        assert isinstance(header, Iterate)
        taken: list[World] = []
        for world in state:
            if way is not None:
                self.machine.loops.focus(way, world)
                self.machine.assignments.assign(
                    header.target, of_object(way), world, self.machine.frame
                )
                taken.append(world)
            else:
                taken += self._take(header, world, None)
        return merge(taken) or None

    def _take(self, header: Iterate, world: World, index: int | None) -> list[World]:
        try:
            element = self.machine.loops.next_element(header, world, self.machine.frame, index)
            self.machine.assignments.assign(header.target, element, world, self.machine.frame)
        except Unreachable:
            return []
        return [world]

    def driven(
        self, header: object, state: State, body: Callable[[State], Exits[State]]
    ) -> Exits[State] | None:
        if not isinstance(header, Iterate):
            return None
        return self.machine.generators.driven(header, state, body, self.machine.frame)

    def ways(self, header: object, state: State) -> list[int | None]:
        if isinstance(header, Iterate):
            objects = self.machine.loops.each_of(header, state[0], self.machine.frame)
            if objects:
                return list(objects)
        return [None]

    def unrolled(self, header: object) -> None:
        assert isinstance(header, Iterate)
        self.machine.frame.passes.pop(header.place, None)

    def leave(self, header: object, state: State, passes: list[State]) -> State | None:
        if isinstance(header, Check):
            return self.decide(header, state)[1]
        assert isinstance(header, Iterate)
        return self.machine.loops.left(header, state, passes, self.machine.frame)

    def interrupt(self, header: object, entry: State, state: State) -> State:
        if isinstance(header, Iterate):
            return self.machine.loops.interrupted(header, entry, state, self.machine.frame)
        return state

    def age(self, state: State, since: State) -> State:
        for world in state:
            for before in since[:1]:
                retire_all(world, before)
        return state

    def forget_dead(self, loop: Loop, state: State, since: State) -> State:
        for world in state:
            for variable in self._dead_at(loop, world):
                del world.names[variable]
            for before in since:
                sweep(world, before)
        return state

    def _dead_at(self, loop: Loop, world: World) -> list[Variable]:
        """The local variables of the running body that no later pass reads."""
        definition = self.machine.frame.definition
        body: FunctionDefinition | Program = definition or self.machine.program
        if definition is None and self.machine.frame.base != self.machine.program.base:
            return []
        live = self._live.get(id(body))
        if live is None:
            live = self._live[id(body)] = live_at_heads(body.body, used, assigned)
        here = live.get(id(loop))
        if here is None:
            return []
        scope = self.machine.program.base if definition is None else definition.scope
        return [
            variable
            for variable in world.names.of_scope(scope)
            if variable not in here
            and variable[1] not in body.captured
            and variable[1][0] != "<"
        ]

    def turns_flag(self, entry: State, passes: list[State]) -> bool:
        return any(
            turns_flag(before, after) for before in entry for state in passes for after in state
        )

    def suppose_pass(self, loop: object, state: State, again: bool) -> State:
        for world in state:
            self.machine.conditions.suppose_pass(loop, world, again)
        return state

    def suppose_raised(self, guarded: object, state: State, truth: bool) -> State:
        for world in state:
            self.machine.conditions.suppose_raised(guarded, world, truth)
        return state

    def forget_lost(self, state: State, since: State) -> State:
        for world in state:
            for before in since:
                sweep(world, before)
        return state

    def begin_guarded(self, guarded: object, state: State) -> None:
        for world in state:
            self.machine.conditions.begin_guarded(guarded, world)

    def scoped(
        self, enter: object, state: State, body: Callable[[State], Exits[State]]
    ) -> Exits[State]:
        assert isinstance(enter, Enter)
        return self.machine.contexts.scoped(enter, state, body, self.machine.frame)

    # Operations

    def _in_world(self, operation: Operation, world: World) -> State | list[World]:
        try:
            return self._done(operation, world)
        except Unreachable:
            return []

    def _done(self, operation: Operation, world: World) -> State | list[World]:
        yields = self.machine.frame.on_yield is not None
        match operation:
            case Evaluate(expression=Yield() as expression) if yields:
                return self._yield(expression, None, world)
            case Assign(value=Yield() as expression) if yields:
                return self._yield(expression, operation.targets[0], world)
            case Evaluate():
                self._evaluate(operation.expression, operation.place, world)
            case Assign():
                self._assign(operation, world)
            case Return():
                self._return(operation, world)
            case AugmentedAssign():
                self.machine.assignments.augmented(operation, world)
            case Import():
                self.machine.links.import_names(operation, world)
            case _:
                self._other(operation, world)
        return [world]

    def _evaluate(self, expression: Expression, place: Place, world: World) -> None:
        self._note_uncalled(expression, place, world)
        value = self.machine.expressions.evaluate(expression, world, self.machine.frame)
        thing = value.only_thing
        if isinstance(thing, GradientContext) and isinstance(expression, Call):
            if thing.place == expression.place and thing.before is None:
                misuse = Misuse(place, "bare statement", describe(expression.callee))
                self.machine.recorder.misuses.add(misuse)

    def _note_uncalled(self, expression: Expression, place: Place, world: World) -> None:
        """``model.eval`` without its parentheses."""
        if isinstance(expression, Attribute) and self.names_mode(expression.name):
            value = self.machine.expressions.evaluate(expression.value, world, self.machine.frame)
            subject = describe(expression)
            certain = any(world.shape(each).is_module for each in value.objects)
            self.machine.recorder.misuses.add(
                Misuse(place, "uncalled method", subject, value.objects, certain)
            )

    def names_mode(self, name: str) -> bool:
        """Whether a method of this name sets the mode of a module."""
        row = self.machine.knowledge.method("module", name)
        return row is not None and row.effect in ("eval", "train")

    def _assign(self, operation: Assign, world: World) -> None:
        if _renames_itself(operation):
            self._note_uncalled(operation.value, operation.place, world)
        if isinstance(operation.value, Comprehension) and operation.value.kind == "generator":
            first = operation.value.clauses[0].iterable
            iterable = self.machine.expressions.evaluate(first, world, self.machine.frame)
            value = of_thing(Lazy(operation.value, iterable))
        else:
            value = self.machine.expressions.chosen(operation.value, world, self.machine.frame)
        value = self.machine.assignments.settled(value, world)
        if isinstance(operation.value, Call | Subscript):
            value = self.machine.data.tagged_by(operation.value, value)
        for target in operation.targets:
            self.machine.assignments.assign(target, value, world, self.machine.frame)
            self.machine.averages.note_assigned(
                target, value, world, self.machine.frame, operation.place
            )

    def _return(self, operation: Return, world: World) -> None:
        value = NONE
        if operation.value is not None:
            value = self.machine.expressions.evaluate(operation.value, world, self.machine.frame)
            value = self.machine.assignments.settled(value, world)
        definition = self.machine.frame.definition
        scope = self.machine.frame.file if definition is None else definition.scope
        world.names[scope, RESULT] = value

    def _yield(self, expression: Yield, target: Expression | None, world: World) -> State:
        value = NONE
        if expression.value is not None:
            value = self.machine.expressions.evaluate(expression.value, world, self.machine.frame)
        on_yield = self.machine.frame.on_yield
        assert on_yield is not None
        if expression.delegating:
            return self.machine.generators.delegate(value, world, self.machine.frame)
        after = on_yield(world, value)
        if target is not None:
            for each in after:
                self.machine.assignments.assign(target, UNKNOWN, each, self.machine.frame)
        return after

    def _other(self, operation: Operation, world: World) -> None:
        machine, frame = self.machine, self.machine.frame
        match operation:
            case DefineFunction():
                value = machine.functions.define(operation.definition, world, frame)
                world.assign(operation.variable, value)
            case DefineClass():
                world.assign(
                    operation.variable, machine.classes.define(operation.definition, world, frame)
                )
            case Raise():
                for part in operation.parts:
                    machine.expressions.evaluate(part, world, frame)
            case Delete():
                for target in operation.targets:
                    self.machine.assignments.delete(target, world)
            case _:
                raise TypeError(f"not an operation: {type(operation).__name__}")

    # Assignment


def _renames_itself(operation: Assign) -> bool:
    """``model = model.eval`` or ``Net().eval``: nobody else has the module any more."""
    value = operation.value
    if not isinstance(value, Attribute):
        return False
    if isinstance(value.value, Call):
        return True
    return any(describe(target) == describe(value.value) for target in operation.targets)
