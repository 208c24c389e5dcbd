"""What a file leaves to others although no forward call in it is open.

An abstract class trains and evaluates with methods that its subclasses in other files define.
"""

from __future__ import annotations

from flake8_bn_eval.interpret.calls.placeholders import resting_on_subclasses
from flake8_bn_eval.operations import Program

MODES = frozenset({"eval", "train"})
"""Methods that set modes."""


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
