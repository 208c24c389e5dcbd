"""Calls of functions that nobody sees: what they may have done to what they were given."""

from __future__ import annotations

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.machine import Machine, Unreachable, gradients_of
from flake8_bn_eval.knowledge.words import may_set_mode, mentions, words_of
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Mode, Modes
from flake8_bn_eval.modes.objects import Kind
from flake8_bn_eval.modes.things import Function, ObjectId, Parameters, Result
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_thing
from flake8_bn_eval.modes.world import World

OPTIMIZING = frozenset({"backward", "optimize", "optimise", "scaler"})
GRADIENTS = frozenset({"gradient", "gradients", "grad", "grads"})


class UnseenCalls:
    """What an unseen function may do, and what comes out of it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def recursive(self, function: Function, arguments: Arguments, world: World) -> Value:
        """A recursion that is not followed any deeper: it does what it did, or something else."""
        if self._may_set_modes(function):
            world.forget_modes(Modes.only(Mode.UNKNOWN))
        return self._not_followed(function, arguments, world)

    def cut_off(self, function: Function, arguments: Arguments, world: World) -> Value:
        """A call for which there is no time: of what it may set nothing is known."""
        if self._may_set_modes(function):
            world.lose_modes()
        return self._not_followed(function, arguments, world)

    def _may_set_modes(self, function: Function) -> bool:
        names = function.definition.called_names & self.machine.telling.setting_modes
        return bool(names or function.captured)

    def _not_followed(self, function: Function, arguments: Arguments, world: World) -> Value:
        definition = function.definition
        if definition.called_names & self.machine.telling.setting_gradients or function.captured:
            world.set_gradients(world.gradients.join(gradients_of(Gradient.UNKNOWN)))
        return self.unseen(definition.name, arguments, world, function.receiver)

    def unseen(
        self,
        name: str,
        arguments: Arguments,
        world: World,
        receiver: ObjectId | None = None,
        *,
        harmless: bool = False,
    ) -> Value:
        """A call of something that is not in sight: what it may do, what it may return.

        It is harmless if it is known to set nothing, whatever its name says.
        """
        vocabulary = self.machine.knowledge.vocabulary
        if not harmless and may_set_mode(name.rpartition(".")[2], vocabulary):
            for argument in arguments:
                self.machine.modules.lose(argument, world)
            if receiver is not None:
                self.machine.modules.lose_object(receiver, world)
        self._perhaps_called(arguments, world)
        self._hand_over(name, arguments, world)
        carried = self.carried(arguments, world)
        result = carried if carried is not None else UNKNOWN
        result = result.descending(*arguments)
        return result.tagged(Tag.OPEN) if result.lineage else result

    def _perhaps_called(self, arguments: Arguments, world: World) -> None:
        """Something unseen may call a function that it is given, if that sets anything."""
        setting = self.machine.telling.setting
        frame = self.machine.frame
        for argument in arguments:
            function = argument.only_thing
            if not isinstance(function, Function) or function.definition.parameters:
                continue
            if function.definition.called_names & setting and not frame.runs_function(function):
                called = world.fork()
                try:
                    self.machine.functions.call(
                        function, Arguments(), called, frame, function.definition.place
                    )
                except Unreachable:
                    continue
                world.become(called.join(world.fork()))

    def _hand_over(self, name: str, arguments: Arguments, world: World) -> None:
        """Outputs of forward calls that are handed to something unseen."""
        with_contents = self.machine.containers.with_contents
        given = [with_contents(argument, world) for argument in arguments]
        connected = [argument for argument in given if argument.lineage]
        if not connected:
            return
        last = name.rpartition(".")[2]
        speaks = mentions(last, OPTIMIZING) and "for" not in words_of(last)
        optimizing = speaks or any(
            world.shape(identity).kind is Kind.OPTIMIZER
            for argument in arguments
            for identity in argument.objects
        )
        for argument in connected:
            if optimizing:
                self.machine.data.differentiate(argument, world, None)
            elif argument.is_choice or self._measures(name):
                self.machine.recorder.use(argument.lineage, Use.READ)
            else:
                self.machine.recorder.use(argument.lineage, Use.PASSED)
                self._hand_to_learner(last, argument, arguments, world)

    def _measures(self, name: str) -> bool:
        return mentions(name, self.machine.knowledge.vocabulary.metrics)

    def hand_losses(self, name: str, arguments: Arguments, world: World) -> None:
        """Something that may be no module gets a loss: what is a network is given none."""
        for argument in arguments:
            if argument.connected and Tag.LOSS in argument.tags:
                self._hand_to_learner(name, argument, arguments, world)

    def _hand_to_learner(
        self, name: str, output: Value, arguments: Arguments, world: World
    ) -> None:
        """What gets an output with the module that it comes from may train that by it."""
        vocabulary = self.machine.knowledge.vocabulary
        if mentions(name, GRADIENTS | vocabulary.training_functions):
            use = Use.LEARNT_FROM
        elif Tag.LOSS in output.tags:
            use = Use.LOSS_PASSED
        else:
            return
        given = [self._reached(argument, world) for argument in arguments]
        calls = self.machine.recorder.forward_calls
        own = [
            each
            for each in output.connected
            if any(not reached.isdisjoint(calls[each].receivers) for reached in given)
        ]
        self.machine.recorder.use(frozenset(own), use)

    def _reached(self, value: Value, world: World) -> set[ObjectId]:
        """The objects that a value is or holds, also those that something unseen has made."""
        machine = self.machine
        members = {it for each in value.objects for it in machine.makeup.family(each, world)}
        states = [world.objects.get(each) for each in members]
        held = [value, *(one for each in states if each is not None for one in each.contents)]
        made = {thing for each in held for thing in each.things if isinstance(thing, Result)}
        return members | {machine.results.identity(each) for each in made}

    def carried(self, arguments: Arguments, world: World) -> Value | None:
        """Parameters among the arguments, which ``list``, ``filter`` or a wrapper hand on."""
        owners: frozenset[ObjectId] = frozenset()
        for argument in arguments:
            for thing in argument.things:
                if isinstance(thing, Parameters):
                    owners |= thing.owners
            for identity in argument.objects:
                if world.shape(identity).kind is Kind.OPTIMIZER:
                    owners |= self.machine.optimizers.owners(identity, world)
        return of_thing(Parameters(owners)) if owners else None
