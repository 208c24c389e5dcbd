"""What the analysis says about a program, by line: the one door of the tests to its facts."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_bn_eval.analysis import follow
from tests.markdown import values_of

Pair = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Prediction:
    """``calls`` holds the modes and gradients of each observation of a forward call.

    ``cut`` tells that calls were left unfollowed for lack of time: what they would have added
    to the lines of their functions is missing.
    """

    calls: dict[int, list[Pair]]
    reveals: dict[int, frozenset[str]]
    cut: bool


def predict(text: str, filename: str | None = None) -> Prediction:
    """Follow the program; a line reached in several contexts gathers all that is said there."""
    followed = follow(text, filename=filename)
    calls: dict[int, list[Pair]] = {}
    for call in filter(lambda each: followed.is_here(each.place), followed.facts.forward_calls):
        pairs = calls.setdefault(followed.line(call.place), [])
        for seen in call.observations:
            modes = frozenset(mode.value for mode in seen.modes)
            gradients = frozenset(gradient.value for gradient in seen.gradients)
            pairs.append((modes, gradients))
    reveals: dict[int, frozenset[str]] = {}
    for reveal in filter(lambda each: followed.is_here(each.place), followed.facts.reveals):
        line = followed.line(reveal.place)
        reveals[line] = reveals.get(line, frozenset()) | values_of(reveal.text)
    return Prediction(calls, reveals, bool(followed.facts.recorder.cut))
