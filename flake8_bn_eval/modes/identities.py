"""Numbers for objects, and the pseudo-variables on which assumptions about them rest.

Everything that is counted once for a whole analysis is here: it knows no world.
"""

from __future__ import annotations

from collections.abc import Sequence

from flake8_bn_eval.modes.things import Condition, ObjectId, Result, SavedMode
from flake8_bn_eval.operations import Variable

OBJECT_SCOPE = -2


def about_object(identity: ObjectId) -> Variable:
    """The pseudo-variable on which assumptions about an object rest."""
    return OBJECT_SCOPE, str(identity)


def about_field(identity: ObjectId, name: str) -> Variable:
    """The pseudo-variable on which assumptions about an attribute rest."""
    return OBJECT_SCOPE, f"{identity}.{name}"


def was_training(saved: SavedMode) -> Condition:
    """The condition that a module was in training mode when a place asked for it."""
    mode = f"mode of {saved.receiver}"
    subject = f"training of {saved.receiver} at {saved.asked}"
    return Condition(subject, frozenset({(OBJECT_SCOPE, mode)}), None)


class Identities:
    """Numbers for objects: the same for the same path of birth, so loops find them again."""

    def __init__(self) -> None:
        self.conjunctions: dict[str, tuple[Condition, ...]] = {}
        self.wholes: dict[str, set[str]] = {}
        """The conjunctions that a subject is part of."""
        self.repeated: set[ObjectId] = set()
        """The objects that a loop bears again and again."""
        self.aged: dict[ObjectId, ObjectId] = {}
        """Those that stand for all of a birth but the last one, and that one."""
        self.resting: dict[Variable, dict[str, None]] = {}
        """The subjects of the assumptions that were ever to rest on a variable."""
        self.resting_in: dict[int, dict[str, None]] = {}
        """The same of any variable of a scope."""
        self._numbers: dict[object, ObjectId] = {}
        self._united: dict[ObjectId, frozenset[ObjectId]] = {}
        self._copied: dict[ObjectId, tuple[ObjectId, tuple[object, ...]]] = {}
        """Of copies: the object copied first, and the births of all copies from there on."""
        self._version = 0
        self.effort = 0
        """What joining worlds has cost, in units of about one evaluated expression."""

    def number(self, *path: object) -> ObjectId:
        """The number of the object born at a path."""
        return self._numbers.setdefault(path, len(self._numbers))

    def of_result(self, result: Result) -> ObjectId:
        """The number of what a call of something unseen returned."""
        return self.number("result", result.place, result.born)

    def conjunction(self, parts: Sequence[Condition]) -> str:
        """The subject that is true when all these conditions hold."""
        subject = f"({' and '.join(_text(part) for part in parts)})"
        self.conjunctions[subject] = tuple(parts)
        for part in parts:
            self.wholes.setdefault(part.subject, set()).add(subject)
        return subject

    def related(self, subject: str) -> set[str]:
        """A subject and those whose truth it may decide: its parts, and what it is a part of."""
        found = {subject}
        waiting = [subject] if self.conjunctions else []
        while waiting:
            each = waiting.pop()
            parts = {part.subject for part in self.conjunctions.get(each, ())}
            more = (parts | self.wholes.get(each, set())) - found
            found |= more
            waiting += more
        return found

    def rest(self, subject: str, variables: frozenset[Variable]) -> None:
        """Note that assumptions about a subject may rest on some variables."""
        for variable in variables:
            self.resting.setdefault(variable, {})[subject] = None
            self.resting_in.setdefault(variable[0], {})[subject] = None

    def older(self, identity: ObjectId) -> ObjectId:
        """The number of all objects of the same birth but the last one."""
        number = self.number("older", identity)
        self.repeated |= {number, identity}
        self.aged[number] = identity
        self._copied[number] = self._line_of(identity)
        return number

    def one_of(self, members: frozenset[ObjectId]) -> ObjectId:
        """The number of the object that is one of these; again where it is among them."""
        last = {self.aged.get(each, each) for each in members}
        born = frozenset(each for member in last for each in self._united.get(member, {member}))
        number = self.number("one of", born)
        self._united[number] = born
        self._copied[number] = self._line_of(min(born))
        return number

    def copy_of(self, identity: ObjectId, birth: object) -> ObjectId:
        """The number of a copy; that of a copy made at the same birth where it is one of those.

        There are as many numbers as there are ways from birth to birth, however often each is
        gone.
        """
        first, births = self._line_of(identity)
        if birth in births:
            births = births[: births.index(birth)]
        number = self.number("copy", first, *births, birth)
        self._copied[number] = first, (*births, birth)
        return number

    def _line_of(self, identity: ObjectId) -> tuple[ObjectId, tuple[object, ...]]:
        return self._copied.get(identity, (identity, ()))

    def new_version(self) -> int:
        """A number that no world has had."""
        self._version += 1
        return self._version


def _text(condition: Condition) -> str:
    sign = "not " if condition.negated else ""
    constant = "" if condition.constant is None else f"={condition.constant.value!r}"
    return f"{sign}{condition.subject}{constant}"
