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

FORWARD = "forward"


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
        self._by_forward: dict[int, Called | None] = {}

    def of(self, class_: Class) -> Called:
        """What the methods of a class and of its bases call."""
        known = self._known.get(id(class_.definition))
        if known is None:
            known = self._known[id(class_.definition)] = self._by(list(self.methods(class_)))
        return known

    def by_forward(self, class_: Class) -> Called | None:
        """What ``forward`` calls, and the methods that it calls; None where it is not in sight."""
        key = id(class_.definition)
        if key not in self._by_forward:
            named = {each.name: each for each in reversed(list(self.methods(class_)))}
            found: list[FunctionDefinition] = []
            waiting = [FORWARD]
            while waiting:
                method = named.pop(waiting.pop(), None)
                if method is not None:
                    found.append(method)
                    waiting += [name for name in named if name in method.called_names]
            self._by_forward[key] = self._by(found) if found else None
        return self._by_forward[key]

    def _by(self, methods: list[FunctionDefinition]) -> Called:
        words = frozenset().union(*map(self._words, methods))
        return Called(words, any(map(self._calls_local, methods)))

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
