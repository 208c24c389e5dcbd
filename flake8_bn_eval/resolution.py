"""In which order Python looks up an attribute of a class: the C3 linearisation of its bases.

See "The Python 2.3 Method Resolution Order" in Python's documentation.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Class = TypeVar("Class")


class Resolution(Generic[Class]):
    """The orders of classes whose bases a function tells; each is found once.

    Classes are told apart by `id` and must live as long as this does.  Where Python would
    refuse a class, because its bases contradict each other, they follow in the order of the
    text; a class that is among its own bases is left out there.
    """

    def __init__(self, bases: Callable[[Class], Sequence[Class]]) -> None:
        self._bases = bases
        self._orders: dict[int, tuple[Class, ...]] = {}
        self._open: set[int] = set()

    def order(self, class_: Class) -> tuple[Class, ...]:
        """A class and all that it inherits from."""
        known = self._orders.get(id(class_))
        if known is None:
            self._open.add(id(class_))
            bases = {id(each): each for each in self._bases(class_) if id(each) not in self._open}
            orders = [self.order(each) for each in bases.values()]
            known = (class_, *_merged(orders, tuple(bases.values())))
            self._open.discard(id(class_))
            self._orders[id(class_)] = known
        return known


def _merged(orders: list[tuple[Class, ...]], bases: tuple[Class, ...]) -> Sequence[Class]:
    """The orders of the bases as one that contradicts none of them nor that of the bases."""
    if len(orders) <= 1:
        return orders[0] if orders else ()
    waiting = [deque(each) for each in (*orders, bases)]
    later = Counter(id(each) for sequence in waiting for each in list(sequence)[1:])
    merged: list[Class] = []
    while waiting:
        heads = [sequence[0] for sequence in waiting]
        head = next((each for each in heads if not later[id(each)]), heads[0])
        contradicted = later[id(head)] > 0
        merged.append(head)
        for sequence in waiting:
            if sequence[0] is head or contradicted and head in sequence:
                _take(head, sequence, later)
        waiting = [sequence for sequence in waiting if sequence]
    return merged


def _take(class_: Class, sequence: deque[Class], later: Counter[int]) -> None:
    """Take a class out of a sequence, and the one that now comes first out of the later ones."""
    if sequence[0] is class_:
        sequence.popleft()
        if sequence:
            later[id(sequence[0])] -= 1
    else:
        sequence.remove(class_)
        later[id(class_)] -= 1
