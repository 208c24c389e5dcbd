"""What the rows of constructors say of the module or object that is made."""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.rows import CallableRow, Condition
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.lattice import LOST, Mode, Modes
from flake8_bn_eval.modes.objects import Key, Kind, Object, Sensitivity
from flake8_bn_eval.modes.things import Class, External, Partial, Submodules
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_object
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place


class Constructors:
    """Builds the objects that known constructors return."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def module(
        self,
        path: str,
        row: CallableRow,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        package, _, name = path.rpartition(".")
        if name == "*":
            name = f"{package.rpartition('.')[2]}[...]"
        shared = [t for each in arguments for t in each.things if isinstance(t, Submodules)]
        if row.registers and shared:
            # A new container around layers that another module holds: they are what counts.
            return of_object(shared[0].owner)
        modes = self.initial_modes(row, name, place)
        identity = self.machine.identities.number("library", place, path, frame.path)
        state = Object(
            kind=Kind.MODULE,
            name=name,
            modes=modes,
            tree=modes,
            library=row.name,
            sensitive=self._sensitivity(row, arguments),
            seen=row.sensitive != "unknown",
        )
        if row.registers:
            state = self._with_children(state, arguments, world)
        if self._loads(name, arguments):
            self.machine.recorder.weights_loaded({identity})
        self.machine.recorder.made[identity] = place, row.name
        return world.bear(identity, state)

    def from_checkpoint(
        self,
        maker: External,
        class_: Class,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """``Net.load_from_checkpoint(path)``: an object of a class in sight, with weights.

        Keywords go to its constructor, and nobody sees what else does.
        """
        row = self.machine.knowledge.callable(maker.path)
        assert row is not None
        given = Arguments((), arguments.keywords, open=True)
        value = self.machine.classes.instantiate(class_, given, world, frame, place)
        identity = value.only_object
        if identity is not None:
            modes = self.initial_modes(row, class_.definition.name, place)
            self.machine.mode_switches.set_modes(identity, modes, world, frame, place)
            self.machine.recorder.weights_loaded(self.machine.makeup.family(identity, world))
            self.machine.recorder.made[identity] = place, row.name
        return value

    def initial_modes(self, row: CallableRow, name: str, place: Place) -> Modes:
        match row.starts:
            case "train":
                remark = Remark(place, f"`{name}` starts in training mode", "training since")
                return Modes.only(Mode.TRAIN, remark)
            case "eval":
                remark = Remark(place, f"`{name}` starts in evaluation mode", "evaluating since")
                return Modes.only(Mode.EVAL, remark)
            case "saved":
                remark = Remark(place, f"`{name}` gives it the mode it was saved in", "loaded in")
                return Modes.only(Mode.UNSET, remark)
        return LOST

    def _with_children(self, state: Object, arguments: Arguments, world: World) -> Object:
        """Layers handed to a container are its registered children."""
        elements = list(arguments.positional)
        rest = UNKNOWN if arguments.open else None
        spread = arguments.spread
        if spread is not None and (_are_submodules(spread) or self._is_part(spread, world)):
            elements, rest = [], self.machine.containers.element_of(spread, world)
        if len(elements) == 1:
            held = self._held(arguments.spread or elements[0], world)
            if held is not None and held.kind is Kind.MAPPING and state.name == "Sequential":
                names: dict[Key, Value] = {f".{k}": v for k, v in held.fields.items()}
                held = replace(held, kind=Kind.SEQUENCE, fields=names)
            if held is not None:
                return replace(
                    state,
                    kind=held.kind,
                    fields=dict(held.fields),
                    rest=held.rest,
                    registers=True,
                    seen=held.rest is None or bool(held.rest.objects),
                )
        return replace(
            state,
            kind=Kind.SEQUENCE,
            fields=dict(enumerate(elements)),
            rest=rest,
            registers=True,
            seen=rest is None or bool(rest.objects),
        )

    def _is_part(self, value: Value, world: World) -> bool:
        """``*net.features[:10]``: layers of a part that nobody has looked into."""
        identity = value.only_object
        state = None if identity is None else world.get(identity)
        return state is not None and state.kind is Kind.UNKNOWN and state.origin is not None

    def _held(self, value: Value, world: World) -> Object | None:
        """The plain container whose elements a module container takes over."""
        identity = value.only_object
        if identity is None:
            return None
        state = world.get(identity)
        plain = state.kind in (Kind.SEQUENCE, Kind.MAPPING) and not state.registers
        return state if plain else None

    def _sensitivity(self, row: CallableRow, arguments: Arguments) -> Sensitivity:
        verdict = Sensitivity(row.sensitive)
        if verdict is not Sensitivity.YES:
            return verdict
        factory = None if row.norms is None else arguments.get(None, row.norms)
        if factory is not None:
            return self._of_factory(factory)
        if not row.conditions:
            return verdict
        holds = {self.holds(condition, arguments) for condition in row.conditions}
        decided = row.needs == "any"
        if decided in holds:
            return Sensitivity.YES if decided else Sensitivity.NO
        if None in holds:
            return Sensitivity.UNKNOWN
        return Sensitivity.NO if decided else Sensitivity.YES

    def _of_factory(self, factory: Value) -> Sensitivity:
        """Whether the layers that a class, or a ``partial`` of one, makes have a mode."""
        thing, arguments = factory.only_thing, Arguments()
        if isinstance(thing, Partial):
            arguments = Arguments(thing.arguments, thing.keywords)
            thing = thing.callee.only_thing
        row = self.machine.knowledge.callable(thing.path) if isinstance(thing, External) else None
        return Sensitivity.UNKNOWN if row is None else self._sensitivity(row, arguments)

    def _loads(self, name: str, arguments: Arguments) -> bool:
        """``from_pretrained("bert")``, ``resnet18(pretrained=True)``, ``resnet18(weights="A")``."""
        vocabulary = self.machine.knowledge.vocabulary
        if mentions(name, vocabulary.loading):
            return True
        asking = vocabulary.loading_arguments
        given = [value.constant for name, value in arguments.keywords if name in asking]
        return any(each is None or each.value not in (None, False) for each in given)

    def holds(self, condition: Condition, arguments: Arguments) -> bool | None:
        """Whether a condition about an argument holds; None where nobody can tell."""
        value = arguments.get(condition.position, condition.parameter)
        if value is None:
            return None if arguments.open else condition.default > condition.above
        constant = value.constant
        if constant is None or not isinstance(constant.value, int | float):
            return None
        return constant.value > condition.above


def _are_submodules(value: Value) -> bool:
    """``*list(net.children())[:-1]``: layers of a module, nobody knows how many."""
    return any(isinstance(thing, Submodules) for thing in value.things)
