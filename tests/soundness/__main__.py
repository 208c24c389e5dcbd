"""The long run: ``python -m tests.soundness --programs 20000 --seed 1``."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.soundness.campaign import (
    REQUIRED_RATIO,
    Summary,
    explain,
    judge_seeds,
    prepare_process,
)
from tests.soundness.grammar import write_program
from tests.soundness.tree import render


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soundness", description=__doc__)
    parser.add_argument("--programs", type=int, default=300, help="how many programs")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first program")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--explain", type=int, default=3, help="how many failures to shrink")
    parser.add_argument("--show", action="store_true", help="print the first program and stop")
    parser.add_argument("--inexact", type=int, default=0, help="how many inexact lines to list")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    if arguments.show:
        print(render(write_program(arguments.seed)))
        return 0
    prepare_process()
    summary = Summary()
    inexact: list[str] = []
    start = time.monotonic()
    for seed, judgement in judge_seeds(arguments.seed, arguments.programs, arguments.jobs):
        summary.add(seed, judgement)
        inexact += [f"seed {seed} {difference}" for difference in judgement.inexact]
        if sys.stderr.isatty() or summary.programs % 500 == 0:
            seconds = time.monotonic() - start
            print(f"\r{seconds:6.0f} s  {summary}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for line in inexact[: arguments.inexact]:
        print(line)
    for seed, problems in summary.failures[: arguments.explain]:
        print(explain(seed, problems))
    others = [str(seed) for seed, _ in summary.failures[arguments.explain :]]
    if others:
        print("further seeds that fail:", " ".join(others[:200]))
    print(summary)
    return 0 if not summary.failures and summary.ratio >= REQUIRED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
