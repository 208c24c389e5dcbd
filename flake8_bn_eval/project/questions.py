"""What a file leaves to others although no forward call in it is open.

An abstract class trains and evaluates with methods that its subclasses in other files define.
"""

from __future__ import annotations

from flake8_bn_eval.interpret.calls.placeholders import resting_on_subclasses
from flake8_bn_eval.operations import FunctionDefinition, Program
from flake8_bn_eval.wording import identifiers

MODES = frozenset({"eval", "train", "no_grad", "inference_mode"})
"""Names by which a method sets modes, or says that it evaluates."""


def abstract_classes(program: Program) -> dict[str, frozenset[str]]:
    """Classes whose methods set modes and come to what only subclasses define.

    With each its methods that do.
    """
    found = {
        each.name: frozenset(
            method.name
            for method in resting_on_subclasses(each)
            if not _named_in(method).isdisjoint(MODES)
        )
        for each in program.classes
    }
    return {name: methods for name, methods in found.items() if methods}


def _named_in(method: FunctionDefinition) -> set[str]:
    return set(method.called_names).union(*map(identifiers, method.decorators))
