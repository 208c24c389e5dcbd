"""Frames: which function is being run, for whom, and from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile

from flake8_bn_eval.modes.states import State
from flake8_bn_eval.modes.things import Class, Function, ObjectId
from flake8_bn_eval.modes.values import Value
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import FunctionDefinition, Place, Program, Variable, file_of

MODULE_NAME = "<module>"
DEEPEST_CALL = 12
MOST_ACTIVATIONS = 2


@dataclass(frozen=True, slots=True)
class Site:
    """One level of a call stack, as facts keep it: the function, and the call that entered it.

    ``literals`` are the parameters that this call gives a literal.
    ``receiver`` is the object whose method it is.
    """

    name: str
    definition: FunctionDefinition | None = field(repr=False)
    call: Place | None
    literals: tuple[tuple[str, object], ...] = ()
    receiver: ObjectId | None = field(default=None, compare=False)


def shared_depth(first: tuple[Site, ...], second: tuple[Site, ...]) -> int:
    """How many functions two stacks have in common: so far one and the same call runs."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@dataclass(slots=True, eq=False)
class Frame:
    """A running function.

    ``path`` tells this activation from others of the same function: objects and
    forward calls are numbered by it.  ``inside_forward`` is set where the frame belongs
    to the forward call of a module, whose inner calls are that module's own business.
    """

    definition: FunctionDefinition | None
    caller: Frame | None = None
    call: Place | None = None
    receiver: ObjectId | None = None
    owner: Class | None = None
    inside_forward: bool = False
    path: tuple[object, ...] = ()
    depth: int = 0
    literals: tuple[tuple[str, object], ...] = ()
    passes: dict[Place, int] = field(default_factory=dict)
    """The loops over written-out elements that are running, and in which pass."""
    in_module: bool = False
    """It is a method of a module, or of an unseen base's heir, that no call in sight enters."""
    on_yield: Callable[[World, Value], State] | None = None
    """Runs the body of the ``with`` statement whose context manager this frame is."""
    reaches_out: bool = False
    """It has assigned names of other scopes: a test elsewhere may come out differently."""
    captured: tuple[tuple[Variable, Value], ...] = ()
    yielded: list[tuple[World, Value]] = field(default_factory=list)
    """The worlds in which a generator is suspended, with what it yields."""
    base: int = 0
    """Where no function is running: the file whose body is."""

    @staticmethod
    def of_module(base: int = 0) -> Frame:
        """The frame of a file's own body."""
        return Frame(None, path=(MODULE_NAME,), base=base)

    @property
    def file(self) -> int:
        """The base of the file whose text is being run."""
        return self.base if self.definition is None else file_of(self.definition.scope)

    @staticmethod
    def root(
        definition: FunctionDefinition, receiver: ObjectId | None, owner: Class | None
    ) -> Frame:
        """The frame of a function that no call in sight enters."""
        return Frame(
            definition, receiver=receiver, owner=owner, path=(definition.scope, definition.name)
        )

    def enter(
        self,
        definition: FunctionDefinition,
        call: Place,
        receiver: ObjectId | None,
        owner: Class | None,
        inside_forward: bool,
    ) -> Frame:
        """The frame of a function called at ``call`` from this one."""
        return Frame(
            definition,
            self,
            call,
            receiver,
            owner,
            inside_forward,
            (*self.path, call, definition.scope),
            self.depth + 1,
        )

    def runs(self, definition: FunctionDefinition, receiver: ObjectId | None = None) -> bool:
        """Whether a function is already running: entering it again would be recursion.

        A method of another object is not: a parent calls the `train` of its children.
        """
        frame: Frame | None = self
        while frame is not None:
            if frame.definition is definition and receiver in (None, frame.receiver):
                return True
            frame = frame.caller
        return False

    def note_assigned(self, variable: Variable) -> None:
        """A name gets a value; the callers care if it is none of this function's own."""
        if self.definition is None or variable[0] == self.definition.scope:
            return
        frame: Frame | None = self
        while frame is not None:
            frame.reaches_out = True
            frame = frame.caller

    def runs_function(self, function: Function) -> bool:
        """Whether a call of a function is recursion that need not be followed any deeper.

        A method of another object and another closure are other functions.
        """
        frame: Frame | None = self
        times = 0
        while frame is not None:
            if frame.definition is function.definition:
                times += 1
                same = frame.receiver == function.receiver and frame.captured == function.captured
                if times == (MOST_ACTIVATIONS if same else MOST_ACTIVATIONS + 1):
                    return True
            frame = frame.caller
        return False

    @property
    def too_deep(self) -> bool:
        """Whether calls are no longer followed."""
        return self.depth >= DEEPEST_CALL

    @property
    def in_constructor(self) -> bool:
        """Whether a constructor is running, or something that it calls."""
        own = self.definition is not None and self.definition.name == "__init__"
        return own or self.caller is not None and self.caller.in_constructor

    @property
    def belongs_to_module(self) -> bool:
        """Whether a method of a module is where this activation began."""
        return self.in_module if self.caller is None else self.caller.belongs_to_module

    def place_in(self, program: Program, place: Place) -> Place | None:
        """The place in a program that led to one in this frame; None where none did."""
        frame: Frame | None = self
        while not program.has(place):
            if frame is None or frame.call is None:
                return None
            place, frame = frame.call, frame.caller
        return place

    def stack(self) -> tuple[Site, ...]:
        """The call stack, the outermost function first."""
        sites: list[Site] = []
        frame: Frame | None = self
        while frame is not None:
            name = MODULE_NAME if frame.definition is None else frame.definition.name
            literals, receiver = frame.literals, frame.receiver
            sites.append(Site(name, frame.definition, frame.call, literals, receiver))
            frame = frame.caller
        return tuple(reversed(sites))
