"""Guards: under which answers to a program's own questions an alternative is there.

A *literal* is a question with its answer (``phase == "train"``: yes), a *guard* a conjunction
of few literals.  What is unguarded holds in any case.  Where two paths join, what differs
gets the literals in which they differ, so that a later test of the same flag tells them apart
again.  Dropping a literal of a guard widens it, which is always sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_bn_eval.modes.things import Constant

Question = tuple[str, "Constant | None"]
"""A subject and the constant it may equal; None asks whether it is true."""
Literal = tuple[Question, bool]
Guard = frozenset[Literal]
Guards = frozenset[Guard]
"""Any of these guards holds."""
Answer = Callable[[Question], bool | None]
"""What is known of a question on a path."""

MOST_LITERALS = 4
"""Of a guard.  Programs test three flags at once, and rarely more."""
MOST_KEPT = 1 << 15
"""Answers about guards, which are few and asked for again and again."""
MOST_GUARDS = 6
"""Of one alternative; beyond it holds in any case."""
ALWAYS: Guard = frozenset()
UNGUARDED: Guards = frozenset({ALWAYS})
NO_QUESTIONS: frozenset[Question] = frozenset()


def questions_of(guards: Iterable[Guard]) -> frozenset[Question]:
    """What some guards ask."""
    return frozenset([question for guard in guards for question, _ in guard]) or NO_QUESTIONS


def asks(questions: Iterable[Question], subjects: Set[str]) -> bool:
    """Whether any of these questions is about one of some subjects."""
    return any(question[0] in subjects for question in questions)


@lru_cache(MOST_KEPT)
def both(first: Guard, second: Guard) -> Guard | None:
    """The guard that holds where both hold; None where that cannot be.

    What is denied stays longest: it is what the branches of a chain of tests have in common.
    """
    if not second or first is second:
        return first
    if any(_contradicts(first, question, truth) for question, truth in second):
        return None
    joined = first | second
    if len(joined) <= MOST_LITERALS:
        return joined
    return frozenset([*second, *sorted(first - second, key=_order)][:MOST_LITERALS])


@lru_cache(MOST_KEPT)
def _order(literal: Literal) -> tuple[bool, str, str]:
    """An order of literals that is the same in every process."""
    (subject, constant), truth = literal
    return truth, subject, repr(constant)


def ordered(guard: Guard) -> Iterable[Literal]:
    """The literals of a guard, in every process one after the other in the same order."""
    return guard if len(guard) < 2 else sorted(guard, key=_order)


def _contradicts(guard: Guard, question: Question, truth: bool) -> bool:
    """Whether a guard denies an answer, or has its subject equal to something else."""
    if (question, not truth) in guard:
        return True
    return (
        truth
        and is_for_one(question)
        and any(holds and excludes(other, question) for other, holds in guard)
    )


def excludes(question: Question, other: Question) -> bool:
    """Whether two questions ask for equality of one subject with constants that are not equal."""
    return question[0] == other[0] and question != other and is_for_one(question)


def is_for_one(question: Question) -> bool:
    """Whether it asks for equality with one constant, not with any of several."""
    constant = question[1]
    return constant is not None and not isinstance(constant.value, tuple)


def under(guards: Guards, extra: Guard) -> Guards:
    """Guards that hold where one of these and another one holds; none where that cannot be."""
    if not extra:
        return guards
    found = {joined for each in guards if (joined := both(each, extra)) is not None}
    return frozenset(found)


def under_any(guards: Guards, others: Guards) -> Guards:
    """Guards that hold where one of these holds and one of the others."""
    if guards == UNGUARDED:
        return others
    return simplified(guard for each in others for guard in under(guards, each))


def denied(guards: Guards) -> Guards:
    """Guards that hold where none of these does."""
    left = UNGUARDED
    for guard in guards:
        opposites = frozenset(frozenset({(question, not truth)}) for question, truth in guard)
        left = under_any(left, opposites)
    return left


def either(first: Guards, second: Guards) -> Guards:
    """Guards of which one holds where any of either holds, said as shortly as they can be."""
    if first == second or ALWAYS in first:
        return first
    return UNGUARDED if ALWAYS in second else simplified(set(first | second))


def simplified(given: Iterable[Guard]) -> Guards:
    """``g`` absorbs ``g and h``; ``g and a`` beside ``g and not a`` is ``g``."""
    return _simplified(frozenset(given))


@lru_cache(MOST_KEPT)
def _simplified(given: Guards) -> Guards:
    guards = set(given)
    changed = True
    while changed and len(guards) > 1:
        changed = False
        for guard in sorted(guards, key=_order_of_guard if len(guards) > 2 else len):
            if any(other < guard for other in guards):
                guards.discard(guard)
                changed = True
                break
            resolved = _resolved(guard, guards)
            if resolved is not None:
                guards -= {guard, *resolved[1:]}
                guards.add(resolved[0])
                changed = True
                break
    if ALWAYS in guards or len(guards) > MOST_GUARDS:
        return UNGUARDED
    return frozenset(guards)


def _order_of_guard(guard: Guard) -> tuple[int, list[tuple[bool, str, str]]]:
    """The shorter first; of equally long ones always the same."""
    return len(guard), sorted(map(_order, guard))


def _resolved(guard: Guard, guards: set[Guard]) -> tuple[Guard, Guard] | None:
    """What two guards say together that differ in the answer to one question."""
    for question, truth in sorted(guard, key=_order) if len(guards) > 2 else guard:
        rest = guard - {(question, truth)}
        opposite = rest | {(question, not truth)}
        if opposite in guards:
            return rest, opposite
    return None


def on_path(guards: Guards, answer: Answer, about: Set[str]) -> Guards:
    """What is left of guards on a path: nothing where none of them can hold.

    ``about`` are the subjects of which more is known now than when the guards were made.
    """
    if not any(question[0] in about for guard in guards for question, _ in guard):
        return guards
    left: set[Guard] = set()
    for guard in guards:
        rest = guard
        for literal in guard:
            known = answer(literal[0]) if literal[0][0] in about else None
            if known is None:
                continue
            if known is not literal[1]:
                break
            rest = rest - {literal}
        else:
            left.add(rest)
    if left == guards:
        return guards
    return UNGUARDED if ALWAYS in left else simplified(left) if left else frozenset()


def without(guards: Guards, subjects: Iterable[str]) -> Guards:
    """The guards less all literals about some subjects."""
    stale = set(subjects)
    if not any(question[0] in stale for guard in guards for question, _ in guard):
        return guards
    left = {frozenset(each for each in guard if each[0][0] not in stale) for guard in guards}
    return UNGUARDED if ALWAYS in left else simplified(left)


def implies(first: Guards, second: Guards) -> bool:
    """Whether one of the second guards holds wherever one of the first does."""
    return ALWAYS in second or all(any(other <= each for other in second) for each in first)
