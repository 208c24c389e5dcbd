"""Where to start: the file's own body, then every function and method that nothing entered.

A function that somebody in the file calls is judged by those calls.  One that nobody
calls is run alone, with parameters that come in from outside.  The methods of a class
run on what `__init__` leaves, joined over the methods that a caller may have run before.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.flow.domain import Exits
from flake8_bn_eval.flow.nodes import Exit
from flake8_bn_eval.interpret.assembly import assemble
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.calls.closures import closed_over
from flake8_bn_eval.interpret.control.steps import RESULT
from flake8_bn_eval.interpret.entries import Run, guarded, left_by
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.links import Neighbourhood
from flake8_bn_eval.interpret.machine import GaveUp, Machine, gradients_of
from flake8_bn_eval.interpret.modules.choices import leave_choices
from flake8_bn_eval.interpret.order import callers_first, methods_calling, outermost_first
from flake8_bn_eval.interpret.records import Constructed, Recorder
from flake8_bn_eval.interpret.telling import Telling
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import HookRow
from flake8_bn_eval.modes.lattice import Gradient, Mode, Modes
from flake8_bn_eval.modes.states import State, covers, join_all
from flake8_bn_eval.modes.things import Class, Function, ObjectId
from flake8_bn_eval.modes.values import of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import FunctionDefinition, Program

CALLERS = Modes.only(Mode.UNKNOWN)
FORWARDS = frozenset({"forward", "__call__"})
"""Methods of a module that serve whoever calls the module."""
SETUP = frozenset({"__init__", "setUp", "setup"})


def interpret(
    program: Program, knowledge: Knowledge, near: Neighbourhood | None = None
) -> Recorder:
    """Run a program abstractly, with other files of its project; everything that was seen."""
    machine = assemble(program, knowledge, near)
    recorder = machine.recorder
    recorder.asked = near.methods if near else frozenset()
    try:
        if near is not None and near.others or machine.telling.is_worth_following(program):
            _run(machine, program, near)
    finally:
        machine.dissolve()
    return recorder


def is_worth_following(program: Program, knowledge: Knowledge) -> bool:
    """Whether running a file may lead to a finding."""
    return Telling([program], knowledge).is_worth_following(program)


def _run(machine: Machine, program: Program, near: Neighbourhood | None) -> None:
    try:
        machine.links.load()
        for caller in near.callers if near else ():
            Roots(machine, caller.neighbour.program, caller.wanted).run()
        Roots(machine, program).run()
    except GaveUp:
        remark = Remark(program.base, "the file is too large to follow: the analysis gave up")
        machine.recorder.failures.append(remark)
    machine.recorder.admit_unfollowed()


class Roots:
    """Runs everything from where it may be entered."""

    def __init__(
        self, machine: Machine, program: Program, wanted: frozenset[str] | None = None
    ) -> None:
        self.machine = machine
        self.program = program
        self.wanted = wanted
        """Only functions and methods with these names are run, where it is not None."""
        self.tried: set[tuple[ObjectId, int]] = set()
        """The methods that were run on an object from outside."""

    def run(self) -> None:
        """The module body, the functions, the classes."""
        base = self.module_world()
        for definition in outermost_first(self.program.functions):
            if definition.class_name is None and self._is_waiting(definition):
                self._run_alone(definition, self._entry_of(definition, base), None, None)
        known = (self.machine.class_cache.get(id(each)) for each in self.program.classes)
        classes = [class_ for class_ in known if class_ is not None]
        # What an abstract class leaves to others is known where those have been run.
        for class_ in sorted(classes, key=self.machine.inheritance.is_abstract):
            self._run_class(class_, base.fork())

    def _entry_of(self, definition: FunctionDefinition, base: World) -> World:
        """The world that a function is entered in: with what it closes over, if it was returned."""
        escaped = self.machine.escaped.get(id(definition))
        if escaped is None:
            return base.fork()
        function, world = escaped
        world.names.assign_all(dict(function.captured))
        return world

    def _is_waiting(self, definition: FunctionDefinition) -> bool:
        """Whether nothing has entered a function that may tell anything."""
        if self._was_entered(definition):
            return False
        if self.wanted is not None:
            return definition.name in self.wanted
        return self.machine.telling.is_worth_running(definition)

    def _is_waiting_method(self, class_: Class, definition: FunctionDefinition) -> bool:
        """The methods of a module run in modes that its callers know, unless they set one.

        One that reads the numbers of what it computes is there to predict.
        """
        if definition.name in SETUP or not self._is_waiting(definition):
            return False
        if not self._acts_as_module(class_) or self.wanted is not None:
            return True
        telling = self.machine.telling
        return telling.sets_something(definition) or (
            definition.name not in FORWARDS
            and telling.reads_something(definition)
            and telling.may_call_module(definition)
        )

    def _needs_constructor(self, class_: Class, definition: FunctionDefinition) -> bool:
        """Whether it matters for a method what the constructor makes."""
        telling = self.machine.telling
        if self._acts_as_module(class_) and self.wanted is None:
            return telling.sets_mode(definition) and telling.may_call_module(definition)
        return True

    def _was_entered(self, definition: FunctionDefinition) -> bool:
        return id(definition) in self.machine.entered

    def module_world(self) -> World:
        """The world that the module body leaves, or may leave by an exception."""
        self.machine.start_root()
        self.machine.frame = Frame.of_module(self.program.base)
        return left_by(self.machine, self.program.body, self.machine.links.new_world())

    def _guarded(self, run: Run, world: World) -> Exits[State]:
        return guarded(run, world)

    def _run_alone(
        self,
        definition: FunctionDefinition,
        world: World,
        receiver: ObjectId | None,
        owner: Class | None,
        *,
        inside_forward: bool = False,
        hook: HookRow | None = None,
    ) -> World | None:
        """Run a function with parameters from outside; the world that it leaves."""
        self.machine.start_root()
        frame = Frame.root(definition, receiver, owner)
        frame.inside_forward = inside_forward
        frame.in_module = (
            receiver is not None
            and owner is not None
            and self._acts_as_module(owner)
            and (inside_forward or hook is not None or not self._predicts(definition))
        )
        frame.in_heir = self._has_unseen_base(receiver, world)
        if hook is not None:
            world.gradients = gradients_of(self.machine.hooks.gradients(hook))
        elif world.gradients.must_be(Gradient.ON):
            # A caller that was cut short has said this much.
            known = self.machine.recorder.cut.get(definition)
            world.gradients = known or gradients_of(Gradient.CALLER)
        outer, self.machine.frame = self.machine.frame, frame
        self.machine.entered.add(id(definition))
        try:
            function = self._as_defined(definition, world, frame)
            if function.definition is not definition:
                return self._run_wrapped(function, definition, world, receiver)
            value = None if receiver is None or function.kind == "static" else of_object(receiver)
            self.machine.functions.bind_unseen(definition, value, world, frame)
            if hook is not None and receiver is not None:
                self.machine.hooks.apply(hook, definition, receiver, world)
            self.machine.functions.enter_decorators(function, world, frame)
            body = definition.body
            exits = self._guarded(lambda each: self.machine.runner.run(body, (each,)), world)
        finally:
            self.machine.frame = outer
        if definition.name in SETUP:
            leave_choices(_ended(exits), self.machine)
        return self._left(exits, definition)

    def _as_defined(self, definition: FunctionDefinition, world: World, frame: Frame) -> Function:
        """The function as its decorators leave it, perhaps inside a wrapper of theirs."""
        value = self.machine.functions.define(definition, world, frame)
        thing = value.only_thing
        return thing if isinstance(thing, Function) else Function(definition)

    def _run_wrapped(
        self,
        wrapper: Function,
        definition: FunctionDefinition,
        world: World,
        receiver: ObjectId | None,
    ) -> World | None:
        """Run the wrapper that a home-made decorator has put around a function."""
        frame = Frame.root(wrapper.definition, None, None)
        self.machine.frame = frame
        value = None if receiver is None else of_object(receiver)
        self.machine.functions.bind_unseen(definition, value, world, frame)
        given = tuple(
            world.names[definition.scope, parameter.name]
            for parameter in definition.parameters
            if (definition.scope, parameter.name) in world.names
        )
        arguments = Arguments(given)
        exits = self._guarded(
            lambda each: self.machine.functions.enter(wrapper, arguments, each, frame), world
        )
        return self._left(exits, wrapper.definition)

    def _left(self, exits: Exits[State], definition: FunctionDefinition) -> World | None:
        worlds, scope = _ended(exits), definition.scope
        for world in worlds:
            # What such a function returns goes to a caller that nobody has seen.
            self.machine.functions.note_returned(world, scope)
            returned = world.names.get((scope, RESULT))
            if returned is not None:
                closed_over(returned, scope, (), world, self.machine.escaped)
            self.machine.functions.let_go(definition, (), world)
        if not worlds:
            return None
        world = join_all(worlds)
        world.unbind_scope(scope)
        return world

    def _has_unseen_base(self, receiver: ObjectId | None, world: World) -> bool:
        """Whether a base that nobody has seen may be who calls the methods of an object."""
        class_ = None if receiver is None else world.shape(receiver).class_
        return class_ is not None and self.machine.inheritance.has_unseen_base(class_)

    def _predicts(self, definition: FunctionDefinition) -> bool:
        """Whether a method of a module reads what it computes, and trains nothing."""
        telling = self.machine.telling
        return telling.reads_something(definition) and not telling.trains(definition)

    # Classes

    def _run_class(self, class_: Class, world: World) -> None:
        inheritance = self.machine.inheritance
        inherited = [
            each
            for each in inheritance.completed(class_)
            if not inheritance.was_entered(each, class_)
        ]
        # Each subclass is another one that such a method may be run on.
        outer = {id(each) for each in inherited} & self.machine.entered
        self.machine.entered -= outer
        self._run_methods(class_, [*class_.definition.methods.values(), *inherited], world)
        self.machine.entered |= outer

    def _run_methods(
        self, class_: Class, definitions: list[FunctionDefinition], world: World
    ) -> None:
        methods = callers_first(definitions)
        waiting = [each for each in methods if self._is_waiting_method(class_, each)]
        if not waiting:
            return
        identity = self.machine.identities.number("instance", id(class_.definition))
        self.machine.classes.bear(class_, identity, world, class_.definition.place)
        constructed = any(self._needs_constructor(class_, each) for each in waiting)
        if constructed:
            entry = self.constructed(class_, identity, world)
        else:
            world.put(identity, replace(world.get(identity), seen=False))
            entry = world
        if constructed and self.machine.is_alone:
            kept = Constructed(identity, entry.fork(), self.machine)
            self.machine.recorder.constructed[class_.definition] = kept
        self._belongs_to_callers(class_, identity, entry, first=True)
        again = self._round(class_, identity, waiting, entry.fork())
        if again is not None and not self._acts_as_module(class_) and not covers(entry, again):
            joined = again.join(entry)
            self._belongs_to_callers(class_, identity, joined)
            for definition in waiting:
                if definition.name not in SETUP and id(definition) in self.machine.alone:
                    self._method(class_, identity, definition, joined.fork())

    def constructed(self, class_: Class, identity: ObjectId, world: World) -> World:
        """The world after the constructor of an object that was just born."""
        for name in SETUP:
            member = self.machine.classes.member(class_, name)
            function = None if member is None else member.only_thing
            if isinstance(function, Function):
                after = self._run_alone(function.definition, world.fork(), identity, function.owner)
                world = world if after is None else after
        return world

    def _belongs_to_callers(
        self, class_: Class, identity: ObjectId, world: World, *, first: bool = False
    ) -> None:
        """The mode of a module is its callers' business while one of its methods runs.

        So are the modes of what an object holds that has an `eval()` of its own for them; and an
        unseen base may have set the modes of what its constructor leaves, too.
        """
        is_module = self.machine.classes.is_module(class_)
        chosen = self._acts_as_module(class_) or self._lets_callers_choose(class_)
        if chosen or first and is_module is None:
            frame = Frame.of_module()
            place = class_.definition.place
            self.machine.mode_switches.leave_to_callers(identity, CALLERS, world, frame, place)

    def _lets_callers_choose(self, class_: Class) -> bool:
        """An object that is no module has an `eval()`, which sets modes and does nothing else."""
        member = self.machine.classes.member(class_, "eval")
        function = None if member is None else member.only_thing
        if not isinstance(function, Function):
            return False
        definition, telling = function.definition, self.machine.telling
        sets = "eval" in definition.called_names and not telling.trains(definition)
        return sets and not telling.may_call_module(definition)

    def _acts_as_module(self, class_: Class) -> bool:
        """A module, or a class of an unseen base that has what only modules have."""
        is_module = self.machine.classes.is_module(class_)
        if is_module is not None:
            return is_module
        names = {name for each in self.machine.classes.lineage(class_) for name in each.members}
        return "forward" in names or any(name.endswith("_step") for name in names)

    def _round(
        self, class_: Class, identity: ObjectId, methods: list[FunctionDefinition], entry: World
    ) -> World | None:
        """Run each method that nothing entered; the join of what they leave."""
        left: list[World] = []
        for definition in methods:
            if definition.name not in SETUP and not self._was_entered(definition):
                left += self._by_callers(definition, class_, identity, entry)
            if definition.name in SETUP or self._was_entered(definition):
                continue
            self.machine.alone.add(id(definition))
            after = self._method(class_, identity, definition, entry.fork())
            if after is not None:
                if self._only_sets_modes(definition, entry, after):
                    self.machine.modules.lose_object(identity, after)
                left.append(after)
        return join_all(left) if left else None

    def _by_callers(
        self, wanted: FunctionDefinition, class_: Class, identity: ObjectId, entry: World
    ) -> list[World]:
        """Enter a method by those of its object that lead to it, inherited ones among them."""
        left: list[World] = []
        for caller in methods_calling(wanted.name, class_, self.machine):
            if self._was_entered(wanted):
                break
            if (identity, id(caller)) not in self.tried:
                after = self._method(class_, identity, caller, entry.fork())
                left += [] if after is None else [after]
        return left

    def _method(
        self, class_: Class, identity: ObjectId, definition: FunctionDefinition, world: World
    ) -> World | None:
        self.tried.add((identity, id(definition)))
        inside = self._acts_as_module(class_) and definition.name in FORWARDS
        hook = self.machine.classes.hook(class_, definition.name)
        before = world.gradients
        owner = self.machine.inheritance.owner(class_, definition)
        after = self._run_alone(
            definition, world, identity, owner, inside_forward=inside, hook=hook
        )
        if after is not None and hook is not None:
            after.gradients = before
        return after

    def _only_sets_modes(self, definition: FunctionDefinition, before: World, after: World) -> bool:
        """A method that sets modes and calls no module is there for callers to choose by."""
        if covers(before, after):
            return False
        return not any(
            call.stack[0].definition is definition for call in self.machine.recorder.forward_calls
        )


def _ended(exits: Exits[State]) -> list[World]:
    return [world for exit in (Exit.NEXT, Exit.RETURN) for world in exits.get(exit, ())]
