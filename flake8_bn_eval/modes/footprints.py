"""Footprints: what somebody has looked at in a world, and in those that came from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from flake8_bn_eval.modes.guards import Question
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Variable


@dataclass(slots=True)
class Footprint:
    """What was looked at in some worlds."""

    names: set[Variable] = field(default_factory=set)
    objects: set[ObjectId] = field(default_factory=set)
    questions: set[Question] = field(default_factory=set)

    def include(self, other: Footprint) -> None:
        """Whoever looks at something on behalf of another looks at it, too."""
        self.names |= other.names
        self.objects |= other.objects
        self.questions |= other.questions
