"""In which order functions are run: their callers first, who know what they are called with."""

from __future__ import annotations

from flake8_bn_eval.operations import Attribute, FunctionDefinition, Name


def callers_first(functions: list[FunctionDefinition]) -> list[FunctionDefinition]:
    """Functions that nobody mentions come first: they enter the others as callers do."""
    mentioned = {name for function in functions for name in function.called_names}
    mentioned -= _of_others(functions)
    return sorted(functions, key=lambda each: (each.name in mentioned, each.place))


def _of_others(functions: list[FunctionDefinition]) -> set[str]:
    """Methods that are called on something else only: ``net.train()`` is no ``self.train()``."""
    own: set[str] = set()
    others: set[str] = set()
    for function in functions:
        names = {parameter.name for parameter in function.parameters[:1]}
        for call in function.calls:
            if isinstance(call.callee, Attribute):
                owner = call.callee.value
                is_own = isinstance(owner, Name) and owner.variable[1] in names
                (own if is_own else others).add(call.callee.name)
            elif isinstance(call.callee, Name):
                own.add(call.callee.variable[1])
    return others - own
