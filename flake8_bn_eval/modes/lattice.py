"""Modes and gradient modes, and sets of them in which every member has a witness.

The lattice is the powerset: joining is union.  A witness tells how the program came
to that member; it takes no part in equality, so the lattice stays finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Generic, TypeVar

from flake8_bn_eval.findings import Remark


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


class Possible(Generic[Member]):
    """A set of possibilities, each with its shortest witness.  Immutable."""

    __slots__ = ("_witnesses",)

    def __init__(self, witnesses: Mapping[Member, Witness]) -> None:
        self._witnesses = dict(witnesses)

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
        return self._witnesses.get(member, ())

    def join(self, other: Possible[Member]) -> Possible[Member]:
        """Union; of two witnesses the shorter one, then the earlier one in the file."""
        if self is other or self._witnesses == other._witnesses:
            return self
        more: dict[Member, Witness] = {}
        for member, witness in other._witnesses.items():
            known = self._witnesses.get(member)
            if known is None or known is not witness and _better(known, witness) is not known:
                more[member] = witness
        return Possible({**self._witnesses, **more}) if more else self

    def mapped(self, change: Callable[[Member], Member]) -> Possible[Member]:
        """Every member changed, with its witness."""
        changed: dict[Member, Witness] = {}
        for member, witness in self._witnesses.items():
            new = change(member)
            changed[new] = _better(changed[new], witness) if new in changed else witness
        return Possible(changed)

    def without(self, member: Member) -> Possible[Member]:
        """The same set less one member."""
        return Possible({each: w for each, w in self._witnesses.items() if each is not member})

    @property
    def members(self) -> frozenset[Member]:
        """The possibilities without their witnesses."""
        return frozenset(self._witnesses)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._witnesses)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Possible):
            return NotImplemented
        return self._witnesses.keys() == other._witnesses.keys()

    def __hash__(self) -> int:
        return hash(self.members)

    def __str__(self) -> str:
        return " | ".join(sorted(str(member.value) for member in self._witnesses))

    def __repr__(self) -> str:
        return f"Possible({self})"


def _better(first: Witness, second: Witness) -> Witness:
    def key(witness: Witness) -> tuple[int, list[int]]:
        return len(witness), [remark.place for remark in witness]

    return first if key(first) <= key(second) else second


Modes = Possible[Mode]
Gradients = Possible[Gradient]

LOST = Modes.only(Mode.UNKNOWN)
"""The mode of what nobody can follow."""


def recording(gradients: Gradients) -> Gradients:
    """Whether autograd records, and nothing else."""
    if not gradients.may_be(Gradient.INFERENCE):
        return gradients
    return gradients.mapped(lambda each: Gradient.OFF if each is Gradient.INFERENCE else each)
