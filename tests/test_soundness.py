"""Random programs: what PyTorch does must have been predicted; see ``tests/soundness``."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: nothing to execute with")

from tests.soundness.campaign import REQUIRED_RATIO, Summary, explain, judge_seed, prepare_process
from tests.soundness.grammar import write_program
from tests.soundness.shrinking import shrink
from tests.soundness.tree import render

PROGRAMS = 300


@pytest.fixture(scope="module")
def summary() -> Summary:
    prepare_process()
    found = Summary()
    for seed in range(1, PROGRAMS + 1):
        found.add(*judge_seed(seed))
    return found


def test_every_observation_was_predicted(summary: Summary) -> None:
    assert not summary.failures, f"{summary}\n\n" + explain(*summary.failures[0])


def test_most_lines_are_predicted_exactly(summary: Summary) -> None:
    assert summary.counts.total() > 10 * PROGRAMS, "the programs exercise too little"
    assert summary.ratio >= REQUIRED_RATIO, str(summary)


def test_the_same_seed_gives_the_same_program() -> None:
    assert render(write_program(7)) == render(write_program(7))


def test_shrinking_keeps_what_fails() -> None:
    text = shrink(write_program(5), lambda candidate: "reveal_mode(net)" in candidate)
    assert text.count("\n") < 12
    assert "reveal_mode(net)" in text
