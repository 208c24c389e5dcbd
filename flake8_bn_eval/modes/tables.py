"""Tables that are copied often and compared with their copies: they remember what changed.

Joining two worlds costs as much as they differ, not as much as they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Self, TypeVar

from flake8_bn_eval.modes.assumptions import Assumptions, Guarded
from flake8_bn_eval.modes.guards import Question, asks
from flake8_bn_eval.operations import Variable

K = TypeVar("K")
V = TypeVar("V", bound=Guarded)


class Epoch:
    """A moment in the history of tables: the moment before, and the keys that changed since."""

    __slots__ = ("before", "changed", "depth")

    def __init__(self, before: Epoch | None, changed: set[object]) -> None:
        self.before = before
        self.changed = changed
        self.depth: int = 0 if before is None else before.depth + 1


EMPTY = Epoch(None, set())
"""When every table was empty."""


class _Comparison:
    """The keys in which two tables may differ, as long as neither is written to."""

    __slots__ = ("first", "second", "sizes", "keys")

    def __init__(self, first: set[object], second: set[object], keys: set[object]) -> None:
        self.first, self.second = first, second
        self.sizes = len(first), len(second)
        self.keys = keys

    def is_of(self, first: set[object], second: set[object]) -> bool:
        """Whether these two are compared again.  What has changed only grows."""
        if first is not self.first or second is not self.second:
            return False
        return self.sizes == (len(first), len(second))


class Table(dict[K, V]):
    """A dictionary with a history.  Tables that were forked from each other share some of it.

    Reading a key gives what is left of its value after the assumptions made; the value itself
    stays, so that tables on different paths do not differ by what each of them leaves out.

    Only the ways of writing that are defined here may be used.
    """

    __slots__ = ("assumptions", "changed", "compared", "epoch", "guarded", "read")

    epoch: Epoch
    changed: set[object]
    assumptions: Assumptions
    guarded: dict[K, frozenset[Question]]
    """What the guards of values ask, for all values that have any."""
    read: set[K] | None
    """The keys that somebody has looked at, where that is asked for."""
    compared: _Comparison | None
    """The last answer of `differing`: it is asked several times before two worlds are joined."""

    @classmethod
    def empty(cls, assumptions: Assumptions) -> Self:
        """A table with nothing in it."""
        table = cls()
        table.assumptions = assumptions
        table.epoch, table.changed, table.compared = EMPTY, set(), None
        table.guarded, table.read = {}, None
        return table

    def fork(self, assumptions: Assumptions) -> Self:
        """A copy, to be changed independently, and to be read under other assumptions."""
        if self.changed:
            self.epoch, self.changed = Epoch(self.epoch, self.changed), set()
        copy = type(self)(self)
        copy.epoch, copy.changed, copy.compared = self.epoch, set(), None
        copy.assumptions = assumptions
        copy.guarded, copy.read = self.guarded.copy(), self.read
        return copy

    def has_moved_on(self, copy: Table[K, V]) -> bool:
        """Whether anything was written since the last copy."""
        return bool(self.changed) or self.epoch is not copy.epoch

    def get(self, key: K) -> V | None:  # type: ignore[override]
        """The value of a key; whoever notes what is read notes it."""
        if self.read is not None:
            self.read.add(key)
        value = dict.get(self, key)
        if value is not None and key in self.guarded:
            return self.assumptions.narrowed(value)
        return value

    peek = dict.get
    """The value of a key as it is kept, looked at for no one who cares; asked millions of times."""

    def left(self, key: K) -> V | None:
        """What is left of the value of a key, looked at for no one who cares."""
        value = dict.get(self, key)
        if value is not None and key in self.guarded:
            return self.assumptions.narrowed(value, noting=False)
        return value

    def __contains__(self, key: object) -> bool:
        if self.read is not None:
            self.read.add(key)  # type: ignore[arg-type]
        return dict.__contains__(self, key)

    def __setitem__(self, key: K, value: V) -> None:
        self.changed.add(key)
        questions = value.questions
        if questions:
            self.guarded[key] = questions
        elif key in self.guarded:
            del self.guarded[key]
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: K) -> None:
        self.changed.add(key)
        self.guarded.pop(key, None)
        dict.__delitem__(self, key)

    def remove(self, key: K) -> V | None:
        """Take a key out, if it is there."""
        if key not in self:
            return None
        self.changed.add(key)
        self.guarded.pop(key, None)
        return dict.pop(self, key)

    def assign_all(self, entries: Mapping[K, V] | Iterable[tuple[K, V]]) -> None:
        """Set several keys."""
        for key, value in dict(entries).items():
            self[key] = value

    def differing(self, other: Table[K, V]) -> set[K]:
        """The keys whose values may differ from those in another table; not to be changed."""
        known = self.compared
        if known is not None and known.is_of(self.changed, other.changed):
            return known.keys  # type: ignore[return-value]
        keys = self._differing(other)
        self.compared = _Comparison(self.changed, other.changed, keys)
        return keys  # type: ignore[return-value]

    def _differing(self, other: Table[K, V]) -> set[object]:
        mine, theirs = self.epoch, other.epoch
        keys = self.changed | other.changed
        while mine is not theirs:
            if mine.depth >= theirs.depth:
                keys |= mine.changed
                assert mine.before is not None
                mine = mine.before
            else:
                keys |= theirs.changed
                assert theirs.before is not None
                theirs = theirs.before
        return keys


class Names(Table[Variable, V]):
    """The values of names.  Leaving a scope looks at the names of that scope, not at all."""

    __slots__ = ("ever",)

    ever: dict[int, dict[Variable, None]]
    """Of each scope, every name that this table or any of its forks ever had."""

    @classmethod
    def empty(cls, assumptions: Assumptions) -> Self:
        table = super().empty(assumptions)
        table.ever = {}
        return table

    def fork(self, assumptions: Assumptions) -> Self:
        copy = super().fork(assumptions)
        copy.ever = self.ever
        return copy

    def of_scope(self, scope: int) -> list[Variable]:
        """The names of one scope, looked at for no one who cares."""
        return [each for each in self.ever.get(scope, ()) if dict.__contains__(self, each)]

    def __setitem__(self, key: Variable, value: V) -> None:
        if not dict.__contains__(self, key):
            self.ever.setdefault(key[0], {})[key] = None
        super().__setitem__(key, value)


def reguarded(table: Table[K, V], change: Callable[[V], V], about: Set[str]) -> bool:
    """Change what is under guards that ask about something; whether that made a difference."""
    concerned = [key for key, asked in table.guarded.items() if asks(asked, about)]
    changed = False
    for key in concerned:
        value = dict.__getitem__(table, key)
        new = change(value)
        if new is not value:
            table[key] = new
            changed = True
    return changed
