"""The machine that runs a program: its parts and what they share.

Each part is one kind of meaning (expressions, calls, modules ...).  The parts need each
other, so they find each other here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.flow.runner import Runner
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.interpret.telling import Telling
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.modes.identities import Identities
from flake8_bn_eval.modes.lattice import Gradient, Gradients, Mode, Modes
from flake8_bn_eval.modes.states import State
from flake8_bn_eval.modes.things import Class, Function, GradientContext, ObjectId
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Program, Variable

if TYPE_CHECKING:
    from flake8_bn_eval.interpret.calls.builtin_calls import BuiltinCalls
    from flake8_bn_eval.interpret.calls.callees import Calls
    from flake8_bn_eval.interpret.calls.classes import Classes
    from flake8_bn_eval.interpret.calls.decorators import Decorators
    from flake8_bn_eval.interpret.calls.following import Following
    from flake8_bn_eval.interpret.calls.functions import Functions
    from flake8_bn_eval.interpret.calls.holders import Holders
    from flake8_bn_eval.interpret.calls.inheritance import Inheritance
    from flake8_bn_eval.interpret.calls.namespaces import Namespaces
    from flake8_bn_eval.interpret.calls.receivers import Receivers
    from flake8_bn_eval.interpret.calls.results import Results
    from flake8_bn_eval.interpret.calls.types import Types
    from flake8_bn_eval.interpret.calls.unseen_calls import UnseenCalls
    from flake8_bn_eval.interpret.control.assignments import Assignments
    from flake8_bn_eval.interpret.control.comparisons import Comparisons
    from flake8_bn_eval.interpret.control.conditions import Conditions
    from flake8_bn_eval.interpret.control.contexts import Contexts
    from flake8_bn_eval.interpret.control.expressions import Expressions
    from flake8_bn_eval.interpret.control.generators import Generators
    from flake8_bn_eval.interpret.control.gradient_modes import GradientModes
    from flake8_bn_eval.interpret.control.loops import Loops
    from flake8_bn_eval.interpret.control.narrowing import Narrowing
    from flake8_bn_eval.interpret.control.splitting import Splitting
    from flake8_bn_eval.interpret.control.steps import Steps
    from flake8_bn_eval.interpret.data.comprehensions import Comprehensions
    from flake8_bn_eval.interpret.data.container_methods import ContainerMethods
    from flake8_bn_eval.interpret.data.containers import Containers
    from flake8_bn_eval.interpret.data.copies import Copies
    from flake8_bn_eval.interpret.data.outputs import Data
    from flake8_bn_eval.interpret.libraries.averages import Averages
    from flake8_bn_eval.interpret.libraries.constructors import Constructors
    from flake8_bn_eval.interpret.libraries.hooks import Hooks
    from flake8_bn_eval.interpret.libraries.library import Library
    from flake8_bn_eval.interpret.libraries.mode_contexts import ModeContexts
    from flake8_bn_eval.interpret.links import Links
    from flake8_bn_eval.interpret.modules.called import CalledParts
    from flake8_bn_eval.interpret.modules.forward import Forward
    from flake8_bn_eval.interpret.modules.makeup import Makeup
    from flake8_bn_eval.interpret.modules.methods import Modules
    from flake8_bn_eval.interpret.modules.mode_switches import ModeSwitches
    from flake8_bn_eval.interpret.modules.optimizers import Optimizers
    from flake8_bn_eval.interpret.modules.submodules import SubmoduleWalk
    from flake8_bn_eval.interpret.modules.watchers import Watchers
    from flake8_bn_eval.interpret.modules.weights import Weights

MOST_STEPS = 400_000
"""After so many evaluated expressions the analysis of a file gives up."""
FOLLOWED_STEPS = 8_000
FOLLOWED_STEPS_A_PLACE = 3
"""After so many for an entry point, only those of its calls are followed that may tell anything.
The work is bounded by the size of the file, as its parsing is."""
MOST_FOLLOWED = 24_000
"""The same for a file that is run together with its callers, in all: they may be whole programs."""
HASTE = 8
"""How often as much may be spent until no call is followed any more, which is reported."""


class Unreachable(Exception):
    """The operation never ends normally: what follows is dead."""


class GaveUp(Exception):
    """The program is too large to follow."""


class Machine:
    """Everything that the parts of an interpretation share."""

    expressions: Expressions
    conditions: Conditions
    comparisons: Comparisons
    narrowing: Narrowing
    calls: Calls
    receivers: Receivers
    hooks: Hooks
    mode_contexts: ModeContexts
    builtin_calls: BuiltinCalls
    unseen_calls: UnseenCalls
    functions: Functions
    generators: Generators
    classes: Classes
    holders: Holders
    inheritance: Inheritance
    modules: Modules
    makeup: Makeup
    mode_switches: ModeSwitches
    forward: Forward
    following: Following
    namespaces: Namespaces
    library: Library
    links: Links
    optimizers: Optimizers
    results: Results
    copies: Copies
    constructors: Constructors
    loops: Loops
    comprehensions: Comprehensions
    containers: Containers
    container_methods: ContainerMethods
    contexts: Contexts
    decorators: Decorators
    gradient_modes: GradientModes
    data: Data
    steps: Steps
    splitting: Splitting
    assignments: Assignments
    submodules: SubmoduleWalk
    watchers: Watchers
    types: Types
    averages: Averages
    weights: Weights
    called_parts: CalledParts
    runner: Runner[State]

    def __init__(
        self, programs: Sequence[Program], knowledge: Knowledge, *, has_callers: bool = False
    ) -> None:
        program = programs[0]
        self.program = program
        """The file that is judged; the others are run with it."""
        self.frame = Frame.of_module(program.base)
        """The activation that is being run."""
        self.knowledge = knowledge
        self.telling = Telling(programs, knowledge)
        self.recorder = Recorder()
        self.recorder.imported = program.imported
        self.recorder.explained = frozenset().union(*(each.explained for each in programs))
        self.identities = Identities()
        self.class_cache: dict[int, Class] = {}
        self.active_contexts: list[GradientContext] = []
        self.leaking: dict[GradientContext, Gradients] = {}
        """Contexts that were entered while active: leaving them restores the wrong mode."""
        self.saved_modes: dict[str, tuple[ObjectId, Modes]] = {}
        """Whose mode was asked for and what it was, by the subject of `was_training`."""
        self.decorating = False
        """A context made for a decorator acts in the function, not where it is made."""
        self.entered: set[int] = set()
        """The functions whose body has been run, by the identity of their definition."""
        self.escaped: dict[int, tuple[Function, World]] = {}
        """Inner functions that were returned, by the same, and the world when they first were."""
        self.alone: set[int] = set()
        """Those of them that no call in the file enters."""
        self.parameters: set[Variable] = set()
        """The parameters that come in from outside, as assumptions name them."""
        self.is_alone = len(programs) == 1
        """Whether the file is run without others."""
        self._places = len(program.positions)
        self._most_followed = MOST_FOLLOWED if has_callers else MOST_STEPS
        self.work = 0
        self._hasty_from = 0
        self._followed_until = 0
        self.start_root()

    def dissolve(self) -> None:
        """Let go of the parts, which know each other: nobody has to look for cycles then."""
        vars(self).clear()

    def spend(self) -> None:
        """Count a unit of work; raises `GaveUp` when there was too much of it."""
        self.work += 1
        if self.work > MOST_STEPS:
            raise GaveUp

    def start_root(self) -> None:
        """Another entry point: its calls are followed for a while."""
        allowance = FOLLOWED_STEPS + FOLLOWED_STEPS_A_PLACE * self._places
        spent = self._spent
        self._hasty_from = min(spent + allowance, self._most_followed)
        self._followed_until = min(spent + HASTE * allowance, HASTE * self._most_followed)

    @property
    def _spent(self) -> int:
        return self.work + self.identities.effort

    @property
    def is_hasty(self) -> bool:
        """Whether only those calls are still followed that may tell anything."""
        return self._spent >= self._hasty_from

    @property
    def follows_calls(self) -> bool:
        """Whether calls are still followed."""
        return self._spent < self._followed_until

    def new_world(self, gradients: Gradients) -> World:
        """A world with no names."""
        return World(gradients, self.identities)


def unset(remark: Remark) -> Modes:
    """The mode of something that comes in from outside."""
    return Modes.only(Mode.UNSET, remark)


def gradients_of(gradient: Gradient, remark: Remark | None = None) -> Gradients:
    """A gradient mode with at most one remark."""
    return Gradients.only(gradient, *([] if remark is None else [remark]))
