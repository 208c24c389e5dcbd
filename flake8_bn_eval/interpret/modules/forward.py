"""Forward calls: what is recorded of them, and what they return."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.modules.submodules import UNSEEN
from flake8_bn_eval.interpret.records import ForwardCall, Observation
from flake8_bn_eval.knowledge.rows import MethodRow
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.assumptions import PLACE
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.guards import Guard, both
from flake8_bn_eval.modes.lattice import Gradient, Gradients, Mode, Modes, recording
from flake8_bn_eval.modes.objects import Kind, Object, Sensitivity
from flake8_bn_eval.modes.things import Function, ObjectId, Result
from flake8_bn_eval.modes.values import UNKNOWN, Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

REVEALING = frozenset({"reveal_mode", "reveal_grad"})


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What is known of a module with everything below it."""

    family: set[ObjectId]
    sensitivity: Sensitivity
    reacting: frozenset[frozenset[Mode]]
    """The modes of each part that may react to its own."""
    may_learn: bool


class Forward:
    """Records forward calls and runs the bodies that are worth it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._family: dict[tuple[ObjectId, int], MadeOf] = {}

    def call(
        self,
        identity: ObjectId,
        method: str | None,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
        row: MethodRow | None = None,
    ) -> Value:
        """``module(x)``, ``module.forward(x)``, ``module.generate(x)``."""
        recorder = self.machine.recorder
        if method is None:
            recorder.method_used(identity, "<call>")
        state = world.get(identity)
        record = recorder.forward_call(place, subject, method, frame)
        self._observe(record, identity, state, arguments, world, row)
        gradients = str(recording(world.gradients))
        recorder.event(place, "forward", subject, str(state.modes), gradients)
        body = self._body(state, method)
        if body is None:
            self.machine.data.read_by(state, arguments, world)
            output = self._result(record, state, arguments, world, row)
            self.machine.watchers.show(identity, output, world, frame, place)
            if state.kind is Kind.UNKNOWN and row is None:
                self.machine.unseen_calls.hand_losses(subject, arguments, world)
                return self._perhaps_made(output, subject, world, frame, place)
            return output
        return self._run(body, record, identity, arguments, world, frame, place)

    def _observe(
        self,
        record: ForwardCall,
        identity: ObjectId,
        state: Object,
        arguments: Arguments,
        world: World,
        row: MethodRow | None,
    ) -> None:
        record.modes = record.modes.join(state.modes)
        gradients = recording(world.gradients)
        record.gradients = record.gradients.join(gradients)
        record.observations |= self._observations(state.modes, gradients, world)
        record.receivers.add(identity)
        each, origin = identity, state.origin
        while origin is not None:
            self.machine.recorder.parents[each] = each = origin.parent
            holder = world.objects.get(each)
            origin = None if holder is None else holder.origin
        made_of = self._made_of(identity, world)
        family, sensitivity = made_of.family, made_of.sensitivity
        record.family |= family
        if state.class_ is not None:
            record.classes.add(state.class_.definition.name)
        if state.is_module:
            record.modules.add(identity)
        record.parts_set = record.parts_set or self._has_parts_set(state, family, world)
        if sensitivity is Sensitivity.NO:
            record.indifferent.add(identity)
        record.loaded = record.loaded or self.machine.recorder.is_loaded(identity)
        record.library = record.library or state.library
        library = state.library or ""
        record.is_single_layer = library.startswith("torch.nn.") and not state.registers
        record.frozen = record.frozen and not made_of.may_learn
        record.sensitive = record.sensitive.worse(sensitivity)
        if state.modes.may_be(Mode.TRAIN):
            record.reacts_in_training |= _may_react(state.modes, made_of.reacting)
        record.has_input = record.has_input or arguments.open or not _are_names(arguments)
        for argument in arguments:
            record.tags |= argument.tags
            record.fed_by |= argument.lineage
            record.given_data = record.given_data or argument.is_data
            if argument.is_choice:
                self.machine.recorder.use(argument.derived, Use.READ)
        record.made_up = record.made_up and self._is_made_up(arguments)
        if row is not None and row.gradient_inside == "off":
            record.tags.add(Tag.VOLATILE)

    def _has_parts_set(self, state: Object, family: set[ObjectId], world: World) -> bool:
        """Whether something among the unseen parts of a module has got a mode of its own."""
        members = [world.objects.get(each) for each in family]
        return any(
            each is not None
            and each.origin is not None
            and each.origin.key == UNSEEN
            and each.modes.members != state.modes.members
            for each in members
        )

    def _observations(
        self, modes: Modes, gradients: Gradients, world: World
    ) -> set[Observation]:
        """The modes in which a module is called, for each guard that tells them apart."""
        path = frozenset(world.assumptions.truths.items())
        if not modes.guarded and not gradients.guarded:
            flags = self._flags(path, world)
            return {Observation(modes.members, gradients.members, flags, path)}
        found: dict[Guard, tuple[set[Mode], set[Gradient]]] = {}
        for mode, mode_guard in modes.cases():
            for gradient, gradient_guard in gradients.cases():
                guard = both(mode_guard, gradient_guard)
                if guard is not None:
                    seen = found.setdefault(guard, (set(), set()))
                    seen[0].add(mode)
                    seen[1].add(gradient)
        return {
            Observation(
                frozenset(seen[0]),
                frozenset(seen[1]),
                self._flags(path | guard, world),
                path | guard,
            )
            for guard, seen in found.items()
        }

    def _is_made_up(self, arguments: Arguments) -> bool:
        """Whether the data of a call, which comes first, is nobody's, whatever it is called."""
        return Tag.MADE_UP in next(iter(arguments), UNKNOWN).tags

    def _made_of(self, identity: ObjectId, world: World) -> MadeOf:
        """Everything below a module, whether any of it reacts to its mode, and in which it is."""
        key = identity, world.version
        known = self._family.get(key)
        if known is None:
            makeup = self.machine.makeup
            family = makeup.family(identity, world)
            known = MadeOf(
                family,
                makeup.sensitivity(identity, world),
                makeup.modes_of_reacting(makeup.reached(identity, world), world),
                self.machine.weights.may_learn(identity, world),
            )
            self._family[key] = known
        return known

    def _flags(self, assumed: Guard, world: World) -> frozenset[tuple[object, bool]]:
        """What is assumed of the parameters that an unseen caller gives, and of options.

        Whoever calls an option ``eval_mode`` knows that a mode is what it decides about.
        """
        parameters, variables = self.machine.parameters, world.assumptions.variables
        return frozenset(
            (question, truth)
            for question, truth in assumed
            if not question[0].startswith(PLACE)
            if not parameters.isdisjoint(variables.get(question[0], ()))
            or self._is_option(question[0], world)
        )

    def _is_option(self, subject: str, world: World) -> bool:
        """Whether what is asked is an attribute that is named like a mode: ``args.eval_mode``."""
        held, dot, name = subject.rpartition(".")
        if subject.startswith("#") and not dot:
            state = world.objects.get(int(subject[1:]))
            name = "" if state is None or state.origin is None else str(state.origin.key)
        elif not held:
            return False
        return mentions(name, self.machine.knowledge.vocabulary.mode_flags)

    def _body(self, state: Object, method: str | None) -> Function | None:
        """The ``forward`` in the file, where running it can tell anything."""
        if state.class_ is None:
            return None
        member = self.machine.classes.member(state.class_, method or "forward")
        function = None if member is None else member.only_thing
        if not isinstance(function, Function):
            return None
        names = function.definition.called_names
        if function.decorators or names & (self.machine.telling.setting | REVEALING):
            return function
        return None

    def _run(
        self,
        body: Function,
        record: ForwardCall,
        identity: ObjectId,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        before = len(self.machine.recorder.forward_calls)
        graph = self._result(record, world.get(identity), arguments, world, None)
        bound = replace(body, receiver=identity)
        returned = self.machine.functions.run(
            bound, arguments, world, frame, place, inside_forward=True
        )
        self.machine.watchers.show(identity, graph, world, frame, place)
        nested = len(self.machine.recorder.forward_calls) > before
        if (nested or returned.derived) and not returned.connected:
            graph = graph.detached()
        if body.decorators:
            graph = graph.detached()
        return replace(graph.descending(returned), things=returned.things or UNKNOWN.things)

    def _has_no_parameters(self, state: Object) -> bool:
        """A loss of a library has a graph only if its arguments have one."""
        return state.library is not None and state.library.endswith("Loss")

    def _perhaps_made(
        self, output: Value, subject: str, world: World, frame: Frame, place: Place
    ) -> Value:
        """What is called may also be a factory, and its result a module."""
        result = Result(subject, place, frame.path)
        self.machine.results.forget(result, world)
        return replace(output, things=frozenset({result}))

    def _result(
        self,
        record: ForwardCall,
        state: Object,
        arguments: Arguments,
        world: World,
        row: MethodRow | None,
    ) -> Value:
        """The output: with a graph, unless no gradient can be recorded for it."""
        output = UNKNOWN.descending(*arguments)
        if not self._has_no_parameters(state):
            output = replace(output, connected=output.connected | {record.identity})
        silent = row is not None and row.gradient_inside == "off"
        off = recording(world.gradients).must_be(Gradient.OFF)
        if silent or off or Tag.VOLATILE in output.tags:
            return output.detached()
        return output


def _are_names(arguments: Arguments) -> bool:
    """Whether nothing is given but texts: ``data("train_mask", "test_mask")``."""
    constants = [each.constant for each in arguments]
    return all(each is not None and isinstance(each.value, str) for each in constants)


def _may_react(own: Modes, parts: frozenset[frozenset[Mode]]) -> bool:
    """Whether training mode matters to a module that may be in it, or to any part of it.

    A part that may be in another mode than the module, which surely trains, was set apart from it.
    """
    surely = own.must_be(Mode.TRAIN)
    return not parts or any(
        Mode.TRAIN in modes and (len(modes) == 1 or not surely) for modes in parts
    )
