"""What the calls of unseen functions return: an object that is known by its call."""

from __future__ import annotations

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.data.outputs import OF_DATA
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.libraries.library import READING
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.words import mentions, says_class
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.identities import about_object
from flake8_bn_eval.modes.lattice import LOST, Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object
from flake8_bn_eval.modes.things import ANY, ObjectId, Parameters, Result
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_object, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Place

SAVED = "saved"
USED_LIKE_MODULES = frozenset({"eval", "train", "<call>"})


class Results:
    """Names the results of calls."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def identify(self, result: Result, world: World) -> Value:
        """Give the result of something unseen an identity.

        A capitalised name, or one that says so, is a class: if its instance is a module, it is a
        new one.  So is what any class or function makes that a computed name chooses among
        networks.  What somebody has saved is in the mode in which it was saved.
        """
        package, _, name = result.path.rpartition(".")
        row = self.machine.knowledge.callable(result.path)
        if row is not None and row.returns in ("other", "context"):
            return of_thing(result)
        modes, chosen = LOST, name == ANY
        name = f"{package}[...]" if chosen else name
        is_class = name[:1].isupper() and not name.isupper() or says_class(name)
        if (chosen or is_class) and not result.wraps:
            remark = Remark(
                result.place, f"a new `{name}` starts in training mode", "training since"
            )
            modes = Modes.only(Mode.TRAIN, remark)
        identity = self.identity(result)
        self.machine.recorder.returned.add(identity)
        if identity in world.objects:
            return of_object(identity)
        if row is not None and row.starts == SAVED:
            modes = self.machine.constructors.initial_modes(row, name, result.place)
            self.machine.recorder.made[identity] = result.place, row.name
        return world.bear(identity, Object(Kind.UNKNOWN, name, modes, modes))

    def was_saved(self, identity: ObjectId) -> bool:
        """Whether an object is what a file held: a module, or a table of these and others."""
        made = self.machine.recorder.made.get(identity)
        row = None if made is None else self.machine.knowledge.callable(made[1])
        return row is not None and row.starts == SAVED

    def forget(self, result: Result, world: World) -> None:
        """The call is made anew: what it returned before is another object."""
        identity = self.identity(result)
        known = world.objects.get(identity)
        if known is not None:
            used = self.machine.recorder.methods_used.get(identity)
            if known.matters or used and not used.isdisjoint(USED_LIKE_MODULES):
                world.retire(identity)
            world.objects.remove(identity)
        world.forget(about_object(identity))

    def made(self, result: Result, world: World, *given: Value) -> Value:
        """What a call of something unseen returns: nothing is assumed of it yet.

        But what is made of data for evaluation is for evaluation: ``sample(test_set)``.
        """
        self.forget(result, world)
        tags = {tag for value in given for tag in value.tags if tag in OF_DATA}
        return of_thing(result).tagged(*tags) if tags else of_thing(result)

    def identity(self, result: Result) -> ObjectId:
        return self.machine.identities.of_result(result)

    def called(self, value: Value) -> str | None:
        """The path of the library call that a value is the result of."""
        thing = value.only_thing
        return thing.path if isinstance(thing, Result) else None

    def is_stack(self, value: Value) -> bool:
        """Whether a value is an ``ExitStack``."""
        return self.called(value) in ("contextlib.ExitStack", "contextlib.AsyncExitStack")

    def is_like_module(self, state: Object) -> bool:
        """Whether an object is a module, or called like one."""
        return state.is_module or state.may_be_module and self.is_named_like_module(state.name)

    def is_named_like_module(self, path: str) -> bool:
        """Whether the last part of a path is what networks are called, or packages of them."""
        words = self.machine.knowledge.vocabulary.modules
        return mentions(path.rpartition(".")[2], words)

    def _may_be_module(self, value: Value, world: World) -> bool:
        """Whether a value may be a module, seen or returned by something unseen."""
        return any(self.is_like_module(world.shape(each)) for each in value.objects) or any(
            isinstance(thing, Result) and self.is_named_like_module(thing.path)
            for thing in value.things
        )

    def other(
        self, path: str, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        lineage = [each for each in arguments if each.lineage]
        for each in lineage:
            self.machine.recorder.use(each.lineage, Use.READ)
        if lineage:
            # `with scale_loss(loss, optimizer) as scaled`: nobody knows what became of the graph.
            return UNKNOWN.descending(*lineage).detached().tagged(Tag.OPEN)
        carried = self.machine.unseen_calls.carried(arguments, world)
        if carried is not None and not self._is_given_optimizer(arguments, world):
            return carried
        result = self.made(Result(path, place, frame.path), world, *arguments)
        return result.tagged(Tag.MADE_UP) if self.is_made_up(path, arguments, world) else result

    def _is_given_optimizer(self, arguments: Arguments, world: World) -> bool:
        """Whether it changes what an optimizer does: a scheduler takes no step itself."""
        held = (identity for each in arguments for identity in each.objects)
        return any(world.shape(identity).kind is Kind.OPTIMIZER for identity in held)

    def is_made_up(self, path: str, arguments: Arguments, world: World) -> bool:
        """Whether data is made of nothing, or of numbers in the program: ``np.array([1, 2])``."""
        if self.machine.knowledge.makes_data_up(path):
            return True
        waiting, known_elements = list(arguments.positional[:1]), False
        while waiting:
            value = waiting.pop()
            elements = self.machine.containers.known_elements(value, world)
            literal = value.constant
            if elements is None and (literal is None or literal.type is str):
                return False
            known_elements = known_elements or elements is not None
            waiting += elements or ()
        return known_elements

    def unknown(
        self,
        path: str,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        *,
        harmless: bool = False,
    ) -> Value:
        if path.partition(".")[0] in READING:
            for argument in arguments:
                self.machine.recorder.use(argument.lineage, Use.READ)
            return UNKNOWN.descending(*arguments).detached()
        result = self.machine.unseen_calls.unseen(path, arguments, world, harmless=harmless)
        if result.lineage or any(isinstance(each, Parameters) for each in result.things):
            return result.tagged(Tag.OPEN) if result.lineage else result
        wraps = any(self._may_be_module(argument, world) for argument in arguments)
        made = Result(path, place, frame.path, wraps)
        return self.made(made, world, *(() if wraps else arguments))
