"""Random programs: what PyTorch does must have been predicted; see ``tests/soundness``."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: nothing to execute with")

from tests.soundness.campaign import REQUIRED_RATIO, Summary, explain, judge_seeds, prepare_process
from tests.soundness.faults import FAULTS, Fault, planted
from tests.soundness.grammar import write_program
from tests.soundness.shrinking import shrink
from tests.soundness.tree import compound, render, simple

PROGRAMS = 300


@pytest.fixture(scope="module")
def summary() -> Summary:
    prepare_process()
    found = Summary()
    for seed, judgement in judge_seeds(1, PROGRAMS, jobs=min(4, os.cpu_count() or 1)):
        found.add(seed, judgement)
    return found


def test_every_observation_was_predicted(summary: Summary) -> None:
    assert not summary.failures, f"{summary}\n\n" + explain(*summary.failures[0])


def test_most_lines_are_predicted_exactly(summary: Summary) -> None:
    assert summary.counts.total() > 10 * PROGRAMS, "the programs exercise too little"
    assert summary.ratio >= REQUIRED_RATIO, str(summary)


def test_the_same_seed_gives_the_same_program() -> None:
    assert render(write_program(7)) == render(write_program(7))


def test_shrinking_keeps_what_fails() -> None:
    program = write_program(5)
    target = compound("if coin():", [simple("first()")], ("else:", [simple("the_defect()")]))
    program.append(compound("for _ in loader:", [simple("second()"), target]))
    assert shrink(program, lambda text: "the_defect()" in text) == "the_defect()\n"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_place_of_a_planted_fault_is_still_there(fault: Fault) -> None:
    with planted(fault):
        pass
