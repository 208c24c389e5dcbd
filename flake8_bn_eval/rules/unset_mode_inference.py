"""A module predicts in a mode that nobody in sight sets."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts
from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE


@rule("BNE102", "unset-mode-inference", since="0.1", triggers=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """The first inference call of each region whose module comes in from outside."""
    regions: set[object] = set()
    for call in facts.forwards:
        if not (call.is_inference and call.firm and call.mode_matters):
            continue
        if facts.is_callers_choice(call, Mode.UNSET):
            continue
        if not call.may_be(Mode.UNSET) or call.may_be(Mode.TRAIN):
            continue
        if call.region.definition in regions or facts.sets_mode_of(call.subject):
            continue
        regions.add(call.region.definition)
        yield Report(
            facts.shown_at(call),
            f"`{call.subject}` predicts in a mode that nobody in sight sets",
            call.how(Mode.UNSET),
            f"call `{call.subject}.eval()` before",
        )
