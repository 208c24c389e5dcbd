"""Methods of modules and of objects that may be modules: above all, setting the mode."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, gradients_of
from flake8_bn_eval.interpret.records import ModeChange, OptimizerStep
from flake8_bn_eval.interpret.submodules import UNSEEN
from flake8_bn_eval.knowledge.rows import MethodRow
from flake8_bn_eval.knowledge.words import may_set_mode, mentions
from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.lattice import Gradient, Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object, Sensitivity
from flake8_bn_eval.modes.values import (
    NONE,
    UNKNOWN,
    Constant,
    Function,
    ObjectId,
    Parameters,
    Result,
    SavedMode,
    Submodules,
    Value,
    of_constant,
    of_object,
    of_thing,
)
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

LOST = Modes.only(Mode.UNKNOWN)
OPTIMIZER_WORDS = frozenset({"optimizer", "optimiser", "optim", "opt", "solver"})
SPEAKING_OF_MODULES = frozenset({"train", "eval", "parameters", "state_dict", "load_state_dict"})
FLAG_WORDS = frozenset(
    {"train", "training", "mode", "flag", "eval", "evaluate", "is", "was", "status", "state",
     "phase", "enable", "enabled", "test", "testing", "val", "prev", "previous", "old"}
)  # fmt: skip
OF_SUBMODULES = frozenset(
    {"modules", "named_modules", "children", "named_children", "add_module", "register_module"}
)
OF_PARAMETERS = frozenset(
    {"parameters", "named_parameters", "trainable_parameters", "get_parameters"}
)


class Modules:
    """Effects of methods on modules."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def method(
        self,
        identity: ObjectId,
        name: str,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        """A method that no class in the file defines."""
        if name.startswith("__"):
            return UNKNOWN
        self.machine.recorder.method_used(identity, name)
        state = world.get(identity)
        if state.kind is Kind.OPTIMIZER:
            return self._of_optimizer(identity, name, arguments, world, frame, place)
        if state.kind in (Kind.SEQUENCE, Kind.MAPPING):
            result = self.machine.containers.method(identity, name, arguments, world, place)
            if result is not None or not state.is_module:
                return UNKNOWN if result is None else result
        if name == "module" and state.may_be_module:
            subject = f"{subject}.module"
            return self.machine.forward.call(
                identity, None, arguments, world, frame, place, subject
            )
        row = self.machine.knowledge.method("module", name)
        if state.kind is Kind.INSTANCE:
            row = None
        if row is not None and row.effect in ("register", "submodules") and not state.is_module:
            row = row if row.name in OF_SUBMODULES else None
        if row is not None:
            done = self._known(row, identity, receiver, arguments, world, frame, place, subject)
            if done is not None:
                return done
        return self._unseen(identity, name, receiver, arguments, world, frame, place, subject)

    def _known(
        self,
        row: MethodRow,
        identity: ObjectId,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value | None:
        """What the tables know; None where the object must be something else after all."""
        match row.effect:
            case "eval":
                if len(arguments):
                    return None
                return self.switch(identity, of_constant(False), world, frame, place, subject)
            case "train":
                return self._train(identity, arguments, world, frame, place, subject)
            case "self":
                return receiver
            case "forward":
                result = self.machine.forward.call(
                    identity, row.name, arguments, world, frame, place, subject, row=row
                )
                return result
            case "submodules":
                paired = row.name.startswith("named_")
                return of_thing(Submodules(identity, row.recursive, paired))
            case "apply":
                self._apply(identity, arguments, world, frame, place)
                return receiver
            case "register":
                self._register(identity, arguments, world)
                return NONE
            case "freeze":
                self._freeze(identity, arguments, world)
                return receiver
            case "neutral":
                return self._neutral(row.name, identity)
        return None

    def _neutral(self, name: str, identity: ObjectId) -> Value:
        if name in OF_PARAMETERS:
            return of_thing(Parameters(frozenset({identity})))
        return UNKNOWN

    # Modes

    def _train(
        self,
        identity: ObjectId,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value | None:
        flag = arguments.get(0, "mode")
        if flag is None:
            if len(arguments):
                return None
            flag = of_constant(True)
        elif not self._is_flag(flag, identity, world) or len(arguments) > 1:
            return None
        return self.switch(identity, flag, world, frame, place, subject)

    def _is_flag(self, value: Value, receiver: ObjectId, world: World) -> bool:
        """Whether an argument can be a mode: ``train(loader)`` is something else."""
        constant = value.constant
        if constant is not None:
            return isinstance(constant.value, bool | int)
        if world.get(receiver).is_module:
            return True
        return all(
            state.kind is Kind.UNKNOWN and mentions(state.name.rpartition(".")[2], FLAG_WORDS)
            for state in map(world.get, value.objects)
        )

    def switch(
        self,
        identity: ObjectId,
        flag: Value,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        """``train(flag)``, through an override in the file where there is one."""
        override = self._override(identity, world)
        if override is not None and not frame.runs(override.definition, identity):
            bound = replace(override, receiver=identity)
            self.machine.functions.run(bound, Arguments((flag,)), world, frame, place)
            return of_object(identity)
        before = str(world.get(identity).modes)
        modes = self._modes_of(flag, identity, world, place, subject)
        self._note_change(identity, modes, frame, place, subject)
        self.set_modes(identity, modes, world, frame, place)
        # The rest of the expression may raise: `net.eval().train(misspelt)`.
        self.machine.runner.may_raise((world,))
        after = str(world.get(identity).modes)
        self.machine.recorder.event(place, "mode", subject, before, after)
        return of_object(identity)

    def _override(self, identity: ObjectId, world: World) -> Function | None:
        class_ = world.get(identity).class_
        if class_ is None:
            return None
        member = self.machine.classes.member(class_, "train")
        function = None if member is None else member.only_thing
        return function if isinstance(function, Function) else None

    def _modes_of(
        self, flag: Value, identity: ObjectId, world: World, place: Place, subject: str
    ) -> Modes:
        saved = flag.only_thing
        if isinstance(saved, SavedMode):
            return saved.modes
        truth = self.machine.conditions.decided(flag, world)
        train = Remark(place, f"`{subject}.train()` puts it in training mode", "training since")
        evaluate = Remark(
            place, f"`{subject}.eval()` puts it in evaluation mode", "evaluating since"
        )
        if truth is None:
            return Modes({Mode.TRAIN: (train,), Mode.EVAL: (evaluate,)})
        if truth:
            restored = self._restored(identity, world)
            return Modes.only(Mode.TRAIN, train) if restored is None else restored
        return Modes.only(Mode.EVAL, evaluate)

    def _restored(self, identity: ObjectId, world: World) -> Modes | None:
        """``if was_training: model.train()`` gives back the mode that was saved."""
        for (subject, _), truth in world.assumptions.items():
            if truth and subject == f"training of {identity}":
                return self.machine.saved_modes.get(identity)
        return None

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
        self._spread(identity, modes, world, frame, place, set(), weak=False)

    def _spread(
        self,
        identity: ObjectId,
        modes: Modes,
        world: World,
        frame: Frame,
        place: Place,
        visited: set[ObjectId],
        *,
        weak: bool,
        each: bool = False,
    ) -> None:
        if identity in visited:
            return
        visited.add(identity)
        state = world.get(identity)
        weak = weak or state.many and not each
        world.put(identity, _in_modes(state, modes, weak=weak))
        if state.origin is not None and state.origin.key == UNSEEN:
            self.machine.submodules.note_unseen(state.origin.parent, modes, world)
        listing = state.kind in (Kind.SEQUENCE, Kind.MAPPING)
        for value in state.fields.values():
            uncertain = weak or len(value.objects) > 1
            for child in value.objects:
                inside = each or listing and self._is_repeated(child, world)
                self._spread_to(
                    child, modes, world, frame, place, visited, weak=uncertain, each=inside
                )
        for child in () if state.rest is None else state.rest.objects:
            # A list holds everything that a loop has put into it, but perhaps not a single object.
            listed = self._is_repeated(child, world)
            self._spread_to(
                child, modes, world, frame, place, visited, weak=weak or not listed, each=listed
            )

    def _is_repeated(self, child: ObjectId, world: World) -> bool:
        return world.get(child).many or child in world.identities.repeated

    def _spread_to(
        self,
        child: ObjectId,
        modes: Modes,
        world: World,
        frame: Frame,
        place: Place,
        visited: set[ObjectId],
        *,
        weak: bool,
        each: bool = False,
    ) -> None:
        if not self._is_registered(child, world):
            return
        override = self._override(child, world)
        if override is not None and not frame.runs(override.definition, child):
            self._through_override(override, child, modes, world, frame, place)
        else:
            self._spread(child, modes, world, frame, place, visited, weak=weak, each=each)

    def _is_registered(self, child: ObjectId, world: World) -> bool:
        """A plain list, a trainer or a number kept in an attribute is no submodule."""
        return world.get(child).may_be_module

    def _through_override(
        self,
        override: Function,
        child: ObjectId,
        modes: Modes,
        world: World,
        frame: Frame,
        place: Place,
    ) -> None:
        """A parent calls ``train(mode)`` of its children, also where they override it."""
        if modes.must_be(Mode.TRAIN) or modes.must_be(Mode.EVAL):
            flag = of_constant(modes.must_be(Mode.TRAIN))
            bound = replace(override, receiver=child)
            self.machine.functions.run(bound, Arguments((flag,)), world, frame, place)
        else:
            self._spread(child, modes, world, frame, place, set(), weak=False)

    def assign_training(
        self, identity: ObjectId, value: Value, world: World, frame: Frame, *, weak: bool
    ) -> None:
        """``module.training = flag`` sets one flag and reaches no child."""
        state = world.get(identity)
        place = 0 if frame.call is None else frame.call
        modes = self._modes_of(value, identity, world, place, state.name)
        if weak or state.many:
            modes = state.modes.join(modes)
        world.put(identity, state.in_modes(modes, recursive=False))

    # Other effects

    def lose(self, value: Value, world: World) -> None:
        """Something unseen may have changed the mode of whatever this is."""
        for identity in value.objects:
            self.lose_object(identity, world)
        for thing in value.things:
            if isinstance(thing, Submodules):
                self.lose_object(thing.owner, world)

    def lose_object(self, identity: ObjectId, world: World) -> None:
        """Nothing is known any more of the modes of an object and of what hangs on it."""
        for each in self.family(identity, world):
            world.put(each, world.get(each).in_modes(LOST, recursive=True))

    def _apply(
        self, identity: ObjectId, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> None:
        """``apply(function)``: once for every submodule, the module itself among them."""
        function = arguments.get(0, "fn")
        if function is None or not any(isinstance(each, Function) for each in function.things):
            return
        elements = self.machine.submodules.below(identity, world, deep=True)
        for element in reversed(elements):
            self.machine.calls.call_value(function, Arguments((element,)), world, frame, place)

    def _register(self, identity: ObjectId, arguments: Arguments, world: World) -> None:
        name, module = arguments.literal(0, "name"), arguments.get(1, "module")
        if module is not None and name is not None:
            world.put(identity, world.get(identity).with_field(f".{name.value}", module))

    def _freeze(self, identity: ObjectId, arguments: Arguments, world: World) -> None:
        flag = arguments.literal(0, "requires_grad")
        frozen = flag is not None and flag.value is False
        self.set_frozen(identity, frozen, world)

    def set_frozen(self, identity: ObjectId, frozen: bool, world: World) -> None:
        """The parameters of an object need no gradient, or need one again."""
        world.put(identity, replace(world.get(identity), frozen=frozen))

    def _of_optimizer(
        self,
        identity: ObjectId,
        name: str,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        if name == "step":
            targets = self.machine.library.targets(identity, world)
            self.machine.recorder.steps.add(OptimizerStep(place, frame.stack(), targets))
            self._run_closure(arguments, world, frame, place)
        return UNKNOWN

    def _run_closure(
        self, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> None:
        """``optimizer.step(closure)`` runs the closure with gradients on in any case."""
        for argument in arguments:
            if any(isinstance(thing, Function) for thing in argument.things):
                before = world.gradients
                world.set_gradients(gradients_of(Gradient.ON))
                self.machine.calls.call_value(argument, Arguments(), world, frame, place)
                world.set_gradients(before)

    def _unseen(
        self,
        identity: ObjectId,
        name: str,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        """A method that nobody in sight defines."""
        machine, vocabulary = self.machine, self.machine.knowledge.vocabulary
        if name == "step" and self.names_optimizer(subject):
            machine.recorder.steps.add(OptimizerStep(place, frame.stack(), None))
            return UNKNOWN
        state = world.get(identity)
        if receiver.lineage or machine.knowledge.method("tensor", name) is not None:
            if not state.is_module:
                return machine.data.method(
                    receiver, name, arguments, world, frame, place, subject
                )
        if machine.data.is_backward(name):
            machine.data.backward(name, receiver, arguments, world, frame, place)
            return UNKNOWN
        if state.may_be_module and self._reads_like_forward(name):
            return machine.forward.call(
                identity, name, arguments, world, frame, place, subject
            )
        if may_set_mode(name, vocabulary):
            self.lose_object(identity, world)
        elif state.may_be_module and len(arguments.positional) and self._may_be_layer(identity):
            return self._layer(identity, name, arguments, world, frame, place, subject)
        machine.calls.unseen(name, arguments, world)
        if any(argument.lineage for argument in arguments) or receiver.lineage:
            return UNKNOWN.descending(receiver, *arguments).tagged(Tag.OPEN)
        return machine.library.made(Result(name, place, frame.path), world)

    def _may_be_layer(self, identity: ObjectId) -> bool:
        """Whether an unknown name called on this object may be a layer of it."""
        used = self.machine.recorder.methods_used.get(identity, set())
        return bool(used & SPEAKING_OF_MODULES)

    def _layer(
        self,
        identity: ObjectId,
        name: str,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        child = world.child(identity, f".{name}").only_object
        assert child is not None
        return self.machine.forward.call(
            child, None, arguments, world, frame, place, f"{subject}.{name}"
        )

    def names_optimizer(self, subject: str) -> bool:
        """Whether something unseen is called like an optimizer: ``self.optimizer_d``."""
        return mentions(subject.rpartition(".")[2], OPTIMIZER_WORDS)

    def _reads_like_forward(self, name: str) -> bool:
        prefixes = self.machine.knowledge.vocabulary.forward_methods
        return any(name == each or name.startswith(f"{each}_") for each in prefixes)

    # What is known of a module

    def family(self, identity: ObjectId, world: World) -> set[ObjectId]:
        """An object and everything that hangs on it."""
        members: set[ObjectId] = set()
        waiting = [identity]
        while waiting:
            each = waiting.pop()
            if each not in members:
                members.add(each)
                state = world.get(each)
                values = [*state.fields.values(), *([] if state.rest is None else [state.rest])]
                waiting += [child for value in values for child in value.objects]
        return members

    def sensitivity(self, identity: ObjectId, world: World) -> Sensitivity:
        """Whether a module, with everything below it, reacts to its mode."""
        return self._sensitivity(identity, world, set())

    def _sensitivity(
        self, identity: ObjectId, world: World, visited: set[ObjectId]
    ) -> Sensitivity:
        if identity in visited:
            return Sensitivity.NO
        visited.add(identity)
        state = world.get(identity)
        verdicts = {state.sensitive if state.seen else _at_least_unknown(state)}
        for value in [*state.fields.values(), *([] if state.rest is None else [state.rest])]:
            for child in value.objects:
                verdicts.add(self._of_child(child, world, visited))
        if Sensitivity.YES in verdicts:
            return Sensitivity.YES
        return Sensitivity.UNKNOWN if Sensitivity.UNKNOWN in verdicts else Sensitivity.NO

    def _of_child(
        self, child: ObjectId, world: World, visited: set[ObjectId]
    ) -> Sensitivity:
        state = world.get(child)
        if state.kind in (Kind.INSTANCE, Kind.OPTIMIZER):
            return Sensitivity.NO
        if state.kind is Kind.UNKNOWN and not self._may_hold_layers(state, child):
            return Sensitivity.NO
        return self._sensitivity(child, world, visited)

    def _may_hold_layers(self, state: Object, identity: ObjectId) -> bool:
        """An attribute that comes in from outside matters only if it is used like a module."""
        used = self.machine.recorder.methods_used.get(identity, set())
        return state.origin is None or "<call>" in used or bool(used & {"eval", "train"})

    def words(self, value: Value, world: World) -> set[str]:
        """The possible modes of a value, in the words of a test."""
        words: set[str] = set()
        for identity in value.objects:
            state = world.get(identity)
            if state.may_be_module:
                words |= {mode.value for mode in state.modes}
            else:
                words.add("not a module")
        for thing in value.things:
            words.add("not a module" if isinstance(thing, Constant) else "unknown")
        return words


def _in_modes(state: Object, modes: Modes, *, weak: bool) -> Object:
    if not weak:
        return state.in_modes(modes, recursive=True)
    return replace(state, modes=state.modes.join(modes), tree=state.tree.join(modes))


def _at_least_unknown(state: Object) -> Sensitivity:
    return Sensitivity.YES if state.sensitive is Sensitivity.YES else Sensitivity.UNKNOWN

