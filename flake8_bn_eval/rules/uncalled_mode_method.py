"""A method that sets the mode is named but not called."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts
from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import MODE_METHODS


@rule("BNE303", "uncalled-mode-method", since="0.1", triggers=MODE_METHODS)
def check(facts: Facts) -> Iterator[Report]:
    """`model.eval` and `model.train` without parentheses."""
    for misuse in facts.misuses:
        owner = misuse.subject.rpartition(".")[0]
        if misuse.what == "uncalled method" and facts.is_module(misuse.receivers, owner):
            yield Report(
                misuse.place,
                f"`{misuse.subject}` is not called: the mode stays as it is",
                (),
                f"call `{misuse.subject}()`",
            )
