"""What a world takes for granted: answers to questions that the program asks of its flags.

An assumption rests on variables and is forgotten when one of them is assigned again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flake8_bn_eval.modes.identities import Identities
from flake8_bn_eval.modes.things import Condition, Constant
from flake8_bn_eval.operations import Variable

Question = tuple[str, Constant | None]
"""A subject and the constant it may equal; None asks whether it is true."""

WHICH = "which "
"""Start of the subject of an assumption about what a name holds."""


class Assumptions:
    """Answers to questions, and the variables on which the subjects rest.  Mutable."""

    __slots__ = ("truths", "variables", "identities")

    def __init__(self, identities: Identities) -> None:
        self.truths: dict[Question, bool] = {}
        self.variables: dict[str, frozenset[Variable]] = {}
        self.identities = identities

    def copy(self) -> Assumptions:
        """The same assumptions, to be changed independently."""
        copy = Assumptions.__new__(Assumptions)
        copy.truths, copy.variables = self.truths.copy(), self.variables.copy()
        copy.identities = self.identities
        return copy

    def join(self, other: Assumptions) -> Assumptions:
        """What both take for granted."""
        joined = Assumptions(self.identities)
        joined.truths = {
            question: truth
            for question, truth in self.truths.items()
            if other.truths.get(question) is truth
        }
        joined.variables = {
            subject: variables
            for subject, variables in self.variables.items()
            if other.variables.get(subject) == variables
        }
        return joined

    def suppose(self, condition: Condition, truth: bool) -> None:
        """Assume that a condition holds, or that it does not."""
        holds = truth is not condition.negated
        self.truths[condition.subject, condition.constant] = holds
        self.variables[condition.subject] = condition.variables
        if holds:
            for part in self.identities.conjunctions.get(condition.subject, ()):
                self.suppose(part, True)

    def forget_variable(self, variable: Variable) -> list[str]:
        """Drop what rests on a variable; returns the subjects that are stale now."""
        if not self.variables:
            return []
        return self._drop(s for s, rests_on in self.variables.items() if variable in rests_on)

    def forget_scope(self, scope: int) -> None:
        """Drop what rests on a local variable of a function that has ended."""
        self._drop(
            subject
            for subject, rests_on in self.variables.items()
            if any(variable[0] == scope for variable in rests_on)
        )

    def _drop(self, subjects: Iterable[str]) -> list[str]:
        stale = list(subjects)
        for subject in stale:
            del self.variables[subject]
        if stale:
            self.truths = {q: t for q, t in self.truths.items() if q[0] not in stale}
        return stale

    def answer(self, condition: Condition) -> bool | None:
        """Whether a condition holds under the assumptions made."""
        known = self.truths.get((condition.subject, condition.constant))
        if known is None and self.truths:
            known = self._infer(condition.subject, condition.constant)
        return None if known is None else known is not condition.negated

    def _infer(self, subject: str, constant: Constant | None) -> bool | None:
        """What follows from a subject's being equal to another constant, or from its parts."""
        conjunctions = self.identities.conjunctions
        if subject in conjunctions:
            answers = [self.answer(part) for part in conjunctions[subject]]
            if False in answers:
                return False
            if None not in answers:
                return True
        elif conjunctions:
            left_out = self._left_out(subject, constant)
            if left_out is not None:
                return left_out
        for (other, equal), truth in self.truths.items():
            if other == subject and equal is not None:
                follows = _follows(equal.value, truth, constant)
                if follows is not None:
                    return follows
        return None

    def _left_out(self, subject: str, constant: Constant | None) -> bool | None:
        """The one part of a conjunction that must fail, because the others hold."""
        for (whole, _), truth in self.truths.items():
            parts = () if truth else self.identities.conjunctions.get(whole, ())
            for part in parts:
                if (part.subject, part.constant) == (subject, constant):
                    others = [each for each in parts if each is not part]
                    if all(self._is_supposed(each) for each in others):
                        return part.negated
        return None

    def _is_supposed(self, condition: Condition) -> bool:
        known = self.truths.get((condition.subject, condition.constant))
        return known is not None and known is not condition.negated

    def difference(
        self, other: Assumptions, is_local: Callable[[Variable], bool]
    ) -> Condition | None:
        """What is assumed here and denied there, of nothing local."""
        for (subject, constant), truth in self.truths.items():
            if other.truths.get((subject, constant)) is (not truth):
                variables = self.variables.get(subject, frozenset())
                local = any(is_local(variable) for variable in variables)
                if variables and not local and not subject.startswith(WHICH):
                    return Condition(subject, variables, constant)
        return None


def _follows(known: object, truth: bool, asked: Constant | None) -> bool | None:
    """What (not) being equal to, or one of, ``known`` says of another constant."""
    if asked is None:
        return bool(known) if truth and not isinstance(known, tuple) else None
    if isinstance(known, tuple):
        inside = asked.value in known
        return False if truth is not inside and not isinstance(asked.value, tuple) else None
    if not truth:
        return None
    if isinstance(asked.value, tuple):
        return known in asked.value
    return known == asked.value
