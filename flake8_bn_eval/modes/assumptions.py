"""What a world takes for granted: answers to questions that the program asks of its flags.

An assumption rests on variables and is forgotten when one of them is assigned again.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Protocol, Self, TypeVar

from flake8_bn_eval.modes.guards import Answer, Guard, Question
from flake8_bn_eval.modes.identities import Identities
from flake8_bn_eval.modes.things import Condition, Constant
from flake8_bn_eval.operations import Variable

MOST_APART = 3
"""So many literals tell two paths apart."""

PLACE = "?"
"""Start of the subject of an assumption about a test that nothing else names."""
WHICH = "which "
"""Start of the subject of an assumption about what a name holds."""


def which_of(variable: Variable) -> str:
    """The subject of assumptions about which of several objects a name holds."""
    return f"{WHICH}{variable[0]}:{variable[1]}"


class Guarded(Protocol):
    """Something that is wholly or partly there under guards."""

    @property
    def questions(self) -> frozenset[Question]:
        """What the guards ask."""
        ...

    def on_path(self, answer: Answer, about: Set[str]) -> Self:
        """What is left of it on a path."""
        ...


G = TypeVar("G", bound=Guarded)


class Assumptions:
    """Answers to questions, and the variables on which the subjects rest.  Mutable."""

    __slots__ = (
        "_narrowed",
        "_possible",
        "_subjects",
        "asked",
        "compared",
        "identities",
        "truths",
        "variables",
    )

    def __init__(self, identities: Identities) -> None:
        self.truths: dict[Question, bool] = {}
        self.variables: dict[str, frozenset[Variable]] = {}
        self.compared: dict[str, tuple[Constant, ...]] = {}
        """The constants that a subject was compared with, some of them on other paths."""
        self.asked: set[Question] | None = None
        """The questions that were asked, where somebody notes them."""
        self.identities = identities
        self._narrowed: dict[int, tuple[object, object]] = {}
        """What is left of things under guards, by their `id`, as long as no answer changes."""
        self._subjects: set[str] | None = None
        """What is known to be assumed about, as long as no answer changes."""
        self._possible: set[Guard] = set()
        """Guards that may hold, as long as no answer changes."""

    def copy(self) -> Assumptions:
        """The same assumptions, to be changed independently."""
        copy = Assumptions.__new__(Assumptions)
        copy.truths, copy.variables = self.truths.copy(), self.variables.copy()
        copy.compared, copy.asked = self.compared, self.asked
        copy.identities = self.identities
        copy._narrowed, copy._subjects = self._narrowed, self._subjects
        copy._possible = self._possible
        return copy

    def has_moved_on(self, copy: Assumptions) -> bool:
        """Whether anything is assumed or watched that an earlier copy does not."""
        if self.truths != copy.truths or self.compared is not copy.compared:
            return True
        return self.variables != copy.variables

    def join(self, other: Assumptions) -> Assumptions:
        """What both take for granted."""
        joined = Assumptions(self.identities)
        joined.truths = {
            question: truth
            for question, truth in self.truths.items()
            if other.truths.get(question) is truth
        }
        joined.asked = self.asked
        joined.variables = {**self.variables, **other.variables}
        joined.compared = {**other.compared, **self.compared}
        for subject, constants in other.compared.items():
            mine = joined.compared[subject]
            if mine is not constants:
                joined.compared[subject] = tuple(dict.fromkeys((*mine, *constants)))
        return joined

    def apart(self, other: Assumptions) -> Guard:
        """What is assumed here and not there; what is denied there comes first."""
        own = [each for each in self.truths.items() if other.truths.get(each[0]) is not each[1]]
        denied = [each for each in own if each[0] in other.truths]
        others = [each for each in own if each[0] not in other.truths]
        return frozenset([*denied, *reversed(others)][:MOST_APART])

    def rest(self, subject: str, variables: frozenset[Variable]) -> None:
        """Note on which variables a subject rests."""
        if self.variables.get(subject) is not variables:
            self.variables[subject] = variables
            self.identities.rest(subject, variables)

    def suppose(self, condition: Condition, truth: bool) -> None:
        """Assume that a condition holds, or that it does not."""
        self.rest(condition.subject, condition.variables)
        self.answered((condition.subject, condition.constant), truth is not condition.negated)

    def answered(self, question: Question, truth: bool) -> None:
        """Assume the answer to a question."""
        self.set(question, truth)
        subject, constant = question
        known = self.compared.get(subject, ())
        if constant is not None and constant not in known:
            self.compared = {**self.compared, subject: (*known, constant)}
        if truth:
            for part in self.identities.conjunctions.get(question[0], ()):
                self.suppose(part, True)

    def set(self, question: Question, truth: bool | None) -> None:
        """Change one answer, and nothing that follows from it; None takes it back."""
        if self.truths.get(question) is not truth:
            self._forget_answers()
            if truth is None:
                del self.truths[question]
            else:
                self.truths[question] = truth

    def clear(self) -> None:
        """Assume nothing any more."""
        self.truths = {}
        self._forget_answers()

    def _forget_answers(self) -> None:
        """What follows from all answers is to be found out again."""
        self._narrowed, self._subjects, self._possible = {}, None, set()

    def narrowed(self, held: G, *, noting: bool = True) -> G:
        """What is left of something that is there under guards, after the answers known here."""
        questions = held.questions
        if noting and self.asked is not None:
            self.asked |= questions
        if not self.truths:
            return held
        known = self._narrowed.get(id(held))
        if known is None:
            answered = {each for each, _ in questions if self._may_follow(each)}
            left = held.on_path(self._known, answered) if answered else held
            known = self._narrowed[id(held)] = held, left
        return known[1]  # type: ignore[return-value]

    @property
    def named(self) -> Guard:
        """The assumptions that some other test may ask about as well."""
        return frozenset(each for each in self.truths.items() if each[0][0][0] != PLACE)

    def about_variable(self, variable: Variable, *, chosen: bool = False) -> list[str]:
        """The subjects that rest on a variable.

        ``chosen`` leaves out which of several objects it holds.
        """
        left_out = which_of(variable) if chosen else ""
        return [
            subject
            for subject in self.identities.resting.get(variable, ())
            if variable in self.variables.get(subject, ()) and subject != left_out
        ]

    def about_scope(self, scope: int) -> list[str]:
        """The subjects that rest on a local variable of a function."""
        return [
            subject
            for subject in self.identities.resting_in.get(scope, ())
            if any(variable[0] == scope for variable in self.variables.get(subject, ()))
        ]

    def forget(self, subjects: Iterable[str]) -> None:
        """Drop what is assumed about some subjects, which mean something else from now on."""
        stale = set(subjects)
        for subject in stale:
            self.variables.pop(subject, None)
        if stale:
            self.truths = {q: t for q, t in self.truths.items() if q[0] not in stale}
            self._forget_answers()

    def inherit(self, *others: Assumptions) -> None:
        """Learn what may hold from those who know as much or more: it may hold here as well."""
        self._possible = max((each._possible for each in others), key=len).copy()

    def is_possible(self, guard: Guard) -> bool:
        """Whether a guard may hold; whoever notes what is asked does so by himself."""
        if guard in self._possible:
            return True
        if any(self._known(question) is (not truth) for question, truth in guard):
            return False
        self._possible.add(guard)
        return True

    def answer(self, condition: Condition) -> bool | None:
        """Whether a condition holds under the assumptions made."""
        known = self.known((condition.subject, condition.constant))
        return None if known is None else known is not condition.negated

    def known(self, question: Question) -> bool | None:
        """The answer to a question, as far as it follows from the assumptions made."""
        if self.asked is not None:
            self.asked.add(question)
        return self._known(question)

    def _known(self, question: Question) -> bool | None:
        known = self.truths.get(question)
        if known is None and self.truths and self._may_follow(question[0]):
            known = self._infer(*question)
        return known

    def _may_follow(self, subject: str) -> bool:
        """Whether an answer about a subject may follow from what is assumed."""
        assumed, identities = self._subjects, self.identities
        if assumed is None:
            assumed = self._subjects = {question[0] for question in self.truths}
        if subject in assumed:
            return True
        return subject in identities.conjunctions or subject in identities.wholes

    def _infer(self, subject: str, constant: Constant | None) -> bool | None:
        """What follows from a subject's being equal to another constant, or from its parts."""
        conjunctions = self.identities.conjunctions
        if subject in conjunctions:
            answers = [self.answer(part) for part in conjunctions[subject]]
            if False in answers:
                return False
            if None not in answers:
                return True
        elif subject in self.identities.wholes:
            left_out = self._left_out(subject, constant)
            if left_out is not None:
                return left_out
        for equal in self.compared.get(subject, ()):
            truth = self.truths.get((subject, equal))
            follows = None if truth is None else _follows(equal.value, truth, constant)
            if follows is not None:
                return follows
        return None

    def _left_out(self, subject: str, constant: Constant | None) -> bool | None:
        """The one part of a conjunction that must fail, because the others hold."""
        wholes = self.identities.wholes.get(subject, ())
        denied = [each for each in wholes if self.truths.get((each, None)) is False]
        for whole in sorted(denied):
            parts = self.identities.conjunctions[whole]
            for part in parts:
                if (part.subject, part.constant) == (subject, constant):
                    others = [each for each in parts if each is not part]
                    if all(self._is_supposed(each) for each in others):
                        return part.negated
        return None

    def _is_supposed(self, condition: Condition) -> bool:
        known = self.truths.get((condition.subject, condition.constant))
        return known is not None and known is not condition.negated


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
