"""Whose name is it: the scopes of Python, resolved while a file is lowered.

Every read of a name gets a `Name` record at once and its owner when the scope that
it stands in is complete, because a later assignment makes a name local.  What a
name *holds* is not known here.
"""

from __future__ import annotations

from itertools import count

from flake8_bn_eval.operations import BUILTIN_SCOPE, Name, Variable


class Scope:
    """One scope: a module, class, function, lambda or comprehension."""

    def __init__(
        self,
        parent: Scope | None,
        numbers: count[int],
        *,
        is_class: bool = False,
        runs_later: bool = False,
    ) -> None:
        self.parent = parent
        self.number = next(numbers)
        self.is_class = is_class
        self.runs_later = runs_later
        self._numbers = numbers
        self._bound: set[str] = set()
        self._foreign: dict[str, Scope] = {}
        self._pending: list[Name] = []
        self._used_later: set[str] = set()
        """What inner scopes that run later use, whoever owns it."""

    @staticmethod
    def module(first: int = 0) -> Scope:
        """The scope of a file; its number is the first of the file's scopes."""
        return Scope(None, count(first))

    def inner(self, *, is_class: bool = False, runs_later: bool = False) -> Scope:
        """A scope inside this one; that of a function or generator runs later than it is made."""
        return Scope(self, self._numbers, is_class=is_class, runs_later=runs_later)

    @property
    def captured(self) -> frozenset[str]:
        """The names of a closed scope that something inside uses when it runs later."""
        return frozenset(self._used_later & self._bound)

    def read(self, identifier: str) -> Name:
        """A use of a name; its variable is final when every scope is closed."""
        name = Name((self.number, identifier))
        self._pending.append(name)
        return name

    def bind(self, identifier: str) -> Variable:
        """A definition of a name in this scope, or where ``global`` and ``nonlocal`` point."""
        owner = self._foreign.get(identifier, self)
        owner._bound.add(identifier)
        if owner is not self:
            owner._used_later.add(identifier)
        return owner.number, identifier

    def declare_global(self, identifier: str) -> None:
        """``global identifier``."""
        self._foreign[identifier] = self._root()

    def declare_nonlocal(self, identifier: str) -> None:
        """``nonlocal identifier``: the nearest enclosing function that binds it."""
        scope = self.parent
        while scope is not None and (scope.is_class or identifier not in scope._bound):
            scope = scope.parent
        self._foreign[identifier] = scope or self._root()

    def close(self) -> None:
        """The scope is complete: resolve its names or hand them to the scopes around it."""
        for name in self._pending:
            identifier = name.variable[1]
            if identifier in self._foreign:
                owner = self._foreign[identifier]
                name.variable = (owner.number, identifier)
                owner._used_later.add(identifier)
            elif identifier in self._bound:
                name.variable = (self.number, identifier)
            else:
                self._hand_out(name)
        self._pending.clear()

    def _hand_out(self, name: Name) -> None:
        outer = self.parent
        while outer is not None and outer.is_class:
            outer = outer.parent
        identifier = name.variable[1]
        if outer is None:
            name.variable = (BUILTIN_SCOPE, identifier)
            return
        outer._pending.append(name)
        if self.runs_later or identifier in self._used_later:
            outer._used_later.add(identifier)

    def _root(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope
