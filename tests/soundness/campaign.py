"""Judges many random programs, in several processes, and sums up."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.soundness.grammar import write_program
from tests.soundness.judgement import Judgement, judge
from tests.soundness.shrinking import shrink
from tests.soundness.tree import render

RUNS = 64
FEW_RUNS = 12
"""While a failure is shrunk, if these are enough to show it."""

REQUIRED_RATIO = 0.90


@dataclass(slots=True)
class Summary:
    """The lines and failures of many programs."""

    programs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, list[str]]] = field(default_factory=list)

    def add(self, seed: int, judgement: Judgement) -> None:
        self.programs += 1
        self.counts += judgement.counts
        if judgement.problems:
            self.failures.append((seed, judgement.problems))

    @property
    def ratio(self) -> float:
        """Exact lines among those that are decided."""
        decided = self.counts["exact"] + self.counts["inexact"]
        return self.counts["exact"] / decided if decided else 1.0

    @property
    def lower_bound(self) -> float:
        """The same, if every undecided line were inexact."""
        lines = self.counts.total()
        return self.counts["exact"] / lines if lines else 1.0

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"{self.programs} programs, {counts.total()} observed call lines: "
            f"{counts['exact']} exact, {counts['inexact']} inexact, "
            f"{counts['undecided']} undecided, {counts['cut short']} cut short; exact {self.ratio:.1%} "  # noqa: E501
            f"(at least {self.lower_bound:.1%}); {len(self.failures)} programs unsound"
        )


def judge_seed(seed: int) -> tuple[int, Judgement]:
    """The verdict on the program of a seed; an error of the analysis is a problem of it."""
    return seed, judge_text(render(write_program(seed)), seed)


def judge_text(text: str, seed: int, runs: int = RUNS) -> Judgement:
    """The verdict on a program."""
    try:
        return judge(text, runs, seed)
    except RecursionError as error:
        return Judgement(problems=[f"the analysis failed: {error!r}"])
    except Exception as error:
        return Judgement(problems=[f"the analysis failed: {type(error).__name__}: {error}"])


def judge_seeds(first: int, count: int, jobs: int) -> Iterator[tuple[int, Judgement]]:
    """The verdicts on the programs of consecutive seeds, in their order."""
    seeds = range(first, first + count)
    if jobs <= 1:
        yield from map(judge_seed, seeds)
        return
    # A fresh process for each worker: forking a process in which PyTorch runs may hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, initializer=prepare_process) as pool:
        yield from pool.imap(judge_seed, seeds, chunksize=16)


def prepare_process() -> None:
    """Tiny tensors gain nothing from threads, and errors of our own are to be seen.

    What a generator raises that is closed because nobody wants more of it is seen by nobody.
    """
    import torch

    torch.set_num_threads(1)
    os.environ["BNE_RAISE"] = "1"
    sys.unraisablehook = lambda _: None


def kind_of(problem: str) -> str:
    """What a problem is about, without the numbers: shrinking must not change it."""
    text = problem.partition(": ")[2] if problem.startswith("line ") else problem
    return text.split(":")[0].split("(")[0].strip()


def explain(seed: int, problems: list[str]) -> str:
    """A failure with its seed and the smallest program that fails in the same way."""
    kind = kind_of(problems[0])

    def fails(text: str, runs: int = FEW_RUNS) -> bool:
        found = judge_text(text, seed, runs).problems
        return any(kind_of(problem) == kind for problem in found)

    program = write_program(seed)
    if fails(render(program)):
        small = shrink(program, fails)
    else:
        small = shrink(program, lambda text: fails(text, RUNS))
    remaining = judge_text(small, seed).problems or problems
    numbered = "".join(
        f"{number:4} {line}\n" for number, line in enumerate(small.splitlines(), start=1)
    )
    return f"seed {seed}: {'; '.join(remaining[:3])}\n{numbered}"
