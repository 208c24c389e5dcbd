"""The domain of the flow runner: operations on states, loops and assignments.

A state is a few worlds; an operation is done in each of them.  Where it turns out to
hang on a flag, the world is split and the operation done again in both halves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flake8_bn_eval.flow.runner import Exits
from flake8_bn_eval.interpret.expressions import is_plain
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import (
    AlternativesNeeded,
    Machine,
    SplitNeeded,
    Unreachable,
)
from flake8_bn_eval.interpret.records import Misuse
from flake8_bn_eval.modes.lattice import Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.states import State, merge, stable
from flake8_bn_eval.modes.values import (
    NONE,
    UNKNOWN,
    Condition,
    Constant,
    GradientContext,
    Lazy,
    Result,
    Value,
    of_object,
    of_thing,
)
from flake8_bn_eval.modes.world import WHICH, World, about_field
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
    Display,
    Enter,
    Evaluate,
    Expression,
    Import,
    Iterate,
    Name,
    Operation,
    Place,
    Raise,
    Return,
    Starred,
    Subscript,
    Variable,
    Yield,
    describe,
)

RESULT = "<return>"
DEEPEST_SPLIT = 3
Act = Callable[[World], None]


class Steps:
    """Does operations; implements ``flow.runner.Domain`` for states."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.frame = Frame.of_module()

    # The domain

    def fork(self, state: State) -> State:
        return tuple(world.fork() for world in state)

    def join(self, first: State, second: State) -> State:
        return merge([*first, *second])

    def signature(self, state: State) -> object:
        return tuple((id(world), world.version, world.edits) for world in state)

    def stable(self, before: State, after: State) -> bool:
        return stable(before, after)

    def widen(self, state: State) -> State:
        for world in state:
            world.forget_modes(Modes.only(Mode.UNKNOWN))
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
        holds, fails = self.machine.conditions.divide(condition.condition, state, self.frame)
        return holds or None, fails or None

    def literal_passes(self, header: object, state: State) -> int | None:
        if not isinstance(header, Iterate):
            return None
        passes = {
            self.machine.loops.literal_passes(header, world, self.frame) for world in state
        }
        return passes.pop() if len(passes) == 1 else None

    def take(self, header: object, state: State, index: int) -> State | None:
        assert isinstance(header, Iterate)
        self.frame.passes[header.place] = index
        taken: list[World] = []
        for world in state:
            taken += self.splitting(lambda each: self._take(header, each, index), world)
        return merge(taken) or None

    def take_some(self, header: object, state: State, way: int | None) -> State | None:
        if isinstance(header, Check):
            return self.decide(header, state)[0]
        assert isinstance(header, Iterate)
        taken: list[World] = []
        for world in state:
            if way is not None:
                self.machine.loops.focus(way, world)
                self.assign(header.target, of_object(way), world, self.frame)
                taken.append(world)
            else:
                taken += self.splitting(lambda each: self._take(header, each, None), world)
        return merge(taken) or None

    def _take(self, header: Iterate, world: World, index: int | None) -> None:
        element = self.machine.loops.next_element(header, world, self.frame, index)
        self.assign(header.target, element, world, self.frame)

    def driven(
        self, header: object, state: State, body: Callable[[State], Exits[State]]
    ) -> Exits[State] | None:
        if not isinstance(header, Iterate):
            return None
        return self.machine.generators.driven(header, state, body, self.frame)

    def ways(self, header: object, state: State) -> list[int | None]:
        if isinstance(header, Iterate):
            objects = self.machine.loops.each_of(header, state[0], self.frame)
            if objects:
                return list(objects)
        return [None]

    def unrolled(self, header: object) -> None:
        assert isinstance(header, Iterate)
        self.frame.passes.pop(header.place, None)

    def leave(self, header: object, state: State, passes: list[State]) -> State | None:
        if isinstance(header, Check):
            return self.decide(header, state)[1]
        assert isinstance(header, Iterate)
        return self.machine.loops.left(header, state, passes, self.frame)

    def interrupt(self, header: object, entry: State, state: State) -> State:
        if isinstance(header, Iterate):
            return self.machine.loops.interrupted(header, entry, state, self.frame)
        return state

    def scoped(
        self, enter: object, state: State, body: Callable[[State], Exits[State]]
    ) -> Exits[State]:
        assert isinstance(enter, Enter)
        return self.machine.contexts.scoped(enter, state, body, self.frame)

    # Operations

    def evaluated(
        self, expression: Expression, world: World, frame: Frame
    ) -> list[tuple[World, Value]]:
        """The value of an expression, in each of the worlds that it splits this one into."""
        results: list[tuple[World, Value]] = []

        def act(each: World) -> None:
            results.append((each, self.machine.expressions.evaluate(expression, each, frame)))

        self._doing(expression, act, world)
        return results

    def _doing(self, expression: Expression, act: Act, world: World) -> list[World]:
        """Do something with an expression; keep the world before only if it is needed."""
        if self.machine.telling.hangs_on_flag(expression):
            return self.splitting(act, world)
        self.frame.splittable = ()
        try:
            act(world)
        except (SplitNeeded, AlternativesNeeded):
            if is_plain(expression):
                return self.splitting(act, world)
            return self._without_splitting(act, world)
        except Unreachable:
            return []
        return [world]

    def peek(self, expression: Expression, world: World) -> tuple[Value, World] | None:
        """What an expression would be, without doing it."""
        scratch = world.fork()
        outer, self.machine.may_split = self.machine.may_split, False
        try:
            return self.machine.expressions.evaluate(expression, scratch, self.frame), scratch
        except Unreachable:
            return None
        finally:
            self.machine.may_split = outer

    def splitting(self, act: Act, world: World, depth: int = 0) -> list[World]:
        """Do something in a world, or in both halves of it where it hangs on a flag."""
        if depth == DEEPEST_SPLIT:
            return self._without_splitting(act, world)
        before = world.fork()
        self.frame.splittable = before.objects
        try:
            act(world)
        except SplitNeeded as needed:
            if self._belongs_outside(needed):
                raise
            worlds: list[World] = []
            for half in self.machine.conditions.split(before, needed.condition):
                worlds += self.splitting(act, half, depth + 1)
            return worlds
        except AlternativesNeeded as alternatives:
            if self._is_outside(alternatives.expression):
                raise
            return self._for_each_choice(act, alternatives, before, depth)
        except Unreachable:
            return []
        return [world]

    def _for_each_choice(
        self, act: Act, needed: AlternativesNeeded, before: World, depth: int
    ) -> list[World]:
        worlds: list[World] = []
        for choice in needed.choices:
            world = before.fork()
            self._refine(needed.expression, choice, world)
            worlds += self.splitting(act, world, depth + 1)
        return worlds

    def _refine(self, expression: Expression, choice: Value, world: World) -> None:
        """In this world an expression is this value."""
        variable = self.replace(expression, choice, world)
        if variable is None:
            return
        which = choice.constant or Constant.of(choice.only_object)
        subject = f"{WHICH}{variable[0]}:{variable[1]}"
        world.suppose(Condition(subject, frozenset({variable}), which), True)

    def replace(self, expression: Expression, value: Value, world: World) -> Variable | None:
        """Learn what a name or an attribute holds; assumptions rest on the variable returned."""
        if isinstance(expression, Name):
            variable = expression.variable
            known = world.names.get(variable, value)
            world.names[variable] = replace(known, things=value.things, objects=value.objects)
            world.changed()
            return variable
        assert isinstance(expression, Attribute)
        owner = self.machine.expressions.evaluate(expression.value, world, self.frame).only_object
        if owner is None:
            return None
        world.put(owner, world.get(owner).with_field(f".{expression.name}", value))
        return about_field(owner, expression.name)

    def _without_splitting(self, act: Act, world: World) -> list[World]:
        """The flag changes while it is asked for: both of its values at once."""
        outer, self.machine.may_split = self.machine.may_split, False
        self.frame.splittable = ()
        try:
            act(world)
        except Unreachable:
            return []
        finally:
            self.machine.may_split = outer
        return [world]

    def _belongs_outside(self, needed: SplitNeeded) -> bool:
        """Whether the flag is the caller's, who then has to split its own world."""
        frame = self.frame
        if frame.caller is None or frame.definition is None:
            return False
        return not any(frame.is_local(variable) for variable in needed.condition.variables)

    def _is_outside(self, expression: Expression) -> bool:
        """Whether it is the caller who has to tell apart what a name is."""
        frame = self.frame
        if frame.caller is None or frame.definition is None or not isinstance(expression, Name):
            return False
        return expression.variable[0] != frame.definition.scope

    def _in_world(self, operation: Operation, world: World) -> State | list[World]:
        match operation:
            case Evaluate(expression=Yield() as expression) if self.frame.on_yield is not None:
                return self._yield(expression, None, world)
            case Assign(value=Yield() as expression) if self.frame.on_yield is not None:
                return self._yield(expression, operation.targets[0], world)
            case Evaluate():
                evaluated, place = operation.expression, operation.place
                return self._doing(
                    evaluated, lambda each: self._evaluate(evaluated, place, each), world
                )
            case Assign(value=value):
                if any(isinstance(target, Attribute) for target in operation.targets):
                    # A property or `training` may set the mode by a flag.
                    return self.splitting(lambda each: self._assign(operation, each), world)
                return self._doing(value, lambda each: self._assign(operation, each), world)
            case Return(value=Expression() as value):
                return self._doing(value, lambda each: self._return(operation, each), world)
            case AugmentedAssign(value=value):
                return self._doing(value, lambda each: self._augmented(operation, each), world)
            case Import():
                self.machine.library.import_names(operation, world)
                return [world]
        return self.splitting(lambda each: self._other(operation, each), world)

    def _evaluate(self, expression: Expression, place: Place, world: World) -> None:
        self._note_uncalled(expression, place, world)
        value = self.machine.expressions.evaluate(expression, world, self.frame)
        thing = value.only_thing
        if isinstance(thing, GradientContext) and isinstance(expression, Call):
            if thing.place == expression.place and thing.before is None:
                misuse = Misuse(place, "bare statement", describe(expression.callee))
                self.machine.recorder.misuses.add(misuse)

    def _note_uncalled(self, expression: Expression, place: Place, world: World) -> None:
        """``model.eval`` without its parentheses."""
        if isinstance(expression, Attribute) and self.names_mode(expression.name):
            value = self.machine.expressions.evaluate(expression.value, world, self.frame)
            subject = describe(expression)
            certain = any(world.get(each).is_module for each in value.objects)
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
            iterable = self.machine.expressions.evaluate(first, world, self.frame)
            value = of_thing(Lazy(operation.value, iterable))
        else:
            value = self.machine.expressions.evaluate(operation.value, world, self.frame)
        value = self.settled(value, world)
        if isinstance(operation.value, Call | Subscript):
            value = self.machine.data.tagged_by(operation.value, value)
        for target in operation.targets:
            self.assign(target, value, world, self.frame)

    def settled(self, value: Value, world: World) -> Value:
        """The result of something unseen gets an identity when it gets a name."""
        thing = value.only_thing
        if isinstance(thing, Result) and not value.connected and not value.derived:
            return self.machine.library.identify(thing, world)
        return value

    def _return(self, operation: Return, world: World) -> None:
        value = NONE
        if operation.value is not None:
            value = self.machine.expressions.evaluate(operation.value, world, self.frame)
            value = self.settled(value, world)
        assert self.frame.definition is not None or operation.value is None
        scope = 0 if self.frame.definition is None else self.frame.definition.scope
        world.names[scope, RESULT] = value

    def _yield(self, expression: Yield, target: Expression | None, world: World) -> State:
        value = NONE
        if expression.value is not None:
            value = self.machine.expressions.evaluate(expression.value, world, self.frame)
        on_yield = self.frame.on_yield
        assert on_yield is not None
        if expression.delegating:
            return self.machine.generators.delegate(value, world, self.frame)
        after = on_yield(world, value)
        if target is not None:
            for each in after:
                self.assign(target, UNKNOWN, each, self.frame)
        return after

    def _other(self, operation: Operation, world: World) -> None:
        machine, frame = self.machine, self.frame
        match operation:
            case Return():
                self._return(operation, world)
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
                    self._delete(target, world)
            case _:
                raise TypeError(f"not an operation: {type(operation).__name__}")

    def _augmented(self, operation: AugmentedAssign, world: World) -> None:
        machine = self.machine
        before = machine.expressions.evaluate(operation.target, world, self.frame)
        added = machine.expressions.evaluate(operation.value, world, self.frame)
        if machine.containers.extend(before, added, world):
            return
        self.assign(operation.target, UNKNOWN.descending(before, added), world, self.frame)

    def _delete(self, target: Expression, world: World) -> None:
        if isinstance(target, Name):
            world.names.pop(target.variable, None)
            world.forget(target.variable)

    # Assignment

    def assign(self, target: Expression, value: Value, world: World, frame: Frame) -> None:
        """``target = value`` for any form of target."""
        match target:
            case Name():
                frame.note_assigned(target.variable)
                world.assign(target.variable, self.machine.data.named(target, value))
            case Display():
                self._unpack(target.elements, value, world, frame)
            case Starred():
                self.assign(target.value, value, world, frame)
            case Attribute():
                owner = self.machine.expressions.evaluate(target.value, world, frame)
                self._assign_attribute(target, owner, value, world, frame)
            case Subscript():
                owner = self.machine.expressions.evaluate(target.value, world, frame)
                index = self.machine.expressions.evaluate(target.index, world, frame)
                self.machine.containers.set_element(owner, index, value, world)
            case _:
                self.machine.expressions.evaluate(target, world, frame)

    def _assign_attribute(
        self, target: Attribute, owner: Value, value: Value, world: World, frame: Frame
    ) -> None:
        name = target.name
        if self.machine.data.assign_attribute(owner, name, value, target.value, world):
            return
        owner = self._given_fields(target.value, owner, world)
        weak = owner.only_object is None
        for identity in owner.objects:
            self.machine.classes.set_attribute(identity, name, value, world, frame, weak=weak)

    def _given_fields(self, target: Expression, owner: Value, world: World) -> Value:
        """What something unseen returned is an object once it gets an attribute."""
        thing = owner.only_thing
        if not isinstance(thing, Result) or not isinstance(target, Name | Attribute):
            return owner
        identity = self.machine.library.identity(thing)
        lost = Modes.only(Mode.UNKNOWN)
        value = world.bear(identity, Object(Kind.INSTANCE, describe(target), lost, lost))
        self.replace(target, value, world)
        return value

    def _unpack(
        self, targets: list[Expression], value: Value, world: World, frame: Frame
    ) -> None:
        containers = self.machine.containers
        starred = [i for i, target in enumerate(targets) if isinstance(target, Starred)]
        if starred:
            before, after = starred[0], len(targets) - starred[0] - 1
            birth = (id(targets[before]), frame.path)
            elements = containers.unpacked_around(value, before, after, world, birth)
        else:
            elements = containers.unpacked(value, len(targets), world)
        for target, element in zip(targets, elements, strict=True):
            self.assign(target, element, world, frame)


def _renames_itself(operation: Assign) -> bool:
    """``model = model.eval`` or ``Net().eval``: nobody else has the module any more."""
    value = operation.value
    if not isinstance(value, Attribute):
        return False
    if isinstance(value.value, Call):
        return True
    return any(describe(target) == describe(value.value) for target in operation.targets)
