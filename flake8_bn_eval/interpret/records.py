"""The facts that an interpretation gathers, as they are gathered.

A record is about one place in one call context and joins what was seen there on every
path and every pass; it is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.frames import Frame, Site
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Gradients, Mode, Modes
from flake8_bn_eval.modes.objects import Sensitivity
from flake8_bn_eval.modes.things import CallId, ObjectId
from flake8_bn_eval.operations import ClassDefinition, FunctionDefinition, Place

if TYPE_CHECKING:
    from flake8_bn_eval.interpret.machine import Machine
    from flake8_bn_eval.modes.world import World

UNKNOWN_GRADIENT = frozenset({Gradient.UNKNOWN})
Assumptions = frozenset[tuple[object, bool]]


@dataclass(frozen=True, slots=True)
class Observation:
    """One state in which a forward call was met.

    ``assumed`` are the assumptions that held; ``flags`` those of them about parameters
    that an unseen caller gives.
    """

    modes: frozenset[Mode]
    gradients: frozenset[Gradient]
    flags: Assumptions = frozenset()
    assumed: Assumptions = frozenset()


@dataclass(slots=True, eq=False)
class ForwardCall:
    """A forward call in one call context.

    ``subject`` is the callee as it is written; ``stack`` the functions that are running,
    the outermost first.  ``trained`` tells that its output reaches a differentiation,
    ``auxiliary`` that it reaches one without its own graph, as a target does.
    """

    identity: CallId
    place: Place
    subject: str
    method: str | None
    stack: tuple[Site, ...]
    inside_forward: bool
    of_module: bool
    """It belongs to a method of a module whose callers nobody has seen."""
    of_heir: bool = False
    """It belongs to a method that an unseen base of its class may call."""
    library: str | None = None
    has_input: bool = False
    """It is given something; what is called without an argument is a factory."""
    is_single_layer: bool = False
    """A layer of a library by itself, not a model built of some."""
    sensitive: Sensitivity = Sensitivity.NO
    reacts_in_training: bool = False
    """It may be in training mode, and a part of it that may react to its own mode is, too."""
    frozen: bool = True
    """No parameter of the module may need a gradient."""
    parts_set: bool = False
    """Parts that nobody has seen were put in modes of their own, by a loop over all of them."""
    modes: Modes = field(default_factory=lambda: Modes({}))
    gradients: Gradients = field(default_factory=lambda: Gradients({}))
    observations: set[Observation] = field(default_factory=set)
    receivers: set[ObjectId] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    """The names of the receivers' classes, where these are in sight."""
    modules: set[ObjectId] = field(default_factory=set)
    """The receivers that are surely modules."""
    indifferent: set[ObjectId] = field(default_factory=set)
    """The receivers that compute the same in both modes."""
    family: set[ObjectId] = field(default_factory=set)
    """The receivers and everything below them."""
    loaded: bool = False
    """The weights of the module were loaded before."""
    given_data: bool = False
    """It is given what is known to be data: tensors, outputs, what a loader yields."""
    made_up: bool = True
    """Whatever it is given is made up: zeros, ones or noise."""
    fed_by: set[CallId] = field(default_factory=set)
    """The calls whose outputs it is given."""
    tags: set[Tag] = field(default_factory=set)
    uses: set[Use] = field(default_factory=set)
    trained: bool = False
    trained_under: set[Assumptions] = field(default_factory=set)
    """The assumptions under which it is differentiated."""
    auxiliary: bool = False

    @property
    def certain(self) -> bool:
        """Whether what is called may be something that is surely a module."""
        return bool(self.modules)


@dataclass(frozen=True, slots=True)
class ModeChange:
    """A call that sets the mode of an object, and the stack it happens in."""

    place: Place
    receiver: ObjectId
    mode: Mode
    stack: tuple[Site, ...]
    subject: str


@dataclass(frozen=True, slots=True)
class Differentiation:
    """A ``backward()`` or its like."""

    place: Place
    stack: tuple[Site, ...]
    connected: frozenset[CallId]
    derived: frozenset[CallId]
    assumed: Assumptions
    open: bool
    """Whether the value may carry a graph from somewhere unseen."""
    turned_on: bool = False
    """Whether gradients are on here whatever a caller holds."""


