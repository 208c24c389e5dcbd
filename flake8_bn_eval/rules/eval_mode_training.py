"""A module is trained while it may still be in evaluation mode."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts, Forward
from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import TRAINING


@rule("BNE103", "eval-mode-training", since="0.1", triggers=TRAINING)
def check(facts: Facts) -> Iterator[Report]:
    """Training steps of modules that somebody has put in evaluation mode before."""
    regions: set[object] = set()
    for call in facts.forwards:
        if not (call.is_training and call.mode_matters and call.may_be(Mode.EVAL)):
            continue
        region = (call.region.definition, call.subject)
        if region in regions or not _is_trained(facts, call):
            continue
        regions.add(region)
        yield Report(
            call.place,
            f"`{call.subject}` is trained while it may still be in evaluation mode",
            call.how(Mode.EVAL),
            f"call `{call.subject}.train()` before each training step or epoch",
        )


def _is_trained(facts: Facts, call: Forward) -> bool:
    """Whether this module is meant to learn: a frozen one may well be in evaluation mode."""
    if not facts.is_stepped(call):
        return False
    if call.record.modes.must_be(Mode.EVAL) and not facts.was_put_in(Mode.TRAIN, call):
        return False
    return facts.was_put_in(Mode.TRAIN, call) or facts.is_in_optimizer(call)
