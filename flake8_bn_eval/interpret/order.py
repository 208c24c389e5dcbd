"""In which order functions are run: their callers first, who know what they are called with."""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.things import Class
from flake8_bn_eval.operations import Attribute, FunctionDefinition, Name

MOST_CALLERS = 8
"""So many methods of an object are tried for the way to those that nobody has entered."""


def callers_first(functions: list[FunctionDefinition]) -> list[FunctionDefinition]:
    """Functions that nobody mentions come first: they enter the others as callers do."""
    mentioned = _mentioned(functions)
    return sorted(functions, key=lambda each: (each.name in mentioned, each.place))


def outermost_first(functions: list[FunctionDefinition]) -> list[FunctionDefinition]:
    """The same; of those that are mentioned, those come first that no later one mentions.

    A chain of calls that is followed to its middle goes on there, and not in each of its links.
    """
    mentioned = _mentioned(functions)
    in_text = sorted(functions, key=lambda each: each.place)
    outside = [each for each in in_text if each.name not in mentioned]
    inside = [each for each in in_text if each.name in mentioned]
    by_name: dict[str, list[int]] = {}
    for number, function in enumerate(inside):
        by_name.setdefault(function.name, []).append(number)
    called = [
        {
            other
            for name in each.called_names | each.read_names
            for other in by_name.get(name, ())
        }
        - {number}
        for number, each in enumerate(inside)
    ]
    callers = Counter(other for others in called for other in others)
    free = [number for number in range(len(inside)) if not callers[number]]
    ordered: dict[int, None] = {}
    # Functions that call each other in a circle come in the order of the text.
    for begun in (free, *([number] for number in range(len(inside)))):
        waiting = [each for each in begun if each not in ordered]
        while waiting:
            each = heappop(waiting)
            ordered[each] = None
            for other in called[each]:
                callers[other] -= 1
                if not callers[other] and other not in ordered:
                    heappush(waiting, other)
    return [*outside, *(inside[number] for number in ordered)]


def methods_calling(wanted: str, class_: Class, machine: Machine) -> list[FunctionDefinition]:
    """The methods of an object, inherited ones among them, that lead to another one of it."""
    found: dict[str, FunctionDefinition] = {}
    methods: list[FunctionDefinition] = []
    for each in machine.classes.lineage(class_):
        methods += each.definition.methods.values()
        found = {**each.definition.methods, **found}
    names = _leading_to(wanted, methods)
    return callers_first([each for name, each in found.items() if name in names])[:MOST_CALLERS]


def _leading_to(wanted: str, methods: list[FunctionDefinition]) -> set[str]:
    """The methods that call a wanted one on their own object, perhaps through others."""
    found: set[str] = set()
    while True:
        targets = found | {wanted}
        more = {each.name for each in methods if not _called(each)[0].isdisjoint(targets)}
        if more <= found:
            return found - {wanted, "__init__"}
        found |= more


def _mentioned(functions: list[FunctionDefinition]) -> set[str]:
    """The names by which functions may call each other."""
    called = {name for function in functions for name in function.called_names}
    read = {name for function in functions for name in function.read_names}
    return called - _of_others(functions) | read


def _of_others(functions: list[FunctionDefinition]) -> set[str]:
    """Methods that are called on something else only: ``net.train()`` is no ``self.train()``."""
    called = [_called(function) for function in functions]
    own = {name for names, _ in called for name in names}
    return {name for _, names in called for name in names} - own


def _called(function: FunctionDefinition) -> tuple[set[str], set[str]]:
    """What a function calls by its name or on its own object, and what on anything else."""
    own: set[str] = set()
    others: set[str] = set()
    receivers = {parameter.name for parameter in function.parameters[:1]}
    for call in function.calls:
        if isinstance(call.callee, Attribute):
            owner = call.callee.value
            is_own = isinstance(owner, Name) and owner.variable[1] in receivers
            (own if is_own else others).add(call.callee.name)
        elif isinstance(call.callee, Name):
            own.add(call.callee.variable[1])
    return own, others
