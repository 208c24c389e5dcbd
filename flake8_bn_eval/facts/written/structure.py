"""What a file defines and assigns, whether or not it is ever run.

Each part is made when a rule first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.facts.layers.flags import Flags, ModeAssignment
from flake8_bn_eval.facts.layers.method_tests import MethodTest, MethodTests
from flake8_bn_eval.facts.layers.overrides import HiddenMethod, Override, Overrides
from flake8_bn_eval.facts.layers.registration import PlainContainer, Registration
from flake8_bn_eval.facts.layers.statistics_readings import Reading, Readings
from flake8_bn_eval.facts.written.attributes import Attributes
from flake8_bn_eval.facts.written.classes import Classes
from flake8_bn_eval.facts.written.natures import Natures
from flake8_bn_eval.interpret.modules.constructions import Constructions
from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import Program


class Structure:
    """The structure of one file."""

    def __init__(
        self, program: Program, knowledge: Knowledge, seen: Callable[[], Recorder | None]
    ) -> None:
        self.program = program
        self.knowledge = knowledge
        self._seen = seen

    @cached_property
    def classes(self) -> Classes:
        """The classes, and what names stand for."""
        return Classes(self.program, self.knowledge)

    @cached_property
    def attributes(self) -> Attributes:
        """The assignments to attributes and the calls of methods."""
        return Attributes(self.program)

    @cached_property
    def natures(self) -> Natures:
        """What things are, by how they were made."""
        return Natures(self.classes, self.attributes, self.knowledge)

    @cached_property
    def mode_assignments(self) -> list[ModeAssignment]:
        """Every ``module.training = True`` or ``False``."""
        imported = self.program.imported
        flags = Flags(self.attributes, self.natures, self.knowledge, imported)
        return list(flags.mode_assignments())

    @property
    def method_tests(self) -> list[MethodTest]:
        """Every test of a method that sets the mode, as if it told the mode."""
        return list(MethodTests(self.program, self.attributes, self.natures).found())

    @property
    def statistics_readings(self) -> list[Reading]:
        """Every reading of ``track_running_stats`` that is meant to tell the mode."""
        return list(Readings(self.program, self.natures).found())

    @cached_property
    def _overrides(self) -> Overrides:
        return Overrides(self.classes, self.attributes, self.natures, self.knowledge)

    @cached_property
    def mode_overrides(self) -> list[Override]:
        """Every `train` and `eval` of a module class of the file, and whether it works."""
        return list(self._overrides.overrides())

    @property
    def hidden_mode_methods(self) -> list[HiddenMethod]:
        """Attributes that hide `train` or `eval` of a module."""
        return list(self._overrides.hidden())

    @cached_property
    def plain_containers(self) -> list[PlainContainer]:
        """Plain lists and dictionaries of modules that nobody registers."""
        constructions = Constructions(self.program, self.knowledge, self._seen())
        found = Registration(
            self.program, constructions, self.classes, self.natures, self.knowledge
        )
        return list(found.plain_containers())
