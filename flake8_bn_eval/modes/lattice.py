"""Modes and gradient modes, and sets of them in which every member has a witness.

The lattice is the powerset: joining is union.  A witness tells how the program came
to that member; it takes no part in equality, so the lattice stays finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from enum import Enum
from typing import Generic, TypeVar

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.modes.guards import (
    ALWAYS,
    NO_QUESTIONS,
    Answer,
    Guard,
    Guards,
    Question,
    asks,
    both,
    on_path,
    questions_of,
    simplified,
    without,
)


class Mode(Enum):
    """The mode of a module.

    UNSET is the mode in which a module came in from outside (nobody in sight set it);
    UNKNOWN that something not understood may have changed it.
    """

    TRAIN = "train"
    EVAL = "eval"
    UNSET = "unset"
    UNKNOWN = "unknown"

    __hash__ = object.__hash__


class Gradient(Enum):
    """Whether autograd records; CALLER is whatever an unseen caller holds.

    In INFERENCE mode it is off, and nothing but leaving that mode turns it on; facts
    never show this member (see `recording`).
    """

    ON = "on"
    OFF = "off"
    INFERENCE = "inference"
    CALLER = "caller"
    UNKNOWN = "unknown"

    __hash__ = object.__hash__


Member = TypeVar("Member", bound=Enum)
Witness = tuple[Remark, ...]
Guarded = dict[Guard, Witness]
"""Under which guards a member is possible, and how the program then came to it."""

DOUBT = Remark(0, "nobody can tell how far an exception let it come, or which of several it is")
"""The end of a witness that does not tell apart what is from what may be."""


class Possible(Generic[Member]):
    """A set of possibilities, each under its guards, with its shortest witness.  Immutable."""

    __slots__ = ("_questions", "_witnesses")

    def __init__(self, witnesses: Mapping[Member, Witness]) -> None:
        self._witnesses: dict[Member, Guarded] = {
            member: {ALWAYS: witness} for member, witness in witnesses.items()
        }
        self._questions: frozenset[Question] | None = NO_QUESTIONS

    @staticmethod
    def _of(witnesses: dict[Member, Guarded]) -> Possible[Member]:
        made: Possible[Member] = Possible.__new__(Possible)
        made._witnesses = witnesses
        made._questions = None
        return made

    @staticmethod
    def only(member: Member, *remarks: Remark) -> Possible[Member]:
        """The set of one member."""
        return Possible({member: remarks})

    def may_be(self, member: Member) -> bool:
        """Whether the member is among the possibilities."""
        return member in self._witnesses

    def must_be(self, member: Member) -> bool:
        """Whether the member is the only possibility."""
        return len(self._witnesses) == 1 and member in self._witnesses

    def witness(self, member: Member) -> Witness:
        """How the program came to this member; empty if it cannot or nobody can tell."""
        guarded = self._witnesses.get(member)
        return () if guarded is None else _best(guarded.values())

    def is_doubtful(self, member: Member) -> bool:
        """Whether all that is known of a member is that nobody can exclude it."""
        return DOUBT in self.witness(member)

    def doubting(self, other: Possible[Member]) -> Possible[Member]:
        """Union, where nothing tells which of the two it is: only what both have is sure."""
        both = self.members & other.members
        return self._doubted(both).join(other._doubted(both))

    def _doubted(self, sure: Set[Member]) -> Possible[Member]:
        changed = dict(self._witnesses)
        for member in self.members - sure:
            changed[member] = {
                guard: witness if DOUBT in witness else (*witness, DOUBT)
                for guard, witness in changed[member].items()
            }
        return Possible._of(changed)

    def join(self, other: Possible[Member]) -> Possible[Member]:
        """Union; of two witnesses the shorter one, then the earlier one in the file."""
        if self is other or self._witnesses == other._witnesses:
            return self
        more: dict[Member, Guarded] = {}
        for member, theirs in other._witnesses.items():
            mine = self._witnesses.get(member)
            joined = theirs if mine is None else _either(mine, theirs)
            if joined is not mine:
                more[member] = joined
        return Possible._of({**self._witnesses, **more}) if more else self

    def mapped(self, change: Callable[[Member], Member]) -> Possible[Member]:
        """Every member changed, with its witness."""
        changed: dict[Member, Guarded] = {}
        for member, guarded in self._witnesses.items():
            new = change(member)
            changed[new] = _either(changed[new], guarded) if new in changed else guarded
        return Possible._of(changed)

    def without(self, member: Member) -> Possible[Member]:
        """The same set less one member."""
        return Possible._of({each: w for each, w in self._witnesses.items() if each is not member})

    @property
    def members(self) -> frozenset[Member]:
        """The possibilities without their witnesses."""
        return frozenset(self._witnesses)

    # Guards

    @property
    def guarded(self) -> bool:
        """Whether any member is there under guards only."""
        return any(ALWAYS not in guarded for guarded in self._witnesses.values())

    @property
    def questions(self) -> frozenset[Question]:
        """What its guards ask."""
        questions = self._questions
        if questions is None:
            questions = self._questions = questions_of(
                guard for guarded in self._witnesses.values() for guard in guarded
            )
        return questions

    def cases(self) -> Iterator[tuple[Member, Guard]]:
        """Every member with each of its guards."""
        for member, guarded in self._witnesses.items():
            for guard in guarded:
                yield member, guard

    def where(self, guards: Guards) -> Possible[Member]:
        """The same possibilities, where one of these guards holds."""
        found: Possible[Member] = Possible({})
        for extra in guards:
            found = found.join(self._changed(lambda guard: both(guard, extra)))  # noqa: B023
        return found

    def merged(self, here: Guard, other: Possible[Member], there: Guard) -> Possible[Member]:
        """Either where two paths join: what only one has is there under its guard."""
        if not here and self.has_anyway(other):
            return self
        if self is other or not here and not there or self == other:
            return self.join(other)
        return self._apart(here, other).join(other._apart(there, self))

    def has_anyway(self, other: Possible[Member]) -> bool:
        """Whether each member of another set is here whatever holds, with as good a witness."""
        for member, theirs in other._witnesses.items():
            mine = self._witnesses.get(member, {}).get(ALWAYS)
            if mine is None or any(_best((mine, each)) is not mine for each in theirs.values()):
                return False
        return True

    def _apart(self, guard: Guard, other: Possible[Member]) -> Possible[Member]:
        if not guard:
            return self
        changed: dict[Member, Guarded] = {}
        for member, guarded in self._witnesses.items():
            theirs = other._witnesses.get(member)
            if theirs is not None and theirs.keys() == guarded.keys():
                changed[member] = guarded
                continue
            new: Guarded = {}
            for each, witness in guarded.items():
                joined = both(each, guard)
                if joined is not None:
                    new[joined] = _best([new[joined], witness]) if joined in new else witness
            if new:
                changed[member] = new
        return Possible._of(changed)

    def on_path(self, answer: Answer, about: Set[str]) -> Possible[Member]:
        """What is left on a path; the same where nothing would be."""
        if not asks(self.questions, about):
            return self
        left = self._changed(
            lambda guard: next(iter(on_path(frozenset({guard}), answer, about)), None)
        )
        return left if left._witnesses and left != self else self

    def forgetting(self, subjects: Set[str]) -> Possible[Member]:
        """The same possibilities without what guards say about some subjects."""
        if not asks(self.questions, subjects):
            return self
        left = self._changed(lambda guard: next(iter(without(frozenset({guard}), subjects))))
        return self if left == self else left

    def unguarded(self) -> Possible[Member]:
        """The same possibilities, whatever holds."""
        return self._changed(lambda guard: ALWAYS) if self.guarded else self

    def _changed(self, change: Callable[[Guard], Guard | None]) -> Possible[Member]:
        changed: dict[Member, Guarded] = {}
        for member, guarded in self._witnesses.items():
            new: Guarded = {}
            for guard, witness in guarded.items():
                rest = change(guard)
                if rest is not None:
                    new[rest] = _best([new[rest], witness]) if rest in new else witness
            if new:
                changed[member] = _shortened(new)
        return Possible._of(changed)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._witnesses)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Possible):
            return NotImplemented
        mine, theirs = self._witnesses, other._witnesses
        return mine.keys() == theirs.keys() and all(
            guarded.keys() == theirs[member].keys() for member, guarded in mine.items()
        )

    def __hash__(self) -> int:
        return hash(self.members)

    def __str__(self) -> str:
        return " | ".join(sorted(str(member.value) for member in self._witnesses))

    def __repr__(self) -> str:
        return f"Possible({self})"


def _either(first: Guarded, second: Guarded) -> Guarded:
    """The guards of either, each with the better witness; the first where that is the same."""
    joined = dict(first)
    for guard, witness in second.items():
        joined[guard] = _best([joined[guard], witness]) if guard in joined else witness
    joined = _shortened(joined)
    same = joined.keys() == first.keys() and all(joined[each] is first[each] for each in joined)
    return first if same else joined


def _shortened(guarded: Guarded) -> Guarded:
    if len(guarded) == 1:
        return guarded
    kept = simplified(guarded)
    return {
        guard: guarded[guard]
        if guard in guarded and guard
        else _best([w for g, w in guarded.items() if guard <= g])
        for guard in kept
    }


def _best(witnesses: Iterable[Witness]) -> Witness:
    every = list(witnesses)
    return every[0] if len(every) == 1 else min(every, key=_length)


def _length(witness: Witness) -> tuple[bool, int, list[int]]:
    return DOUBT in witness, len(witness), [remark.place for remark in witness]


Modes = Possible[Mode]
Gradients = Possible[Gradient]


def remembering(change: Callable[[Modes], Modes]) -> Callable[[Modes], Modes]:
    """The same change; done once for the very modes that many objects share."""
    known: dict[int, tuple[Modes, Modes]] = {}

    def changed(modes: Modes) -> Modes:
        found = known.get(id(modes))
        if found is None:
            found = known[id(modes)] = modes, change(modes)
        return found[1]

    return changed


LOST = Modes.only(Mode.UNKNOWN)
"""The mode of what nobody can follow."""


def recording(gradients: Gradients) -> Gradients:
    """Whether autograd records, and nothing else."""
    if not gradients.may_be(Gradient.INFERENCE):
        return gradients
    return gradients.mapped(lambda each: Gradient.OFF if each is Gradient.INFERENCE else each)
