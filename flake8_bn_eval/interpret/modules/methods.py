"""Methods of modules and of objects that may be modules: above all, setting the mode."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, gradients_of
from flake8_bn_eval.interpret.records import OptimizerStep
from flake8_bn_eval.knowledge.rows import MethodRow
from flake8_bn_eval.knowledge.words import may_set_mode, mentions, words_of
from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.lattice import LOST, Gradient
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.things import Function, ObjectId, Parameters, Result, Submodules
from flake8_bn_eval.modes.values import NONE, UNKNOWN, Value, of_constant, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

OPTIMIZER_WORDS = frozenset({"optimizer", "optimiser", "optim", "opt", "solver"})
LOADING = "load_state_dict"
SPEAKING_OF_MODULES = frozenset({"train", "eval", "parameters", "state_dict", "load_state_dict"})
GIVING = frozenset({"get", "make", "create", "build"})
"""Verbs of methods that give what their last word says."""
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
        if not self._is_given_data(identity, name, arguments, world):
            self._note_use(identity, name, world)
        state = world.get(identity)
        self.machine.data.read_by(state, arguments, world)
        if state.kind is Kind.OPTIMIZER:
            return self._of_optimizer(identity, name, receiver, arguments, world, frame, place)
        found = self._of_container(identity, name, receiver, arguments, world, frame, place)
        if found is not None:
            return found
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

    def _of_container(
        self,
        identity: ObjectId,
        name: str,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value | None:
        """A method of a list or dictionary; None where it is none, or is a module as well."""
        state = world.get(identity)
        if name == "get" and arguments.positional and self.machine.results.was_saved(identity):
            # A module has no such method: it is a table, with modules in it perhaps.
            return self.machine.containers.element(identity, arguments.positional[0], world)
        if state.kind not in (Kind.SEQUENCE, Kind.MAPPING):
            return None
        if self.machine.data.is_backward(name):
            # A function that gives several losses: the caller takes it for one.
            loss = self.machine.containers.with_contents(receiver, world)
            self.machine.data.differentiate(loss, world, (place, frame))
            return UNKNOWN
        result = self.machine.container_methods.method(identity, name, arguments, world, place)
        return UNKNOWN if result is None and not state.is_module else result

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
        if row.parameters is not None:
            self.set_frozen(identity, row.parameters == "frozen", world)
        match row.effect:
            case "eval":
                if len(arguments):
                    return None
                return self.machine.mode_switches.switch(
                    identity, of_constant(False), world, frame, place, subject
                )
            case "train":
                # An override of this very method has been found before, if there is one.
                above = row.name == row.effect
                return self._train(identity, arguments, world, frame, place, subject, above)
            case "self":
                return receiver
            case "forward":
                if row.sets is not None:
                    flag = of_constant(row.sets == "train")
                    self.machine.mode_switches.switch(
                        identity, flag, world, frame, place, subject, by=f"{subject}.{row.name}"
                    )
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
                self._register(identity, arguments, world, place)
                return NONE
        return self._noted(row, identity, receiver, arguments, world)

    def _noted(
        self,
        row: MethodRow,
        identity: ObjectId,
        receiver: Value,
        arguments: Arguments,
        world: World,
    ) -> Value | None:
        """What is done to a module without a call of it or a change of its mode."""
        match row.effect:
            case "watch":
                self.machine.watchers.watch(identity, arguments.get(0, "hook"))
                return UNKNOWN
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
        above: bool,
    ) -> Value | None:
        if self._is_given_data(identity, "train", arguments, world):
            return None
        flag = arguments.get(0, "mode")
        if flag is None:
            flag = of_constant(True)
        return self.machine.mode_switches.switch(
            identity, flag, world, frame, place, subject, above=above
        )

    def _note_use(self, identity: ObjectId, name: str, world: World) -> None:
        self.machine.recorder.method_used(identity, name)
        if name == LOADING:
            self.machine.recorder.weights_loaded(self.machine.makeup.family(identity, world))

    def _is_given_data(
        self, identity: ObjectId, name: str, arguments: Arguments, world: World
    ) -> bool:
        """Whether a `train` or `eval` is given something else than a mode: it is no module's."""
        if name not in ("train", "eval") or not len(arguments):
            return False
        if name == "eval":
            return True
        flag = arguments.get(0, "mode")
        if flag is None or len(arguments) > 1:
            return True
        return not self.machine.mode_switches.is_flag(flag, identity, world)

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
        for each in self.machine.makeup.family(identity, world):
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

    def _register(
        self, identity: ObjectId, arguments: Arguments, world: World, place: Place
    ) -> None:
        name, module = arguments.literal(0, "name"), arguments.get(1, "module")
        if module is not None and name is not None:
            world.put(identity, world.get(identity).with_field(f".{name.value}", module))
        elif module is not None:
            self.register(identity, place, module, world)

    def register(self, identity: ObjectId, place: Place, module: Value, world: World) -> None:
        """A child under a name that is computed: one or more of those added at this place."""
        state, key = world.get(identity), f".<added at {place}>"
        known = state.fields.get(key)
        world.put(identity, state.with_field(key, module if known is None else known.join(module)))

    def _freeze(self, identity: ObjectId, arguments: Arguments, world: World) -> None:
        flag = arguments.literal(0, "requires_grad")
        frozen = flag is not None and flag.value is False
        self.set_frozen(identity, frozen, world)

    def set_frozen(self, identity: ObjectId, frozen: bool, world: World) -> None:
        """The parameters of an object need no gradient, or need one again."""
        for each in self.machine.makeup.family(identity, world):
            state = world.get(each)
            if state.may_be_module and state.frozen is not frozen:
                world.put(each, replace(state, frozen=frozen))

    def _of_optimizer(
        self,
        identity: ObjectId,
        name: str,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        if name == "step":
            targets = self.machine.optimizers.targets(identity, world)
            self.machine.recorder.steps.add(OptimizerStep(place, frame.stack(), targets))
            self._run_closure(arguments, world, frame, place)
        elif self.machine.data.is_backward(name):
            self.machine.data.backward(name, receiver, arguments, world, frame, place)
        return UNKNOWN.descending(*arguments)

    def _run_closure(self, arguments: Arguments, world: World, frame: Frame, place: Place) -> None:
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
        if name in machine.recorder.asked and not machine.program.has(place):
            machine.recorder.call_by_name(name, world.gradients, frame)
        if receiver.lineage or machine.knowledge.method("tensor", name) is not None:
            if not state.is_module:
                return machine.data.method(receiver, name, arguments, world, frame, place, subject)
        if machine.data.is_backward(name):
            machine.data.backward(name, receiver, arguments, world, frame, place)
            return UNKNOWN
        if state.may_be_module and self._reads_like_forward(name):
            return machine.forward.call(identity, name, arguments, world, frame, place, subject)
        changes_mode = may_set_mode(name, vocabulary)
        if changes_mode:
            self.lose_object(identity, world)
        used = state.may_be_module and self._is_used_as_module(identity, state)
        if used and self._is_use(name, arguments):
            return machine.forward.call(identity, name, arguments, world, frame, place, subject)
        if state.may_be_module and not changes_mode and self._is_part(name, arguments, used):
            return self._layer(identity, name, arguments, world, frame, place, subject)
        machine.unseen_calls.unseen(name, arguments, world)
        if any(argument.lineage for argument in arguments) or receiver.lineage:
            return UNKNOWN.descending(receiver, *arguments).tagged(Tag.OPEN)
        made = machine.results.made(Result(name, place, frame.path), world, receiver, *arguments)
        return made.tagged(Tag.MADE_UP) if Tag.MADE_UP in receiver.tags else made

    def _is_used_as_module(self, identity: ObjectId, state: Object) -> bool:
        """Whether an unknown name called on this object may be a layer, or a method using some."""
        used = self.machine.recorder.methods_used.get(identity, set())
        return state.is_module or bool(used & SPEAKING_OF_MODULES)

    def _is_use(self, name: str, arguments: Arguments) -> bool:
        """Whether an unseen method of a module is a use of it: ``model.decode(features)``.

        It takes data, and its name does not say that it does something else, or that it trains.
        Where it is called like a prediction it may take anything.
        """
        vocabulary = self.machine.knowledge.vocabulary
        if mentions(name, vocabulary.modules) or not self._may_compute(name):
            return False
        if not len(arguments) or mentions(name, vocabulary.training_functions):
            return False
        predicts = not vocabulary.predicting_methods.isdisjoint(words_of(name))
        return predicts or any(each.is_data for each in arguments)

    def _is_part(self, name: str, arguments: Arguments, used_as_module: bool) -> bool:
        """Whether an unknown name may be a layer of a module, or a module that something holds.

        Of something that is not used as modules are, the name has to say so: ``trainer.model(x)``.
        """
        if not arguments.positional or not self._may_compute(name):
            return False
        return used_as_module or mentions(name, self.machine.knowledge.vocabulary.modules)

    def _may_compute(self, name: str) -> bool:
        """Whether a method may give a tensor: not ``init_hidden``, but ``get_embeddings``."""
        vocabulary, words = self.machine.knowledge.vocabulary, words_of(name)
        if not words or words[0] not in vocabulary.managing_methods:
            return not words or words[-1] not in vocabulary.naming_methods | vocabulary.preparers
        return words[0] in GIVING and words[-1] in vocabulary.computed

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
