"""A module predicts while it may be in training mode."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts
from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE


@rule("BNE101", "train-mode-inference", since="0.1", triggers=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """Inference calls of modules that are known to come here in training mode."""
    reported: set[object] = set()
    for call in facts.forwards:
        if call.is_inference and call.mode_matters and call.may_be(Mode.TRAIN):
            if facts.is_callers_choice(call, Mode.TRAIN):
                continue
            region = (call.region.definition, call.subject)
            if region not in reported:
                reported.add(region)
                yield Report(
                    facts.shown_at(call),
                    f"`{call.subject}` predicts while it may be in training mode",
                    call.how(Mode.TRAIN),
                    f"call `{call.subject}.eval()` before",
                )
