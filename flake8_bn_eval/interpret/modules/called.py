"""What the methods of a class call: which of its attributes may be modules, by how they are used.

What comes in from outside may be anything: a network, or a number that nobody ever calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.objects import Key
from flake8_bn_eval.modes.things import Class
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Attribute,
    Expression,
    FunctionDefinition,
    Name,
    file_of,
)
from flake8_bn_eval.wording import identifiers


@dataclass(frozen=True, slots=True)
class Called:
    """The words of what is called; ``anything`` where names of a method's own are called, too."""

    words: frozenset[str]
    anything: bool

    def has(self, key: Key) -> bool:
        """Whether what a field holds may be called."""
        return self.anything or str(key).removeprefix(".") in self.words


class CalledParts:
    """Tells by the text of a class what it calls."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._known: dict[int, Called] = {}

    def of(self, class_: Class) -> Called:
        """What the methods of a class and of its bases call."""
        known = self._known.get(id(class_.definition))
        if known is None:
            methods = list(self.methods(class_))
            words = frozenset().union(*map(self._words, methods))
            known = Called(words, any(map(self._calls_local, methods)))
            self._known[id(class_.definition)] = known
        return known

    def methods(self, class_: Class) -> Iterator[FunctionDefinition]:
        """The methods of a class and of its bases in sight."""
        for each in self.machine.classes.lineage(class_):
            yield from each.definition.methods.values()

    def _words(self, method: FunctionDefinition) -> set[str]:
        """The words of what a method calls, but not of data of which it calls a tensor's method."""
        words: set[str] = set()
        for call in method.calls:
            callee = call.callee
            if isinstance(callee, Attribute) and self._is_of_tensors(callee):
                words.add(callee.name)
            else:
                words |= identifiers(callee)
        return words

    def _is_of_tensors(self, callee: Attribute) -> bool:
        return self.machine.knowledge.method("tensor", callee.name) is not None

    def _calls_local(self, method: FunctionDefinition) -> bool:
        """Whether a method calls an element that it has taken out, or what it was given."""
        return any(self._is_local(call.callee, method) for call in method.calls)

    def _is_local(self, callee: Expression, method: FunctionDefinition) -> bool:
        match callee:
            case Name(variable=(scope, _)):
                return scope not in (BUILTIN_SCOPE, file_of(scope))
            case Attribute(value=Name(variable=(scope, name))):
                given = {parameter.name for parameter in method.parameters}
                local = scope not in (BUILTIN_SCOPE, file_of(scope)) and name not in given
                return local and not self._is_of_tensors(callee)
        return False
