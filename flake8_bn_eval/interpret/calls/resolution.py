"""In which order Python looks up an attribute of a class of the file: its C3 linearisation."""

from __future__ import annotations

from flake8_bn_eval.modes.things import Class, in_order


def resolution_order(class_: Class) -> tuple[Class, ...]:
    """A class and its bases in the file; those that come from elsewhere are left out.

    Where Python would refuse the class, the bases follow in the order of the text.
    """
    return _Resolution().order(class_)


class _Resolution:
    def __init__(self) -> None:
        self._orders: dict[int, tuple[Class, ...]] = {}
        self._open: set[int] = set()

    def order(self, class_: Class) -> tuple[Class, ...]:
        known = self._orders.get(id(class_))
        if known is None:
            self._open.add(id(class_))
            bases = [each for each in _bases(class_) if id(each) not in self._open]
            known = (class_, *_merged([*map(self.order, bases), tuple(bases)]))
            self._orders[id(class_)] = known
            self._open.discard(id(class_))
        return known


def _bases(class_: Class) -> list[Class]:
    return [
        thing
        for base in class_.bases
        for thing in in_order(base.things)
        if isinstance(thing, Class) and thing is not class_
    ]


def _merged(sequences: list[tuple[Class, ...]]) -> list[Class]:
    merged: list[Class] = []
    waiting = [list(each) for each in sequences if each]
    while waiting:
        later = {id(each) for sequence in waiting for each in sequence[1:]}
        heads = [sequence[0] for sequence in waiting]
        head = next((each for each in heads if id(each) not in later), heads[0])
        merged.append(head)
        waiting = [
            rest for each in waiting if (rest := [other for other in each if other is not head])
        ]
    return merged
