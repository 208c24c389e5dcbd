"""What a file leaves to others although no forward call in it is open.

Two kinds of files say nothing by themselves: one that steers an object of another file by its
methods (``model.train_start()``, ``model.train_emb(batch)``), and one with an abstract class
that trains and evaluates with methods that its subclasses in other files define.
"""

from __future__ import annotations

from flake8_bn_eval.interpret.calls.placeholders import resting_on_subclasses
from flake8_bn_eval.operations import Attribute, Program
from flake8_bn_eval.project.definitions import Definitions
from flake8_bn_eval.project.outlines import Definition

SETTING = frozenset({".eval", ".train"})
"""Words by which a method sets modes."""
MODES = frozenset({"eval", "train"})
"""The same as they are called."""
STEPPING = frozenset({"backward"})
"""Words by which a method trains."""


def steers_objects(program: Program, definitions: Definitions, path: str) -> bool:
    """Whether a file calls methods of an imported class of which one sets modes and one trains."""
    called = {
        call.callee.name
        for function in program.functions
        for call in function.calls
        if isinstance(call.callee, Attribute)
    } | {call.callee.name for call in program.calls if isinstance(call.callee, Attribute)}
    if len(called) < 2:
        return False
    return any(_is_steered(methods, called) for methods in definitions.imported_classes(path))


def _is_steered(methods: list[Definition], called: set[str]) -> bool:
    used = [each for each in methods if each.name in called]
    sets = [each for each in used if _sets(each) and not _trains(each)]
    trains = [each for each in used if _trains(each) and not _sets(each)]
    return bool(sets and trains)


def _sets(method: Definition) -> bool:
    return not SETTING.isdisjoint(method.names)


def _trains(method: Definition) -> bool:
    return not STEPPING.isdisjoint(method.names)


def abstract_classes(program: Program) -> dict[str, frozenset[str]]:
    """Classes whose methods set modes and come to what only subclasses define.

    With each its methods that do.
    """
    found = {
        each.name: frozenset(
            method.name
            for method in resting_on_subclasses(each)
            if not method.called_names.isdisjoint(MODES)
        )
        for each in program.classes
    }
    return {name: methods for name, methods in found.items() if methods}
