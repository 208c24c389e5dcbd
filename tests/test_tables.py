"""Tables with a history: what may differ, however often one asks."""

from __future__ import annotations

import gc
from collections.abc import Set

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.modes.assumptions import Assumptions
from flake8_bn_eval.modes.guards import Answer, Question
from flake8_bn_eval.modes.identities import Identities
from flake8_bn_eval.modes.tables import Table


class Number(int):
    questions: frozenset[Question] = frozenset()

    def on_path(self, answer: Answer, about: Set[str]) -> Number:
        return self


NOTHING_ASSUMED = Assumptions(Identities())


def forked() -> tuple[Table[str, Number], Table[str, Number]]:
    table: Table[str, Number] = Table.empty(NOTHING_ASSUMED)
    table["shared"] = Number(1)
    return table, table.fork(NOTHING_ASSUMED)


def test_what_is_written_after_a_comparison_differs_in_the_next_one() -> None:
    first, second = forked()
    assert first.differing(second) == set()
    second["here"] = Number(2)
    assert first.differing(second) == {"here"}
    first["there"] = Number(3)
    assert first.differing(second) == {"here", "there"}


def test_a_comparison_holds_for_the_tables_that_were_compared_only() -> None:
    first, second = forked()
    second["here"] = Number(2)
    assert first.differing(second) == {"here"}
    third = second.fork(NOTHING_ASSUMED)
    third["later"] = Number(3)
    assert first.differing(third) == {"here", "later"}
    assert first.differing(second) == {"here"}
    assert first.fork(NOTHING_ASSUMED).differing(first) == set()


def test_the_garbage_collector_runs_again_after_an_analysis() -> None:
    assert gc.isenabled()
    analyse("import torch\nmodel = torch.load('m.pt')\nprint(model(1).argmax().item())\n")
    assert gc.isenabled()