def place_at(
    happened: ForwardCall | Differentiation | ModeChange | OptimizerStep, depth: int
) -> Place:
    """The place at one level of a stack from which it came to something."""
    stack = happened.stack
    call = stack[depth].call if len(stack) > depth else happened.place
    return happened.place if call is None else call


@dataclass(frozen=True, slots=True)
class Addition:
    """A loss without a graph, added to something that has one."""

    connected: frozenset[CallId]
    derived: frozenset[CallId]


@dataclass(frozen=True, slots=True)
class Average:
    """Parameters that are averaged from those of another module, by a library or by hand."""

    place: Place
    module: ObjectId
    by_hand: bool


@dataclass(slots=True, eq=False)
class Export:
    """A call that makes something of a module which keeps its mode, in one call context."""

    place: Place
    exporter: str
    subject: str
    stack: tuple[Site, ...]
    modes: Modes = field(default_factory=lambda: Modes({}))
    sensitive: Sensitivity = Sensitivity.NO


@dataclass(frozen=True, slots=True)
class OptimizerStep:
    """A step of an optimizer; ``targets`` are all modules it trains, None if unseen."""

    place: Place
    stack: tuple[Site, ...]
    targets: frozenset[ObjectId] | None


@dataclass(frozen=True, slots=True)
class Misuse:
    """Something that does not do what it looks like; ``what`` names it for the rule."""

    place: Place
    what: str
    subject: str
    receivers: frozenset[ObjectId] = frozenset()
    certain: bool = False
    """The receivers are surely modules."""


@dataclass(frozen=True, slots=True)
class Reveal:
    """The answer to a ``reveal_mode`` or ``reveal_grad`` of a test."""

    place: Place
    text: str


@dataclass(slots=True, eq=False)
class Event:
    """A line of the trace: the state before and after a forward call or a change."""

    place: Place
    kind: str
    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Constructed:
    """An instance of a class as its constructor leaves it, and the machine that ran that."""

    identity: ObjectId
    world: World
    machine: Machine


