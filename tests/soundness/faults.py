"""Plants faults into the analysis and shows that the tests catch them.

``python -m tests.soundness.faults`` plants one after the other, by replacing a piece of the
source of one function, and prints a table: how many random programs it took until an
observation was not predicted, and how many programs of the Markdown pages fail.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flake8_bn_eval.analysis import analyse
from tests.markdown import finding_problems, programs, reveal_problems
from tests.prediction import predict
from tests.soundness.campaign import judge_seed, prepare_process

PAGES = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake that somebody could make: ``old`` becomes ``new`` in the function ``place``.

    Both are written as if the function stood at the margin.
    """

    name: str
    place: str
    old: str
    new: str


RUNNER = "flake8_bn_eval.flow.runner:Runner"
STEPS = "flake8_bn_eval.interpret.control.steps:Steps"

FAULTS = (
    Fault(
        "the state at `break` is dropped",
        f"{RUNNER}._finish",
        "if broken is not None:",
        "if broken is not None and exhausted is None:",
    ),
    Fault(
        "a loop is run once instead of until it is stable",
        f"{RUNNER}._stabilized",
        "range(MAXIMUM_PASSES)",
        "range(1)",
    ),
    Fault(
        "`finally` is not run on `return`",
        f"{RUNNER}._finally",
        "        inner = self.run(final, state)",
        "        if exit is Exit.RETURN:\n"
        "            self._add(done, {exit: state})\n"
        "            continue\n"
        "        inner = self.run(final, state)",
    ),
    Fault(
        "a handler sees only the state at the end of the `try`",
        f"{RUNNER}._try",
        "inner = self.contained(node.body, state)",
        "inner = self.run(node.body, state)\n"
        "    if Exit.NEXT in inner:\n"
        "        inner[Exit.RAISE] = self.domain.fork(inner[Exit.NEXT])",
    ),
    Fault(
        "the `else` of a loop is never run",
        f"{RUNNER}._finish",
        "self.run(node.otherwise, exhausted)",
        "{Exit.NEXT: exhausted}",
    ),
    Fault(
        "the state at `continue` is dropped",
        f"{RUNNER}._pass",
        "for exit in (Exit.NEXT, Exit.CONTINUE):",
        "inner.pop(Exit.CONTINUE, None)\n    for exit in (Exit.NEXT,):",
    ),
    Fault(
        "a join keeps only one side",
        f"{STEPS}.join",
        "merge([*first, *second])",
        "first",
    ),
    Fault(
        "an alias is a copy instead of the same module",
        "flake8_bn_eval.interpret.control.assignments:Assignments.assign",
        "self.machine.data.named(target, value)",
        "self.machine.copies.copied(value, ('alias', id(target)), world, deep=True)",
    ),
    Fault(
        "`set_grad_enabled` as a context is not restored",
        "flake8_bn_eval.interpret.control.contexts:Contexts._in_gradient_context",
        "    _restore(exits, before)",
        "    if context.gradient != 'argument':\n        _restore(exits, before)",
    ),
    Fault(
        "a decorated function leaves its gradient mode to its caller",
        "flake8_bn_eval.interpret.calls.functions:Functions.enter",
        "if function.decorators:",
        "if not function.decorators:",
    ),
    Fault(
        "`eval()` does not reach the children",
        "flake8_bn_eval.interpret.modules.spreading:Spreading.reach",
        "in state.fields.values():",
        "in ():",
    ),
    Fault(
        "a flag that is assigned again still decides",
        "flake8_bn_eval.modes.assumptions:Assumptions.about_variable",
        "if variable in self.variables.get(subject, ())",
        "if subject in ()",
    ),
)


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """The analysis with a fault in it; ValueError if its place has changed."""
    module_name, _, path = fault.place.partition(":")
    module = importlib.import_module(module_name)
    owner_path, _, name = path.rpartition(".")
    owner: object = module
    for part in filter(None, owner_path.split(".")):
        owner = getattr(owner, part)
    original: Callable[..., object] = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(original))
    if source.count(fault.old) != 1:
        raise ValueError(f"{fault.name}: {fault.place} does not hold {fault.old!r} once")
    space: dict[str, object] = {}
    exec(source.replace(fault.old, fault.new), module.__dict__, space)
    setattr(owner, name, space[name])
    try:
        yield
    finally:
        setattr(owner, name, original)


def sound_seeds(limit: int) -> list[int]:
    """The first seeds, without those whose programs fail without any fault."""
    return [seed for seed in range(1, limit + 1) if not judge_seed(seed)[1].problems]


def programs_until_caught(seeds: list[int]) -> int | None:
    """How many random programs it takes until an observation was not predicted."""
    for count, seed in enumerate(seeds, start=1):
        if judge_seed(seed)[1].problems:
            return count
    return None


def failing_pages() -> set[str]:
    """The programs of the pages that do not give what their page says."""
    failing = set()
    for page in sorted(PAGES.rglob("*.md")):
        for program in programs(page):
            try:
                problems = list(reveal_problems(program, predict(program.text).reveals))
                problems += finding_problems(program, analyse(program.text))
            except Exception as error:
                problems = [repr(error)]
            if problems:
                failing.add(program.name)
    return failing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soundness.faults", description=__doc__)
    parser.add_argument("--programs", type=int, default=300, help="how many programs at most")
    arguments = parser.parse_args()
    prepare_process()
    before, seeds = failing_pages(), sound_seeds(arguments.programs)
    uncaught = 0
    print(f"| planted fault | caught by random program | failing page programs, of {count()} |")
    print("| --- | --- | --- |")
    for fault in FAULTS:
        with planted(fault):
            caught = programs_until_caught(seeds)
            failing = failing_pages() - before
        uncaught += caught is None and not failing
        shown = "not" if caught is None else f"{caught}"
        print(f"| {fault.name} | {shown} | {len(failing)} |", flush=True)
    return 1 if uncaught else 0


def count() -> int:
    """How many programs the pages hold."""
    return sum(len(programs(page)) for page in PAGES.rglob("*.md"))


if __name__ == "__main__":
    sys.exit(main())
