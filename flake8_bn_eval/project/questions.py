"""What a file leaves to others although no forward call in it is open.

A class trains and evaluates with methods that its subclasses in other files define.
"""

from __future__ import annotations

from dataclasses import dataclass

from flake8_bn_eval.interpret.calls.placeholders import (
    placeholders,
    resting_on_subclasses,
    undeclared,
)
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.operations import ClassDefinition, FunctionDefinition, Program
from flake8_bn_eval.wording import describe, identifiers

MODES = frozenset({"eval", "train", "no_grad", "inference_mode"})
"""Names by which a method sets modes, or says that it evaluates."""
OF_NOTHING = frozenset({"Module", "ABC", "object"})
"""Bases that have no methods but those that everybody knows."""


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """What a class leaves to its subclasses, and its methods that come to it and set modes."""

    missing: frozenset[str]
    methods: frozenset[str]


def abstract_classes(program: Program, knowledge: Knowledge) -> dict[str, LeftOpen]:
    """Classes whose methods set modes and come to what only subclasses define."""
    found: dict[str, LeftOpen] = {}
    for class_ in program.classes:
        open_names = _undeclared(class_, program, knowledge)
        methods = frozenset(
            method.name
            for method in resting_on_subclasses(class_, open_names)
            if not _named_in(method).isdisjoint(MODES)
        )
        if methods:
            found[class_.name] = LeftOpen(open_names | placeholders(class_), methods)
    return found


def names_of_bases(class_: ClassDefinition) -> list[str]:
    """What a class inherits from, by the last part of each name."""
    return [describe(base).rpartition(".")[2] for base in class_.bases]


def _undeclared(
    class_: ClassDefinition, program: Program, knowledge: Knowledge
) -> frozenset[str]:
    """What it calls on its objects although neither it nor a base in the file defines that."""
    known = {each.name: each for each in program.classes}
    lineage, waiting = [class_], [class_]
    while waiting:
        for name in names_of_bases(waiting.pop()):
            if name in known and known[name] not in lineage:
                lineage.append(known[name])
                waiting.append(known[name])
            elif name not in OF_NOTHING:
                return frozenset()
    found = undeclared(lineage)
    return frozenset(name for name in found if knowledge.method("module", name) is None)


def _named_in(method: FunctionDefinition) -> set[str]:
    return set(method.called_names).union(*map(identifiers, method.decorators))