class Recorder:
    """Everything that an interpretation has seen."""

    def __init__(self) -> None:
        self.imported: frozenset[str] = frozenset()
        """The packages that the file imports."""
        self.explained: frozenset[Place] = frozenset()
        """The places whose comment says that a mode is meant."""
        self.forward_calls: list[ForwardCall] = []
        self.mode_changes: set[ModeChange] = set()
        self.differentiations: set[Differentiation] = set()
        self.steps: set[OptimizerStep] = set()
        self.exports: dict[tuple[object, ...], Export] = {}
        self.misuses: set[Misuse] = set()
        self.additions: set[Addition] = set()
        self.methods_used: dict[ObjectId, set[str]] = {}
        self._loaded: set[ObjectId] = set()
        self.parents: dict[ObjectId, ObjectId] = {}
        self.made: dict[ObjectId, tuple[Place, str]] = {}
        """Where the modules of libraries were made, or what they are copies of, and their rows."""
        self.returned: set[ObjectId] = set()
        """What functions and classes of packages that nobody has seen have returned."""
        self.averages: set[Average] = set()
        self.refreshed: set[ObjectId] = set()
        """The modules whose running statistics are computed anew."""
        self.all_refreshed = False
        self.asked: frozenset[str] = frozenset()
        """Methods of which it is asked how other files call them on objects of no known class."""
        self.called_by_name: dict[str, Gradients] = {}
        """In which gradient modes they do."""
        self.called_from: dict[str, set[str]] = {}
        """The functions in which they do so in the gradient mode of whoever calls these."""
        self.failures: list[Remark] = []
        self.unfollowed: set[FunctionDefinition] = set()
        """Functions that call themselves more deeply than anybody follows."""
        self.constructed: dict[ClassDefinition, Constructed] = {}
        """What constructors leave that were run alone, where no other file had a part in it."""
        self.cut: dict[FunctionDefinition, Gradients] = {}
        """Functions of which a call was not followed, as that would have taken too long, and
        the gradient modes in which they were called."""
        self.stopped: Remark | None = None
        """The first call that was not followed although it may have told something."""
        self.reveals: dict[Place, tuple[str, set[str]]] = {}
        self.events: dict[tuple[Place, str, str], tuple[set[str], set[str]]] = {}
        self._numbers: dict[tuple[object, ...], CallId] = {}

    def forward_call(
        self, place: Place, subject: str, method: str | None, frame: Frame
    ) -> ForwardCall:
        """The record of a forward call in this frame, new or known."""
        key = (place, frame.path, *frame.passes.items())
        number = self._numbers.setdefault(key, len(self.forward_calls))
        if number == len(self.forward_calls):
            self.forward_calls.append(
                ForwardCall(
                    number,
                    place,
                    subject,
                    method,
                    frame.stack(),
                    frame.inside_forward,
                    frame.belongs_to_module,
                    frame.belongs_to_heir,
                )
            )
        return self.forward_calls[number]

    def call_by_name(self, name: str, gradients: Gradients, frame: Frame) -> None:
        """A method is called on an object of no known class.

        Who hands the call on under the same name is asked like the method itself.
        """
        root = frame.stack()[0].definition
        if root is not None and gradients.may_be(Gradient.CALLER):
            if root.name == name:
                return
            if frame.belongs_to_module or frame.belongs_to_heir:
                gradients = Gradients.only(Gradient.UNKNOWN)
            else:
                self.called_from.setdefault(name, set()).add(root.name)
        known = self.called_by_name.get(name)
        self.called_by_name[name] = gradients if known is None else known.join(gradients)

    def cut_off(self, definition: FunctionDefinition, gradients: Gradients) -> None:
        """There is no time to follow a call; this much is known of it."""
        known = self.cut.get(definition)
        self.cut[definition] = gradients if known is None else known.join(gradients)

    def stop_following(self, place: Place | None) -> None:
        """From this place on, calls that may tell something are no longer followed."""
        if self.stopped is None and place is not None:
            self.stopped = Remark(place, "there is too much to follow: calls are skipped from here")

    def admit_unfollowed(self) -> None:
        """What was met in a recursive function may be met there in any other state."""
        for call in self.forward_calls:
            if any(site.definition in self.unfollowed for site in call.stack):
                call.modes = call.modes.join(Modes.only(Mode.UNKNOWN))
                call.gradients = call.gradients.join(Gradients.only(Gradient.UNKNOWN))
                call.observations.add(Observation(frozenset({Mode.UNKNOWN}), UNKNOWN_GRADIENT))

    def use(self, calls: frozenset[CallId], use: Use) -> None:
        """The outputs of these calls are used in this way."""
        for number in calls:
            self.forward_calls[number].uses.add(use)

    def differentiate(self, event: Differentiation) -> None:
        """A differentiation: what it reaches is trained, or a target of training."""
        self.differentiations.add(event)
        for number in event.connected:
            self.forward_calls[number].trained = True
            self.forward_calls[number].trained_under.add(event.assumed)
        for number in event.derived - event.connected:
            self.forward_calls[number].auxiliary = True

    def export(self, place: Place, exporter: str, subject: str, frame: Frame) -> Export:
        """The record of an export in this frame, new or known."""
        new = Export(place, exporter, subject, frame.stack())
        return self.exports.setdefault((place, frame.path), new)

    def method_used(self, receiver: ObjectId, name: str) -> None:
        """A method is called on an object: evidence of what the object is."""
        self.methods_used.setdefault(receiver, set()).add(name)

    def weights_loaded(self, modules: Iterable[ObjectId]) -> None:
        """The weights of modules are not the random ones that they were born with any more."""
        self._loaded.update(modules)

    def is_loaded(self, module: ObjectId) -> bool:
        """Whether its weights, or those of a module that it is part of, were loaded by now."""
        each: ObjectId | None = module
        while each is not None and each not in self._loaded:
            each = self.parents.get(each)
        return each is not None

    def unite(self, members: frozenset[ObjectId], one: ObjectId) -> None:
        """What is known of the use of several objects is known of the one that they are."""
        used = [self.methods_used.get(each, set()) for each in sorted(members)]
        self.methods_used.setdefault(one, set()).update(*used)
        if not self._loaded.isdisjoint(members):
            self._loaded.add(one)

    def reveal(self, place: Place, separator: str, words: set[str]) -> None:
        """What a test asked for, joined over every visit."""
        self.reveals.setdefault(place, (separator, set()))[1].update(words)

    def event(self, place: Place, kind: str, subject: str, before: str, after: str) -> None:
        """A step of the trace, joined over every visit."""
        known = self.events.setdefault((place, kind, subject), (set(), set()))
        known[0].update(before.split(" | "))
        known[1].update(after.split(" | "))
