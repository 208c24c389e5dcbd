"""Footprints: what somebody has looked at in a world, and in those that came from it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from flake8_bn_eval.modes.guards import Guard, Question
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Variable


class Part(Enum):
    """A part of an object that is no field of it."""

    SHAPE = "shape"
    """What sort of object it is: all but its modes, fields and elements."""
    MODES = "modes"
    """Its own mode, and that of children which nobody has looked at."""

    __hash__ = object.__hash__


@dataclass(slots=True)
class Footprint:
    """What was looked at in some worlds."""

    names: set[Variable] = field(default_factory=set)
    objects: set[ObjectId] = field(default_factory=set)
    """Those of which anything may have been looked at."""
    parts: set[tuple[ObjectId, Part | Hashable]] = field(default_factory=set)
    """Of others, what was looked at: a part, or a field by its key."""
    questions: set[Question] = field(default_factory=set)
    guards: set[Guard] = field(default_factory=set)
    """Those of which it was asked whether they may hold."""

    def include(self, other: Footprint) -> None:
        """Whoever looks at something on behalf of another looks at it, too."""
        self.names |= other.names
        self.objects |= other.objects
        self.parts |= other.parts
        self.questions |= other.questions
        self.guards |= other.guards
