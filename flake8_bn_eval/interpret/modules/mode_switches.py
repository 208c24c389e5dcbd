"""What sets the mode of a module: `train()`, `eval()`, `training = flag`.

A mode reaches the registered children; an override of `train` decides itself what it reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.calls.alternatives import in_each
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.modules.spreading import Spreading, train_override
from flake8_bn_eval.interpret.records import ModeChange
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.identities import was_training
from flake8_bn_eval.modes.lattice import LOST, Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.things import Condition, ObjectId, SavedMode, Symbol
from flake8_bn_eval.modes.unity import are_told_apart
from flake8_bn_eval.modes.values import Value, of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Expression, Place

FLAG_WORDS = frozenset(
    {"train", "training", "mode", "flag", "eval", "evaluate", "is", "was", "status", "state",
     "phase", "enable", "enabled", "test", "testing", "val", "prev", "previous", "old"}
)  # fmt: skip

Act = Callable[[ObjectId, World], None]


class ModeSwitches:
    """Sets modes of modules and of what is registered in them."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def switch(
        self,
        identity: ObjectId,
        flag: Value,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
        by: str | None = None,
        *,
        above: bool = False,
    ) -> Value:
        """``train(flag)``, through an override in the file where there is one.

        ``by`` names what does it where that is no ``train()`` or ``eval()`` of the subject.
        ``above`` is set where the framework's own ``train`` is meant, whatever overrides it.
        """
        override = None if above else train_override(world.get(identity), self.machine)
        if override is not None and not frame.runs(override.definition, identity):
            bound = replace(override, receiver=identity)
            self.machine.functions.run(bound, Arguments((flag,)), world, frame, place)
            return of_object(identity)
        before = str(world.get(identity).modes)
        modes = self._modes_of(flag, identity, world, place, subject, by)
        self._note_change(identity, modes, frame, place, subject)
        self.set_modes(identity, modes, world, frame, place)
        # The rest of the expression may raise: `net.eval().train(misspelt)`.
        self.machine.runner.may_raise((world,))
        after = str(world.get(identity).modes)
        self.machine.recorder.event(place, "mode", subject, before, after)
        return of_object(identity)

    def each_of(self, subject: Value, world: World, act: Act) -> None:
        """Set the mode of a value that may be one of several modules.

        Where nothing tells them apart there is just one, and what sets all of them sets that one.
        """
        if len(subject.objects) < 2 or not are_told_apart(subject.objects, world):
            for identity in sorted(subject.objects):
                act(identity, world)
            return

        def on(alternative: Value, each: World) -> Value:
            for identity in alternative.objects:
                act(identity, each)
            return alternative

        before = self.modules_below(subject, world)
        in_each(replace(subject, things=frozenset()), world, on)
        self.admit_doubt(before, world)

    def modules_below(self, subject: Value, world: World) -> dict[ObjectId, Object]:
        """Several objects, and what is below them, before the mode of one of them is set."""
        if len(subject.objects) < 2:
            return {}
        family = self.machine.makeup.family
        below = {each for identity in subject.objects for each in family(identity, world)}
        return {each: world.get(each) for each in sorted(below)}

    def admit_doubt(self, before: dict[ObjectId, Object], world: World) -> None:
        """Nobody can tell which of these was set: where the mode is another now, it is unknown.

        So it is where it was one of several, and the new one among them.
        """
        for identity, old in before.items():
            new = world.get(identity)
            same = (new.modes, new.tree) == (old.modes, old.tree)
            if not same or len(new.modes.members) > 1:
                world.put(identity, new.in_modes(LOST, recursive=True))

    def _modes_of(
        self,
        flag: Value,
        identity: ObjectId,
        world: World,
        place: Place,
        subject: str,
        by: str | None = None,
    ) -> Modes:
        saved = flag.only_thing
        if isinstance(saved, SavedMode):
            return saved.modes
        conditions = self.machine.conditions
        truth = conditions.truth(flag, world)
        training, evaluating = by or f"{subject}.train()", by or f"{subject}.eval()"
        train = Remark(place, f"`{training}` puts it in training mode", "training since")
        evaluate = Remark(place, f"`{evaluating}` puts it in evaluation mode", "evaluating since")
        if truth is None:
            trains, evaluates = conditions.cases(flag, None, world)
            return Modes.only(Mode.TRAIN, train).where(trains).join(
                Modes.only(Mode.EVAL, evaluate).where(evaluates)
            )
        if truth:
            restored = self._restored(identity, world)
            return Modes.only(Mode.TRAIN, train) if restored is None else restored
        return Modes.only(Mode.EVAL, evaluate)

    def _restored(self, identity: ObjectId, world: World) -> Modes | None:
        """``if was_training: model.train()`` gives back the mode that was saved."""
        for (subject, _), truth in world.assumptions.truths.items():
            saved = self.machine.saved_modes.get(subject) if truth else None
            if saved is not None and saved[0] == identity:
                return saved[1]
        return None

    def asked(self, found: Value, owner: Value, world: World) -> Value:
        """The modes that ``owner.training`` asks for: those of each object where it is the owner.

        What holds several models keeps alive in each the modes that it has as one of the others.
        """
        modes: dict[ObjectId, Modes] = {}
        for case in owner.cases:
            there = world.fork()
            there.suppose_all(case.guard)
            for identity in case.objects:
                seen = there.get(identity).modes.unguarded()
                known = modes.get(identity)
                modes[identity] = seen if known is None else known.join(seen)
        things = {
            replace(thing, modes=modes[thing.receiver])
            if isinstance(thing, SavedMode) and thing.receiver in modes
            else thing
            for thing in found.things
        }
        return replace(found, things=frozenset(things))

    def asked_at(self, question: Expression, found: Value, world: World) -> Value:
        """What an expression found out about the mode of a module: answered for itself."""
        things = frozenset(
            self._asked_at(question, thing, world) if isinstance(thing, SavedMode) else thing
            for thing in found.things
        )
        return found if things == found.things else replace(found, things=things)

    def _asked_at(self, question: Expression, saved: SavedMode, world: World) -> SavedMode:
        if saved.asked is not None:
            return saved
        number = self.machine.identities.number("training", id(question), self.machine.frame.path)
        here = replace(saved, asked=number)
        condition = was_training(here)
        world.begin_anew(condition)
        self.machine.saved_modes[condition.subject] = here.receiver, world.get(here.receiver).modes
        return here

    def _note_change(
        self,
        identity: ObjectId,
        modes: Modes,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> None:
        for mode in modes:
            change = ModeChange(place, identity, mode, frame.stack(), subject)
            self.machine.recorder.mode_changes.add(change)

    def set_modes(
        self, identity: ObjectId, modes: Modes, world: World, frame: Frame, place: Place
    ) -> None:
        """Put an object and everything registered below it in a mode."""
        Spreading(self.machine, modes, world, frame, place).reach(identity)

    def leave_to_callers(
        self, identity: ObjectId, modes: Modes, world: World, frame: Frame, place: Place
    ) -> None:
        """The mode of whatever may be below an object is as somebody outside has set it."""
        Spreading(self.machine, modes, world, frame, place).reach(identity, each=True)

    def assign_training(
        self, identity: ObjectId, value: Value, world: World, frame: Frame, *, weak: bool
    ) -> None:
        """``module.training = flag`` sets one flag and reaches no child."""
        state = world.get(identity)
        place = frame.file if frame.call is None else frame.call
        modes = self._modes_of(value, identity, world, place, state.name)
        if weak or state.many:
            modes = state.modes.join(modes)
        world.put(identity, state.in_modes(modes, recursive=False))

    def is_flag(self, value: Value, receiver: ObjectId, world: World) -> bool:
        """Whether an argument can be a mode: ``train(loader)`` is something else."""
        constant = value.constant
        if constant is not None:
            return isinstance(constant.value, bool | int)
        if world.get(receiver).is_module:
            return True
        if not value.objects and not self._is_named_module(receiver, world):
            return any(isinstance(thing, Condition | SavedMode) for thing in value.things) or any(
                mentions(thing.subject.rpartition(".")[2], FLAG_WORDS)
                for thing in value.things
                if isinstance(thing, Symbol)
            )
        return all(
            state.kind is Kind.UNKNOWN and mentions(state.name.rpartition(".")[2], FLAG_WORDS)
            for state in map(world.get, value.objects)
        )

    def _is_named_module(self, identity: ObjectId, world: World) -> bool:
        name = world.get(identity).name.rpartition(".")[2]
        return mentions(name, self.machine.knowledge.vocabulary.modules)
