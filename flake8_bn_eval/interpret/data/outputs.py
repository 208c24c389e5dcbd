"""Data: tensors, the outputs of forward calls, and what is done with them."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.records import Addition, Differentiation, OptimizerStep
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.lattice import LOST, Gradient, Mode
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import (
    Constant,
    External,
    Parameters,
    Ranked,
    Result,
    Submodules,
    Symbol,
    Unknown,
)
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Attribute, Expression, Name, Place
from flake8_bn_eval.wording import identifiers

AS_ARRAY = frozenset({"numpy", "__array__"})
PLACES = (Constant.of(1), Constant.of(-1))
"""The indices of the places in a ranking."""
OF_DATA = frozenset({Tag.EVALUATION_DATA, Tag.TRAINING_DATA})


class Data:
    """Follows data through attributes and methods."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._tags: dict[int, tuple[Tag, ...]] = {}
        self._tags_of_name: dict[str, tuple[Tag, ...]] = {}

    def is_neutral(self, name: str) -> bool:
        """Whether such an attribute tells nothing of the numbers: ``shape``, ``device``."""
        row = self.machine.knowledge.method("tensor", name)
        return row is not None and row.effect == "neutral"

    def is_detaching(self, name: str) -> bool:
        """Whether such an attribute has the numbers without their graph: ``data``."""
        row = self.machine.knowledge.method("tensor", name)
        return row is not None and row.effect == "detach"

    def keeps_shape(self, name: str) -> bool:
        """Whether such a method or attribute gives the same numbers: ``numpy``, ``detach``."""
        row = self.machine.knowledge.method("tensor", name)
        return name in AS_ARRAY or row is not None and row.effect in ("detach", "same")

    def attribute(self, value: Value, name: str) -> Value:
        """An attribute of data."""
        row = self.machine.knowledge.method("tensor", name)
        if row is None:
            return UNKNOWN.descending(value)
        match row.effect:
            case "detach":
                self.machine.recorder.use(value.connected, Use.DETACHED)
                return UNKNOWN.descending(value).detached()
            case "neutral":
                return UNKNOWN
        return UNKNOWN.descending(value)

    def method(
        self,
        receiver: Value,
        name: str,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        """A method of data, or of something of which nothing is known."""
        if self.is_backward(name):
            self.backward(name, receiver, arguments, world, frame, place)
            return UNKNOWN
        if name == "step" and self.machine.modules.names_optimizer(subject.rpartition(".")[0]):
            self.machine.recorder.steps.add(OptimizerStep(place, frame.stack(), None))
            return UNKNOWN
        if self.machine.steps.names_mode(name):
            self._set_mode_of_anything(world)
        kept = [each for each in receiver.things if isinstance(each, Parameters | Submodules)]
        if kept and name == "step":
            self.step(receiver, world, frame, place)
        if kept:
            self.machine.averages.note_method(receiver, name, arguments, place)
            return Value(frozenset(kept))
        if self._loads(receiver, name):
            return self.machine.results.made(Result(subject, place, frame.path), world, *arguments)
        return self._on_tensor(receiver, name, arguments, world, subject)

    def _loads(self, receiver: Value, name: str) -> bool:
        """``chosen_class.from_pretrained(...)``: an object of a class that nobody knows."""
        is_unknown = isinstance(receiver.only_thing, Symbol | Unknown)
        if not is_unknown or receiver.lineage or receiver.tags:
            return False
        return mentions(name, self.machine.knowledge.vocabulary.loading_arguments)

    def _set_mode_of_anything(self, world: World) -> None:
        """Something unknown is put in a mode: it may be any module that nobody has set yet."""
        for identity, state in list(world.objects.items()):
            if state.modes.may_be(Mode.UNSET):
                world.put(identity, state.in_modes(LOST, recursive=True))

    def _on_tensor(
        self, receiver: Value, name: str, arguments: Arguments, world: World, subject: str
    ) -> Value:
        if name.endswith("_") and self.machine.knowledge.makes_data_up(name.rstrip("_")):
            # ``tensor.uniform_()``: whatever was in it is gone.
            return UNKNOWN.tagged(Tag.TENSOR, Tag.MADE_UP)
        row = self.machine.knowledge.method("tensor", name)
        if row is None:
            return self._unseen(receiver, name, arguments, world, subject)
        match row.effect:
            case "use":
                self.machine.recorder.use(receiver.lineage, Use.READ)
                if name in AS_ARRAY:
                    self.machine.recorder.use(receiver.connected, Use.BARE_ARRAY)
                return UNKNOWN.descending(receiver, *arguments).detached()
            case "detach":
                self.machine.recorder.use(receiver.connected, Use.DETACHED)
                return UNKNOWN.descending(receiver).detached().tagged(Tag.TENSOR)
            case "neutral":
                return UNKNOWN
            case "freeze":
                return UNKNOWN.descending(receiver).tagged(Tag.DIFFERENTIATED)
            case "rank" if receiver.connected:
                return self.ranked(receiver, arguments).tagged(Tag.TENSOR)
        symbol = receiver.only_thing
        if isinstance(symbol, Result) and row.effect == "same":
            # A tensor, or a module that was made here: both come back.
            return receiver.descending(*arguments)
        if isinstance(symbol, Symbol) and not len(arguments) and not receiver.lineage:
            return of_thing(Symbol(f"{symbol.subject}.{name}()", symbol.variables))
        return UNKNOWN.descending(receiver, *arguments).tagged(Tag.TENSOR)

    def read_by(self, state: Object, arguments: Arguments, world: World) -> None:
        """A metric, or a method of it, is given data: it keeps what it counts, and no graph."""
        row = self.machine.knowledge.callable(state.library) if state.library else None
        if row is not None and row.reads:
            for argument in arguments:
                whole = self.machine.containers.with_contents(argument, world)
                self.machine.recorder.use(whole.lineage, Use.READ)

    def ranked(self, data: Value, others: Arguments) -> Value:
        """Numbers with the graph of data, then their places; of two tensors the numbers alone."""
        result = UNKNOWN.descending(data, *others)
        if any(each.is_data for each in others):
            return result
        return replace(result, things=frozenset({Ranked()}))

    def under_index(self, value: Value, index: Value) -> Value:
        """What an element of data descends from: places have no graph."""
        is_place = Ranked() in value.things and index.constant in PLACES
        return choice_of(value) if is_place else value

    def written(self, *values: Value) -> Value:
        """A text that speaks of some values: their numbers, and no graph."""
        for value in values:
            is_loss = value.connected and Tag.LOSS in value.tags
            self.machine.recorder.use(value.lineage, Use.LOSS_PRINTED if is_loss else Use.PRINTED)
        return UNKNOWN

    def _unseen(
        self, receiver: Value, name: str, arguments: Arguments, world: World, subject: str
    ) -> Value:
        result = self.machine.unseen_calls.unseen(name, arguments, world)
        if receiver.lineage:
            self.machine.recorder.use(receiver.lineage, Use.PASSED)
        symbol = receiver.only_thing
        if isinstance(symbol, Symbol) and not receiver.lineage:
            constants = [each.constant for each in arguments]
            if None not in constants and len(symbol.subject) < 80:
                text = ", ".join(repr(each.value) for each in constants if each is not None)
                return of_thing(Symbol(f"{symbol.subject}.{name}({text})", symbol.variables))
        return result.descending(receiver)

    def step(self, value: Value, world: World, frame: Frame, place: Place) -> None:
        """Something made of parameters is called or steps: it is an optimizer."""
        targets = frozenset(
            member
            for thing in value.things
            if isinstance(thing, Parameters)
            for owner in thing.owners
            for member in self.machine.makeup.family(owner, world)
        )
        self.machine.recorder.steps.add(OptimizerStep(place, frame.stack(), targets or None))

    # Gradients

    def is_backward(self, name: str) -> bool:
        """Whether a method differentiates: ``manual_backward``, but not ``save_for_backward``."""
        words = name.split("_")
        return words[-1] == "backward" and "for" not in words

    def backward(
        self,
        name: str,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> None:
        """``loss.backward()``, ``accelerator.backward(loss)``."""
        values = [receiver, *arguments] if receiver.lineage or not len(arguments) else arguments
        for value in values:
            self.differentiate(value, world, (place, frame))

    def differentiate(self, value: Value, world: World, where: tuple[Place, Frame] | None) -> None:
        """The gradient of a value is asked for."""
        place, stack = (0, ()) if where is None else (where[0], where[1].stack())
        is_open = where is None or Tag.OPEN in value.tags or bool(value.objects)
        self.machine.recorder.differentiate(
            Differentiation(
                place,
                stack,
                value.connected,
                value.derived,
                frozenset(world.assumptions.truths.items()),
                is_open or Tag.DIFFERENTIATED in value.tags,
                world.gradients.must_be(Gradient.ON),
            )
        )

    def note_addition(self, left: Value, right: Value) -> None:
        """A sum of losses, one of them without a graph."""
        for graph, term in ((left, right), (right, left)):
            if graph.connected and term.derived and not term.connected and Tag.LOSS in term.tags:
                self.machine.recorder.additions.add(Addition(graph.connected, term.derived))

    def opened(self, combined: Value, operator: str, left: Value, right: Value) -> Value:
        """A sum or product: a part that is known to have no graph may meet one that has."""
        if not combined.derived or combined.connected or operator[0] not in "+*":
            return combined
        others = [each for each in (left, right) if not each.lineage]
        unseen = any(each.constant is None and not each.tags & OF_DATA for each in others)
        return combined.tagged(Tag.OPEN) if unseen else combined

    def assign_attribute(
        self, owner: Value, name: str, value: Value, target: Expression, world: World
    ) -> bool:
        """``x.requires_grad = flag``; whether the assignment was one of data."""
        if name != "requires_grad":
            return False
        constant = value.constant
        off = constant is not None and constant.value is False
        held = [thing.owners for thing in owner.things if isinstance(thing, Parameters)]
        for identity in owner.objects.union(*held):
            self.machine.modules.set_frozen(identity, off, world)
        is_weight = owner == UNKNOWN or self.machine.weights.is_parameter(owner)
        if off and is_weight and isinstance(target, Attribute):
            self.machine.splitting.replace(target, UNKNOWN.tagged(Tag.TENSOR), world)
        if not off and isinstance(target, Name):
            world.names[target.variable] = owner.tagged(Tag.DIFFERENTIATED)
        return True

    def differentiable(self, target: Name, arguments: Arguments, world: World) -> None:
        """``x.requires_grad_()``: whoever asks for the gradient of an input will use it."""
        flag = arguments.literal(0, "requires_grad")
        value = world.names.get(target.variable)
        if value is None or value.lineage:
            # An output that is told to need a gradient still has no graph behind it.
            return
        if flag is None or flag.value is not False:
            world.names[target.variable] = value.tagged(Tag.DIFFERENTIATED)

    # Evidence

    def tags_of(self, iterable: Expression) -> tuple[Tag, ...]:
        """What the names in an iterable say of the data that it yields."""
        known = self._tags.get(id(iterable))
        if known is None:
            known = self._tags[id(iterable)] = self._tags_by_name(iterable)
        return known

    def handed_out(self, value: Value, tags: tuple[Tag, ...]) -> Value:
        """What an iteration over something unseen gives: a batch, where that is data."""
        given = UNKNOWN.descending(value).tagged(*tags)
        return given.tagged(Tag.BATCH) if given.tags & OF_DATA else given

    def named(self, target: Name, value: Value) -> Value:
        """A value under the name that it is given: ``test_loader`` is data for evaluation."""
        name = target.variable[1]
        known = self._tags_of_name.get(name)
        if known is None:
            known = self._tags_of_name[name] = self._tags_of_names({name})
        return self._retagged(value, known) if known else value

    def tagged_by(self, expression: Expression, value: Value) -> Value:
        """What the names in an expression say of its value, unless it is known already."""
        if value.tags & OF_DATA:
            return value
        return self._retagged(value, self.tags_of(expression))

    def imported(self, expression: Expression, value: Value) -> Value:
        """What nobody in sight has made is known by the name it has: ``fit(train_loader)``."""
        thing = value.only_thing
        return self.tagged_by(expression, value) if isinstance(thing, External) else value

    def under_key(self, value: Value, index: Value) -> Value:
        """``loaders["val"]``, also where the key is the phase of a loop."""
        constant = index.constant
        if constant is None or not isinstance(constant.value, str):
            return value
        return self._retagged(value, self._tags_of_names({constant.value}))

    def _retagged(self, value: Value, tags: tuple[Tag, ...]) -> Value:
        if not tags or value.constant is not None:
            return value
        return replace(value, tags=value.tags - OF_DATA | frozenset(tags))

    def _tags_by_name(self, iterable: Expression) -> tuple[Tag, ...]:
        return self._tags_of_names(identifiers(iterable))

    def _tags_of_names(self, names: set[str]) -> tuple[Tag, ...]:
        vocabulary = self.machine.knowledge.vocabulary
        names = {name for name in names if not mentions(name, vocabulary.settings)}
        evaluation = any(mentions(name, vocabulary.evaluation_data) for name in names)
        training = any(mentions(name, vocabulary.training_data) for name in names)
        if evaluation and not training:
            return (Tag.EVALUATION_DATA,)
        return (Tag.TRAINING_DATA,) if training and not evaluation else ()


def choice_of(*values: Value) -> Value:
    """Indices or truth values made of some values, which have no gradient."""
    made = UNKNOWN.descending(*values)
    return made.detached().tagged(Tag.CHOICE) if made.lineage else made
