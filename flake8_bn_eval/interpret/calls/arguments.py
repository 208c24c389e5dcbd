"""The evaluated arguments of a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.modes.things import Constant
from flake8_bn_eval.modes.values import Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """Positional values and keywords; ``open`` where ``*`` or ``**`` may add more."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str | None, Value], ...] = ()
    open: bool = False
    spread: Value | None = None
    """The list of unknown length whose elements are all that is given: ``f(*layers)``."""

    def get(self, position: int | None, keyword: str | None) -> Value | None:
        """The argument at a position or under a keyword, if it is given."""
        if keyword is not None:
            for name, value in self.keywords:
                if name == keyword:
                    return value
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    def literal(self, position: int | None, keyword: str | None) -> Constant | None:
        """The same, if it is a literal."""
        value = self.get(position, keyword)
        return None if value is None else value.constant

    def __iter__(self) -> Iterator[Value]:
        yield from self.positional
        for _, value in self.keywords:
            yield value

    def __len__(self) -> int:
        return len(self.positional) + len(self.keywords)

    def before(self, *values: Value) -> Arguments:
        """These arguments behind some others."""
        return Arguments((*values, *self.positional), self.keywords, self.open)
