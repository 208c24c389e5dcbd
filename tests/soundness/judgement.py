"""Compares what was observed with what was predicted, call line by call line.

*Sound*: every pair of mode and gradient mode observed at a line is covered by one predicted
observation of that line; every line with an observed forward call has a prediction; every
value revealed at run time is in the predicted text.  ``unset``, ``unknown`` and ``caller``
cover everything.

*Exact*: the modes and the gradients predicted for a line are those observed, no more.  How
that is counted, so that the number can be trusted:

- A line counts only if it was observed; what is never reached proves nothing.
- ``unset``, ``unknown`` and ``caller`` are never exact.
- All choices of a program are tried (`tests.observation`), so a predicted value that was not
  observed is a value that cannot be: *inexact*.  Where there were too many choices to try
  them all, the line may only be under-exercised: it is *undecided*, and counted apart.  The
  ratio is exact / (exact + inexact); the lower bound counts the undecided as inexact.
- A program with calls that the analysis leaves unfollowed for lack of time is not judged; its
  lines count as *cut short*, and for the lower bound as inexact.
- A line inside a ``forward`` is not judged, as no rule judges it: the analysis looks into a
  ``forward`` only where that may change something for its caller.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from tests.markdown import written
from tests.observation import Observations, observe
from tests.prediction import Pair, Prediction, predict

OPEN = frozenset({"unset", "unknown", "caller"})


@dataclass(slots=True)
class Judgement:
    """The verdict on one program: what is wrong, and how its lines count."""

    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    inexact: list[str] = field(default_factory=list)


def judge(text: str, limit: int, seed: int) -> Judgement:
    """Run a program, follow it, and compare."""
    seen = observe(text, limit, seed)
    judgement = Judgement()
    if seen.crash is not None:
        judgement.problems.append(f"the program itself is wrong: {seen.crash!r}")
        return judgement
    predicted = predict(text)
    if predicted.cut:
        judgement.counts["cut short"] += len(seen.calls)
        return judgement
    uncounted = forward_lines(text)
    for line, pairs in sorted(seen.calls.items()):
        told = predicted.calls.get(line, [])
        if line in uncounted:
            continue
        problem = _call_problem(line, pairs, told)
        if problem is not None:
            judgement.problems.append(problem)
        else:
            verdict = _verdict(pairs, told, exhausted=seen.exhausted)
            judgement.counts[verdict] += 1
            if verdict == "inexact":
                judgement.inexact.append(_difference(line, pairs, told))
    judgement.problems += _reveal_problems(seen, predicted)
    return judgement


def forward_lines(text: str) -> set[int]:
    """The lines inside the ``forward`` methods of a program."""
    return {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name == "forward"
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _call_problem(line: int, pairs: set[tuple[str, str]], told: list[Pair]) -> str | None:
    if not told:
        return f"line {line}: a forward call that the analysis does not see: {sorted(pairs)}"
    for mode, gradient in sorted(pairs):
        if not any(_covers(m, mode) and _covers(g, gradient) for m, g in told):
            predictions = ", ".join(f"({written(m)}; {written(g)})" for m, g in told)
            return f"line {line}: observed ({mode}; {gradient}), predicted {predictions}"
    return None


def _covers(predicted: frozenset[str], value: str) -> bool:
    return value in predicted or not OPEN.isdisjoint(predicted)


def _verdict(pairs: set[tuple[str, str]], told: list[Pair], *, exhausted: bool) -> str:
    modes, gradients = _union(told)
    if not OPEN.isdisjoint(modes | gradients):
        return "inexact"
    if modes == {mode for mode, _ in pairs} and gradients == {gradient for _, gradient in pairs}:
        return "exact"
    return "inexact" if exhausted else "undecided"


def _union(told: list[Pair]) -> Pair:
    modes = frozenset(mode for modes, _ in told for mode in modes)
    return modes, frozenset(gradient for _, gradients in told for gradient in gradients)


def _difference(line: int, pairs: set[tuple[str, str]], told: list[Pair]) -> str:
    modes, gradients = _union(told)
    seen = f"{written({m for m, _ in pairs})}; {written({g for _, g in pairs})}"
    return f"line {line}: predicted ({written(modes)}; {written(gradients)}), seen ({seen})"


def _reveal_problems(seen: Observations, predicted: Prediction) -> list[str]:
    problems = []
    for line, values in sorted(seen.reveals.items()):
        told = predicted.reveals.get(line)
        if told is None:
            problems.append(f"line {line}: a reveal that the analysis does not reach")
        elif not values <= told and OPEN.isdisjoint(told):
            got = f"observed {written(values)}, predicted {written(told)}"
            problems.append(f"line {line}: {got}")
    return problems
